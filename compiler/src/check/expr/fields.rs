//! Fields: of records and maps, and the typed fields of URLs, paths and SQL statements.

use super::{infer, names};
use crate::check::context::{Context, error_expr};
use crate::check::scope::Env;
use crate::diagnostics::codes::{e0307, e0308, e0327};
use crate::diagnostics::suggest;
use crate::hir::{Expr, ExprKind, Span};
use crate::resolve::Name;
use crate::types::Type;
use mcpz_syntax::ast;
use smol_str::SmolStr;

/// Fields of values that are no records: type, name, field type.
fn typed_fields(ty: &Type) -> &'static [(&'static str, Field)] {
    match ty {
        Type::Url => &[
            ("host", Field::Host),
            ("path", Field::String),
            ("port", Field::Int),
            ("query", Field::OptionalString),
            ("scheme", Field::String),
            ("username", Field::OptionalString),
        ],
        Type::Path => {
            &[("depth", Field::Int), ("extension", Field::String), ("name", Field::String), ("parent", Field::Path)]
        }
        Type::Sql => &[
            ("kind", Field::String),
            ("read_only", Field::Bool),
            ("statements", Field::Int),
            ("tables", Field::Strings),
        ],
        _ => &[],
    }
}

/// The type of a typed field.
#[derive(Debug, Clone, Copy)]
enum Field {
    Bool,
    Int,
    String,
    OptionalString,
    Strings,
    Host,
    Path,
}

impl Field {
    fn ty(self) -> Type {
        match self {
            Field::Bool => Type::Bool,
            Field::Int => Type::Int,
            Field::String => Type::String,
            Field::OptionalString => Type::String.optional(),
            Field::Strings => Type::List(Box::new(Type::String)),
            Field::Host => Type::Host,
            Field::Path => Type::Path,
        }
    }
}

/// `f(x).a.b`
pub(super) fn field(cx: &mut Context<'_>, env: &Env<'_>, field: &ast::FieldExpr) -> Expr {
    let span = cx.span_of(field);
    let Some(base_syntax) = field.base() else { return error_expr(span) };
    let mut base = infer(cx, env, &base_syntax, None);
    for ident in field.fields() {
        let name = Name::new(cx.place, &ident);
        base = step(cx, base, &name, &mut |_| None);
    }
    base
}

/// One step down. `special` reports an unknown field of a record in its own words.
pub(super) fn step(
    cx: &mut Context<'_>,
    base: Expr,
    name: &Name,
    special: &mut dyn FnMut(&mut Context<'_>) -> Option<Type>,
) -> Expr {
    let span = Span { end: name.span.end, ..base.span };
    let found = match field_type(base.ty.required(), &name.text) {
        Some(found) => found,
        None => match special(cx) {
            Some(ty) => ty,
            None => {
                report_missing(cx, &base, name);
                Type::Error
            }
        },
    };
    let ty = if base.ty.is_optional() { found.optional() } else { found };
    if ty == Type::Error {
        return error_expr(span);
    }
    Expr { kind: ExprKind::Field(Box::new(base), name.text.clone()), ty, span }
}

/// The type of a field, if there is one.
pub(crate) fn field_type(ty: &Type, name: &SmolStr) -> Option<Type> {
    match ty {
        Type::Error => Some(Type::Error),
        Type::Json => Some(Type::Json.optional()),
        Type::Map(value) => Some((**value).clone().optional()),
        Type::Record(record) => match record.fields.get(name) {
            Some(ty) => Some(ty.clone()),
            None if record.open && record.fields.is_empty() => Some(Type::Json.optional()),
            None => None,
        },
        other => typed_fields(other).iter().find(|(known, _)| name == *known).map(|(_, field)| field.ty()),
    }
}

/// The names of the fields of a type.
pub(crate) fn field_names(ty: &Type) -> Vec<SmolStr> {
    match ty {
        Type::Record(record) => record.fields.keys().cloned().collect(),
        other => typed_fields(other).iter().map(|(name, _)| SmolStr::new(name)).collect(),
    }
}

fn report_missing(cx: &mut Context<'_>, base: &Expr, name: &Name) {
    let ty = base.ty.required();
    let known = field_names(ty);
    if matches!(ty, Type::Union(_)) {
        cx.report(e0327::several_types(base.span, ".", ty, Some(cx.text(base.span))));
        return;
    }
    if known.is_empty() && !matches!(ty, Type::Record(_)) {
        let help = names::method_help(cx.text(base.span), &name.text, ty);
        cx.report(e0308::no_fields(name.span, &name.text, ty, help));
        return;
    }
    let of = match ty {
        Type::Record(_) => format!("`{}`", cx.text(base.span)),
        other => format!("a `{other}`"),
    };
    let near = suggest::nearest(&name.text, &known);
    let listing = suggest::listing(&known);
    let key = format!("field {of}.{}", name.text);
    cx.report_once(key, e0307::unknown_field(name.span, &name.text, &of, near.as_deref(), &listing));
}
