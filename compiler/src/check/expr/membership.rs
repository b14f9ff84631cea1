//! `in`, `not in`, `contains`.

use super::collection::refuse_empty_range;
use super::compare::is_constant_form;
use super::{Binary, as_literal, coerce, conversion, infer, operand};
use crate::check::context::{Context, error_expr};
use crate::check::relations::{self, Comparability, Membership};
use crate::check::scope::Env;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::{e0301, e0305, e0316, e0321, e0334};
use crate::hir::{Expr, ExprKind, Literal};
use crate::types::Type;
use mcpz_syntax::ast::{self, BinaryOp};

/// `a in b`, `a not in b`
pub(super) fn membership(cx: &mut Context<'_>, env: &Env<'_>, parts: &Binary) -> Expr {
    let (left, right) = operands(cx, env, parts);
    if left.ty == Type::Error || right.ty == Type::Error {
        return error_expr(parts.span);
    }
    if refuse_empty_range(cx, &right) {
        return error_expr(parts.span);
    }
    let left = coerce_left(cx, left, &right.ty);
    let left = if left.ty == Type::Null { error_expr(left.span) } else { left };
    match relations::membership(&left.ty, &right.ty) {
        Membership::None => {
            let error = refuse(cx, &left, &right, parts);
            cx.report(error);
            return error_expr(parts.span);
        }
        Membership::Substring => {
            let (needle, text) = (cx.text(left.span), cx.text(right.span));
            cx.report(e0334::substring(parts.span, parts.op == BinaryOp::NotIn, needle, text));
            return error_expr(parts.span);
        }
        Membership::Element => {
            let element = relations::element(&right.ty).cloned().unwrap_or(Type::Error);
            if relations::comparable(&left.ty, &element) == Comparability::NeverEqual {
                cx.report(e0305::disjoint(parts.span, &left.ty, &element));
                return error_expr(parts.span);
            }
        }
        _ => {}
    }
    let test = Expr { kind: ExprKind::In(Box::new(left), Box::new(right)), ty: Type::Bool, span: parts.span };
    negated(parts, test)
}

fn negated(parts: &Binary, test: Expr) -> Expr {
    if parts.op == BinaryOp::NotIn {
        let span = test.span;
        return Expr { kind: ExprKind::Not(Box::new(test)), ty: Type::Bool, span };
    }
    test
}

/// Both operands; literals take their type from the other side.
fn operands(cx: &mut Context<'_>, env: &Env<'_>, parts: &Binary) -> (Expr, Expr) {
    if is_constant_form(&parts.left) && !is_constant_form(&parts.right) {
        let right = operand(cx, env, &parts.right, None);
        let expected = relations::element(&right.ty).cloned();
        let left = operand(cx, env, &parts.left, expected.as_ref());
        return (left, right);
    }
    let left = operand(cx, env, &parts.left, None);
    let expected = expected_right(&left.ty, &parts.right);
    let right = operand(cx, env, &parts.right, expected.as_ref());
    let right = match constant_expectation(&left.ty, &right) {
        Some(expected) => coerce(cx, right, &expected),
        None => right,
    };
    (left, right)
}

/// A constant on the left of a typed collection.
fn coerce_left(cx: &mut Context<'_>, left: Expr, right: &Type) -> Expr {
    match relations::element(right) {
        Some(element) if as_literal(&left).is_some() => coerce(cx, left, element),
        _ => left,
    }
}

/// What the right side of `in` is expected to be, from the left and how the right is written.
fn expected_right(left: &Type, right: &ast::Expr) -> Option<Type> {
    let address = matches!(left, Type::Ip | Type::Host);
    match right {
        ast::Expr::Literal(_) if address => Some(Type::Net),
        ast::Expr::List(list) => {
            let network = address && list.elements().iter().any(has_slash);
            let element = if network { Type::Net } else { left.clone() };
            Some(Type::List(Box::new(element)))
        }
        ast::Expr::Range(_) => Some(Type::Range(Box::new(left.clone()))),
        _ => None,
    }
}

fn has_slash(expr: &ast::Expr) -> bool {
    match expr {
        ast::Expr::Literal(literal) => literal.string().is_some_and(|string| string.text().contains('/')),
        _ => false,
    }
}

/// The same for a constant of strings, which is known only by its value.
fn constant_expectation(left: &Type, right: &Expr) -> Option<Type> {
    let address = matches!(left, Type::Ip | Type::Host);
    match as_literal(right)? {
        Literal::String(_) if address && right.ty == Type::String => Some(Type::Net),
        Literal::List(items) if matches!(relations::element(&right.ty), Some(Type::String | Type::Int)) => {
            let slash = items.iter().any(|item| matches!(item, Literal::String(text) if text.contains('/')));
            let element = if address && slash { Type::Net } else { left.clone() };
            Some(Type::List(Box::new(element)))
        }
        _ => None,
    }
}

/// Why `in` has no meaning here.
fn refuse(cx: &Context<'_>, left: &Expr, right: &Expr, parts: &Binary) -> Diagnostic {
    let text = cx.text(left.span);
    let error = |help: &str| e0316::bad_membership(parts.span, &left.ty, &right.ty, help);
    match (&left.ty, &right.ty) {
        (Type::Instant, Type::Range(inner)) if **inner == Type::Time => {
            let mended = format!("time({text}, \"Europe/Berlin\")");
            error(&format!("a time of day needs a zone: `{mended} in {}`", cx.text(right.span))).fix_edit(
                "ask for the time in a zone",
                left.span,
                mended,
            )
        }
        (Type::Instant, Type::Range(inner)) if **inner == Type::Date => {
            error(&format!("a date needs a zone: `date({text}, \"Europe/Berlin\")`, or use `dates(...)`"))
        }
        (Type::String, Type::Net | Type::Segment) => {
            error(&format!("read the address first: `ip({text})` or `host({text})`"))
        }
        (Type::Url, Type::Net | Type::Segment) => error(&format!("ask for the host: `{text}.host`")),
        (Type::Record(_), Type::List(_) | Type::Set(_)) => {
            error("compare field by field: `any(x in xs: x.a == ... and x.b == ...)`")
        }
        (_, Type::List(inner) | Type::Set(inner)) => match conversion(&left.ty, inner, text) {
            Some(help) => error(&help),
            None => error(&format!("it holds values of type `{inner}`")),
        },
        (_, Type::Range(_)) => e0301::incomparable(parts.span, parts.op.text(), &left.ty, &right.ty)
            .help("the bounds of the range have another type"),
        (_, Type::Union(_) | Type::Json) => error("ask for its type first, with `is`"),
        _ => error("`in` takes a list, set, range, network, time window or segment"),
    }
}

/// `a contains b`
pub(super) fn contains(cx: &mut Context<'_>, env: &Env<'_>, parts: &Binary) -> Expr {
    let left = operand(cx, env, &parts.left, None);
    if left.ty == Type::Error {
        let _ = infer(cx, env, &parts.right, None);
        return error_expr(parts.span);
    }
    let expected = match &left.ty {
        text if relations::is_text(text) => Type::String,
        collection => match relations::element(collection) {
            Some(element) => element.clone(),
            None => {
                let help = "`contains` looks into a list, a set or a string";
                cx.report(e0321::bad_operand(left.span, "contains", &left.ty, help));
                return error_expr(parts.span);
            }
        },
    };
    let right = operand(cx, env, &parts.right, Some(&expected));
    match relations::comparable(&expected, &right.ty) {
        Comparability::Comparable => {}
        Comparability::NeverEqual => {
            cx.report(e0305::disjoint(parts.span, &expected, &right.ty));
            return error_expr(parts.span);
        }
        Comparability::Different => {
            let error = e0316::bad_membership(parts.span, &right.ty, &left.ty, &format!("it holds a `{expected}`"));
            cx.report(error);
            return error_expr(parts.span);
        }
    }
    Expr { kind: ExprKind::Contains(Box::new(left), Box::new(right)), ty: Type::Bool, span: parts.span }
}
