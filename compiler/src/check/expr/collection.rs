//! Lists, records, ranges, and what ranges over collections: `all`, `any`, `count`.

use super::coerce::dedup;
use super::{as_literal, condition, infer, names, operand};
use crate::check::context::{Context, error_expr};
use crate::check::relations;
use crate::check::scope::{Env, Local};
use crate::diagnostics::codes::{e0301, e0304, e0325, e0327, e0328, e0329, e0330, e0331};
use crate::hir::{Expr, ExprKind, Literal, Quantifier, Root, Span};
use crate::index::LocalRow;
use crate::types::{RecordType, Type};
use mcpz_syntax::ast;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// `[a, b]`
pub(super) fn list(cx: &mut Context<'_>, env: &Env<'_>, list: &ast::ListExpr, expected: Option<&Type>) -> Expr {
    let span = cx.span_of(list);
    let expected = expected.map(Type::required);
    let wanted = expected.and_then(relations::element).cloned();
    let mut elements = Vec::new();
    let mut ty: Option<Type> = None;
    let mut broken = false;
    for element in list.elements() {
        let typed = operand(cx, env, &element, wanted.as_ref());
        broken |= typed.ty == Type::Error;
        ty = Some(ty.map_or(typed.ty.clone(), |known: Type| known.join(&typed.ty)));
        elements.push(typed);
    }
    if broken {
        return error_expr(span);
    }
    let element = Box::new(ty.or(wanted).unwrap_or(Type::Error));
    let set = matches!(expected, Some(Type::Set(_)));
    let ty = if set { Type::Set(element) } else { Type::List(element) };
    let literals: Option<Vec<Literal>> = elements.iter().map(|element| as_literal(element).cloned()).collect();
    let kind = match literals {
        Some(mut literals) => {
            if set {
                dedup(&mut literals);
            }
            ExprKind::Literal(Literal::List(literals))
        }
        None => ExprKind::List(elements),
    };
    Expr { kind, ty, span }
}

/// `{k: v}`: constant.
pub(super) fn record(cx: &mut Context<'_>, env: &Env<'_>, record: &ast::RecordExpr, expected: Option<&Type>) -> Expr {
    let span = cx.span_of(record);
    let mut values = Vec::new();
    let mut fields = BTreeMap::new();
    let mut seen: BTreeMap<SmolStr, Span> = BTreeMap::new();
    for field in record.fields() {
        let key: Vec<String> = field.key().into_iter().map(|segment| segment.text).collect();
        let key = SmolStr::new(key.join("."));
        let field_span = cx.span_of(&field);
        if let Some(first) = seen.insert(key.clone(), field_span) {
            cx.report(e0331::duplicate_key(field_span, &key, first));
            continue;
        }
        let Some(value) = field.value() else { return error_expr(span) };
        let wanted = expected.and_then(|ty| super::field_type(ty.required(), &key));
        let typed = infer(cx, env, &value, wanted.as_ref());
        if typed.ty == Type::Error {
            return error_expr(span);
        }
        let Some(literal) = as_literal(&typed) else {
            cx.report(e0330::not_constant(typed.span, "a field of a record"));
            return error_expr(span);
        };
        values.push((key.clone(), literal.clone()));
        fields.insert(key, typed.ty.clone());
    }
    values.sort();
    let ty = Type::Record(RecordType { fields: fields.into(), open: false });
    Expr { kind: ExprKind::Literal(Literal::Record(values)), ty, span }
}

/// `1..=100`
pub(super) fn range(cx: &mut Context<'_>, env: &Env<'_>, range: &ast::RangeExpr, expected: Option<&Type>) -> Expr {
    let span = cx.span_of(range);
    let wanted = match expected.map(Type::required) {
        Some(Type::Range(inner)) => Some((**inner).clone()),
        _ => None,
    };
    let low = range.start().map(|bound| operand(cx, env, &bound, wanted.as_ref()));
    let wanted = wanted.or_else(|| low.as_ref().map(|low| low.ty.clone()));
    let high = range.end().map(|bound| operand(cx, env, &bound, wanted.as_ref()));
    let bounds: Vec<&Expr> = low.iter().chain(&high).collect();
    let Some(first) = bounds.first() else { return error_expr(span) };
    if bounds.iter().any(|bound| bound.ty == Type::Error) {
        return error_expr(span);
    }
    let last = bounds.last().unwrap_or(first);
    if !relations::orderable(&first.ty, &last.ty) {
        let error = if first.ty == last.ty {
            e0304::no_order(
                span,
                "..",
                &first.ty,
                "ranges are for numbers, durations, instants, dates and times of day",
            )
        } else {
            e0301::incomparable(span, "..", &first.ty, &last.ty).help("both bounds of a range have one type")
        };
        cx.report(error);
        return error_expr(span);
    }
    let ty = Type::Range(Box::new(first.ty.join(&last.ty)));
    let end_inclusive = range.is_inclusive();
    let kind = ExprKind::Range { low: low.map(Box::new), high: high.map(Box::new), end_inclusive };
    Expr { kind, ty, span }
}

/// Reports a range of constants that holds nothing. Hours of a window may wrap, and are not asked.
pub(crate) fn refuse_empty_range(cx: &mut Context<'_>, range: &Expr) -> bool {
    let ExprKind::Range { low: Some(low), high: Some(high), end_inclusive } = &range.kind else { return false };
    let (Some(a), Some(b)) = (as_literal(low), as_literal(high)) else { return false };
    let order = match (units(a), units(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => a.cmp(b),
    };
    if order.is_gt() || (order.is_eq() && !end_inclusive) {
        let dots = if *end_inclusive { "..=" } else { ".." };
        let swapped = order.is_gt().then(|| format!("{}{dots}{}", cx.text(high.span), cx.text(low.span)));
        cx.report(e0325::empty_range(range.span, swapped));
        return true;
    }
    false
}

/// A number times 10^18.
pub(crate) fn units(literal: &Literal) -> Option<i128> {
    match literal {
        Literal::Int(value) => Some(mcpz_bytecode::value::Decimal::from_int(*value).units()),
        Literal::Decimal(units) => Some(*units),
        _ => None,
    }
}

/// `all(x in xs: c)`
pub(super) fn all(cx: &mut Context<'_>, env: &Env<'_>, all: &ast::AllExpr) -> Expr {
    let parts = (all.element(), all.collection(), all.condition());
    quantified(cx, env, Quantifier::All, parts, cx.span_of(all))
}

/// `any(x in xs: c)`
pub(super) fn any(cx: &mut Context<'_>, env: &Env<'_>, any: &ast::AnyExpr) -> Expr {
    let parts = (any.element(), any.collection(), any.condition());
    quantified(cx, env, Quantifier::Any, parts, cx.span_of(any))
}

type QuantifierParts = (Option<ast::Ident>, Option<ast::Expr>, Option<ast::Expr>);

fn quantified(cx: &mut Context<'_>, env: &Env<'_>, quantifier: Quantifier, parts: QuantifierParts, span: Span) -> Expr {
    let (Some(element), Some(collection), Some(body)) = parts else { return error_expr(span) };
    let word = if quantifier == Quantifier::All { "all" } else { "any" };
    let over = operand(cx, env, &collection, None);
    let name_span = cx.span(element.range);
    let name = SmolStr::new(&element.text);
    if env.local(&name).is_some() || names::ROOT_WORDS.contains(&name.as_str()) {
        cx.report(e0329::shadowed(name_span, &name));
        return error_expr(span);
    }
    let ty = collection_element(cx, word, &over);
    let var = cx.fresh_var();
    if let Some(recorder) = &cx.unit.symbols.recorder {
        recorder.local(LocalRow { var, name: name.clone(), span: name_span, ty: ty.clone() });
    }
    let from_args = reaches_args(env, &over);
    let inner = env.with_local(Local { name, var, ty: ty.clone(), from_args });
    let body = condition(cx, &Env { negated: false, ..inner }, &body);
    if ty == Type::Error || body.ty == Type::Error {
        return error_expr(span);
    }
    let kind = ExprKind::Quantified { quantifier, var, over: Box::new(over), body: Box::new(body) };
    Expr { kind, ty: Type::Bool, span }
}

/// What a collection holds; reports what is none.
fn collection_element(cx: &mut Context<'_>, word: &str, over: &Expr) -> Type {
    if let Some(element) = relations::element(&over.ty) {
        return element.clone();
    }
    let error = match &over.ty {
        Type::Union(_) | Type::Json => e0327::several_types(over.span, word, &over.ty, Some(cx.text(over.span))),
        ty => {
            let error = e0328::not_a_collection(over.span, word, ty);
            if matches!(over.kind, ExprKind::Root(Root::Args)) {
                error.help("write `paths(args)`, `urls(args)`, `hosts(args)` or `strings(args)`")
            } else {
                error
            }
        }
    };
    cx.report(error);
    Type::Error
}

/// Whether a value comes from the arguments.
pub(super) fn reaches_args(env: &Env<'_>, expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Root(Root::Args) | ExprKind::Collect(_) => true,
        ExprKind::Root(Root::Var(var)) => env.locals.iter().any(|local| local.var == *var && local.from_args),
        ExprKind::Field(base, _) => reaches_args(env, base),
        _ => false,
    }
}

/// `count(xs)`
pub(super) fn count(cx: &mut Context<'_>, env: &Env<'_>, argument: &ast::Expr, span: Span) -> Expr {
    let over = operand(cx, env, argument, None);
    if collection_element(cx, "count", &over) == Type::Error {
        return error_expr(span);
    }
    Expr { kind: ExprKind::CountOf(Box::new(over)), ty: Type::Int, span }
}
