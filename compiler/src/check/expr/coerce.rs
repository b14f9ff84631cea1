//! Constants take the type their place expects, as literals do: a constant `"10.0.0.0/8"` is a
//! network where a network is expected, `5` a decimal where a decimal is.

use super::literal::report_literal;
use crate::check::context::{Context, error_expr};
use crate::check::literal;
use crate::hir::{Expr, ExprKind, Literal};
use crate::types::Type;
use mcpz_bytecode::value::Decimal;

/// A constant as a value of the expected type, where it can be one. Anything else stays as it is.
pub(crate) fn coerce(cx: &mut Context<'_>, expr: Expr, expected: &Type) -> Expr {
    let ExprKind::Literal(value) = &expr.kind else { return expr };
    let wanted = expected.required();
    if expr.ty == *wanted {
        return expr;
    }
    let converted = match (value, wanted) {
        (Literal::String(text), _) if expr.ty == Type::String && literal::kind_name(wanted).is_some() => {
            text_as(cx, text, wanted, &expr)
        }
        (Literal::List(items), Type::List(inner) | Type::Set(inner)) => {
            let (items, inner) = (items.clone(), (**inner).clone());
            return items_as(cx, items, &inner, wanted, expr);
        }
        _ => number_as(value, wanted),
    };
    match converted {
        Some(value) => Expr { kind: ExprKind::Literal(value), ty: wanted.clone(), span: expr.span },
        None if matches!(value, Literal::String(_))
            && expr.ty == Type::String
            && literal::kind_name(wanted).is_some() =>
        {
            error_expr(expr.span)
        }
        None => expr,
    }
}

fn text_as(cx: &mut Context<'_>, text: &str, wanted: &Type, expr: &Expr) -> Option<Literal> {
    match literal::parse(text, wanted) {
        Ok(value) => Some(value),
        Err(error) => {
            report_literal(cx, text, wanted, &error, expr.span, expr.span);
            None
        }
    }
}

fn number_as(value: &Literal, wanted: &Type) -> Option<Literal> {
    match (value, wanted) {
        (Literal::Int(value), Type::Decimal) => Some(Literal::Decimal(Decimal::from_int(*value).units())),
        (Literal::Decimal(units), Type::Int) => {
            Decimal::from_units(*units).ok().and_then(Decimal::to_int).map(Literal::Int)
        }
        _ => None,
    }
}

/// The elements of a constant list, each as a value of the expected element type.
fn items_as(cx: &mut Context<'_>, items: Vec<Literal>, inner: &Type, wanted: &Type, expr: Expr) -> Expr {
    let (Type::List(own) | Type::Set(own)) = expr.ty.clone() else { return expr };
    if items.is_empty() {
        return Expr { kind: ExprKind::Literal(Literal::List(items)), ty: wanted.clone(), span: expr.span };
    }
    let mut converted = Vec::with_capacity(items.len());
    let mut ty: Option<Type> = None;
    for item in items {
        let single = Expr { kind: ExprKind::Literal(item), ty: (*own).clone(), span: expr.span };
        let single = coerce(cx, single, inner);
        let ExprKind::Literal(value) = single.kind else { return error_expr(expr.span) };
        ty = Some(ty.map_or(single.ty.clone(), |known| known.join(&single.ty)));
        converted.push(value);
    }
    let element = Box::new(ty.unwrap_or(Type::Error));
    let set = matches!(wanted, Type::Set(_));
    if set {
        dedup(&mut converted);
    }
    let ty = if set { Type::Set(element) } else { Type::List(element) };
    Expr { kind: ExprKind::Literal(Literal::List(converted)), ty, span: expr.span }
}

/// Drops repetitions; the first stays.
pub(super) fn dedup(items: &mut Vec<Literal>) {
    let mut seen = std::collections::BTreeSet::new();
    items.retain(|item| seen.insert(item.clone()));
}

/// The literal that a constant expression is.
pub(crate) fn as_literal(expr: &Expr) -> Option<&Literal> {
    match &expr.kind {
        ExprKind::Literal(literal) => Some(literal),
        _ => None,
    }
}
