//! Small readers that several declarations share: strings, durations, places inside values.

use super::Place;
use crate::check::literal::LiteralError;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::{e0129, e0317, e0407};
use crate::diagnostics::suggest;
use crate::hir::{PathStep, Span};
use crate::types::{RecordType, Type};
use mcpz_syntax::ast::{self, AstNode, FieldStep, StringLiteral};
use mcpz_syntax::literal::LiteralValue;
use smol_str::SmolStr;

/// Parses a string of a declaration; a mistake is reported inside the literal.
pub fn parsed<T>(
    place: Place,
    string: &StringLiteral,
    parse: impl Fn(&str) -> Result<T, LiteralError>,
    sink: &mut Vec<Diagnostic>,
) -> Option<T> {
    match parse(string.text()) {
        Ok(value) => Some(value),
        Err(error) => {
            let span = place.span(string.value.source_range(error.start..error.end.max(error.start)));
            let span = if span.start == span.end { place.span(string.range) } else { span };
            sink.push(e0317::bad_literal(span, place.span(string.range), &error));
            None
        }
    }
}

/// The milliseconds of a duration literal.
pub fn duration_ms(place: Place, expr: &ast::Expr, what: &str, sink: &mut Vec<Diagnostic>) -> Option<i64> {
    let value = match expr {
        ast::Expr::Literal(literal) => literal.value(),
        _ => {
            sink.push(e0407::not_a_duration(place.of(expr), what));
            return None;
        }
    };
    match value {
        Ok(LiteralValue::Duration(ms)) if ms > 0 => Some(ms),
        // A malformed literal has been reported by the parser.
        Err(_) => None,
        Ok(LiteralValue::Int(number)) => {
            sink.push(e0407::without_unit(place.of(expr), what, number));
            None
        }
        Ok(LiteralValue::Duration(_)) => {
            sink.push(e0407::too_short(place.of(expr), what));
            None
        }
        Ok(_) => {
            sink.push(e0407::not_a_duration(place.of(expr), what));
            None
        }
    }
}

/// A step of a place, and where it stands.
pub type Step = (PathStep, Span);

/// Splits a place such as `args.a[*].b` into its root (`args`) and the steps below it.
pub fn field_path(place: Place, path: &ast::FieldPath) -> Option<(SmolStr, Span, Vec<Step>)> {
    let mut steps = path.steps().into_iter();
    let FieldStep::Name(root) = steps.next()? else { return None };
    let below = steps.map(|step| match step {
        FieldStep::Name(ident) => (PathStep::Field(SmolStr::new(&ident.text)), place.span(ident.range)),
        FieldStep::All(range) => (PathStep::Each, place.span(range)),
    });
    Some((SmolStr::new(&root.text), place.span(root.range), below.collect()))
}

/// The steps alone.
pub fn only_steps(steps: &[Step]) -> Vec<PathStep> {
    steps.iter().map(|(step, _)| step.clone()).collect()
}

/// Follows steps into a record; the first that is not there is reported, with `what` as the owner.
/// Gives the type reached, or `None` when something was reported.
pub fn follow(record: &RecordType, steps: &[Step], what: &str, sink: &mut Vec<Diagnostic>) -> Option<Type> {
    match walk(record, steps) {
        Ok(ty) => Some(ty),
        Err((name, span, fields)) => {
            let near = suggest::nearest(&name, &fields).map(|near| suggest::as_written(&near));
            sink.push(e0129::unknown_place(span, what, &name, near.as_deref(), &suggest::listing(&fields)));
            None
        }
    }
}

/// A step that does not exist: its name, its span, and what there is instead.
type Missing = (SmolStr, Span, Vec<SmolStr>);

/// The type at a place, or the first step that is not there.
pub fn walk(record: &RecordType, steps: &[Step]) -> Result<Type, Missing> {
    let mut ty = Type::Record(record.clone());
    for (step, span) in steps {
        ty = match (step, ty.required()) {
            (PathStep::Each, Type::List(inner) | Type::Set(inner)) => (**inner).clone(),
            (PathStep::Field(_), Type::Map(inner)) => (**inner).clone(),
            (_, Type::Json | Type::Error) => Type::Json,
            (PathStep::Field(name), Type::Record(record)) => match record.fields.get(name) {
                Some(field) => field.clone(),
                // An open record without any declared field says nothing about its fields.
                None if record.open && record.fields.is_empty() => Type::Json,
                None => return Err((name.clone(), *span, record.fields.keys().cloned().collect())),
            },
            (PathStep::Field(name), _) => return Err((name.clone(), *span, Vec::new())),
            (PathStep::Each, _) => return Err((SmolStr::new_static("[*]"), *span, Vec::new())),
        };
    }
    Ok(ty)
}

/// The strings of a list literal; anything else gives the span of what is wrong.
pub fn string_list(place: Place, expr: &ast::Expr) -> Result<Vec<String>, Span> {
    let one = |expr: &ast::Expr| match expr {
        ast::Expr::Literal(literal) => literal.string().map(|string| string.text().to_owned()),
        _ => None,
    };
    match expr {
        ast::Expr::List(list) => {
            list.elements().iter().map(|element| one(element).ok_or_else(|| place.span(element.range()))).collect()
        }
        other => one(other).map(|text| vec![text]).ok_or_else(|| place.span(other.range())),
    }
}
