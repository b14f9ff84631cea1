//! `+`, `-`, `*`, checked; constants are calculated here.

use super::compare::pair;
use super::{Binary, as_literal, infer, operand};
use crate::check::context::{Context, error_expr};
use crate::check::scope::Env;
use crate::diagnostics::codes::{e0323, e0324};
use crate::hir::{Arithmetic, Expr, ExprKind, Literal};
use crate::types::Type;
use mcpz_bytecode::value::Decimal;
use mcpz_syntax::ast::{self, BinaryOp};

/// `a + b`, `a - b`, `a * b`
pub(super) fn arithmetic(cx: &mut Context<'_>, env: &Env<'_>, parts: &Binary, expected: Option<&Type>) -> Expr {
    let both_constant = super::compare::is_constant_form(&parts.left) && super::compare::is_constant_form(&parts.right);
    let (left, right) = if both_constant {
        let number = expected.filter(|ty| matches!(ty, Type::Int | Type::Decimal));
        (operand(cx, env, &parts.left, number), operand(cx, env, &parts.right, number))
    } else {
        pair(cx, env, parts)
    };
    if left.ty == Type::Error || right.ty == Type::Error {
        return error_expr(parts.span);
    }
    let operator = match parts.op {
        BinaryOp::Sub => Arithmetic::Sub,
        BinaryOp::Mul => Arithmetic::Mul,
        _ => Arithmetic::Add,
    };
    let Some(ty) = result_type(operator, &left.ty, &right.ty) else {
        cx.report(e0323::bad_arithmetic(parts.span, parts.op.text(), &left.ty, &right.ty));
        return error_expr(parts.span);
    };
    if let (Some(a), Some(b)) = (as_literal(&left), as_literal(&right)) {
        return match fold(operator, a, b) {
            Some(value) => Expr { kind: ExprKind::Literal(value), ty, span: parts.span },
            None => {
                cx.report(e0324::out_of_range(parts.span, "the result"));
                error_expr(parts.span)
            }
        };
    }
    Expr { kind: ExprKind::Arith(operator, Box::new(left), Box::new(right)), ty, span: parts.span }
}

/// The table of operand types.
fn result_type(operator: Arithmetic, left: &Type, right: &Type) -> Option<Type> {
    use Arithmetic::{Add, Mul, Sub};
    Some(match (operator, left, right) {
        (_, Type::Int, Type::Int) => Type::Int,
        (_, Type::Int | Type::Decimal, Type::Int | Type::Decimal) => Type::Decimal,
        (Add | Sub, Type::Instant, Type::Duration) | (Add, Type::Duration, Type::Instant) => Type::Instant,
        (Sub, Type::Instant, Type::Instant) | (Add | Sub, Type::Duration, Type::Duration) => Type::Duration,
        (Mul, Type::Duration, Type::Int) | (Mul, Type::Int, Type::Duration) => Type::Duration,
        _ => return None,
    })
}

/// The result of a constant calculation; `None` when it leaves the domain.
fn fold(operator: Arithmetic, left: &Literal, right: &Literal) -> Option<Literal> {
    let integers = |a: i64, b: i64| match operator {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Sub => a.checked_sub(b),
        Arithmetic::Mul => a.checked_mul(b),
    };
    Some(match (left, right) {
        (Literal::Int(a), Literal::Int(b)) => Literal::Int(integers(*a, *b)?),
        (Literal::Instant(a), Literal::Instant(b)) => Literal::Duration(integers(*a, *b)?),
        (Literal::Instant(a), Literal::Duration(b)) | (Literal::Duration(a), Literal::Instant(b)) => {
            Literal::Instant(integers(*a, *b)?)
        }
        (Literal::Duration(a), Literal::Duration(b) | Literal::Int(b)) | (Literal::Int(a), Literal::Duration(b)) => {
            Literal::Duration(integers(*a, *b)?)
        }
        (a, b) => Literal::Decimal(decimals(operator, decimal(a)?, decimal(b)?)?.units()),
    })
}

fn decimals(operator: Arithmetic, a: Decimal, b: Decimal) -> Option<Decimal> {
    match operator {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Sub => a.checked_sub(b),
        Arithmetic::Mul => a.checked_mul(b),
    }
    .ok()
}

fn decimal(literal: &Literal) -> Option<Decimal> {
    match literal {
        Literal::Int(value) => Some(Decimal::from_int(*value)),
        Literal::Decimal(units) => Decimal::from_units(*units).ok(),
        _ => None,
    }
}

/// `-a`
pub(super) fn negation(cx: &mut Context<'_>, env: &Env<'_>, negation: &ast::NegExpr, expected: Option<&Type>) -> Expr {
    let span = cx.span_of(negation);
    let Some(inner) = negation.operand() else { return error_expr(span) };
    let value = match &inner {
        ast::Expr::Literal(_) => infer(cx, env, &inner, expected.filter(|ty| matches!(ty, Type::Int | Type::Decimal))),
        _ => operand(cx, env, &inner, None),
    };
    let zero = match value.ty {
        Type::Error => return error_expr(span),
        Type::Int => Literal::Int(0),
        Type::Decimal => Literal::Decimal(0),
        Type::Duration => Literal::Duration(0),
        ref other => {
            cx.report(e0323::bad_arithmetic(span, "-", &Type::Int, other));
            return error_expr(span);
        }
    };
    let ty = value.ty.clone();
    if let Some(literal) = as_literal(&value) {
        if let Some(folded) = fold(Arithmetic::Sub, &zero, literal) {
            return Expr { kind: ExprKind::Literal(folded), ty, span };
        }
        cx.report(e0324::out_of_range(span, "the result"));
        return error_expr(span);
    }
    let zero = Expr { kind: ExprKind::Literal(zero), ty: ty.clone(), span };
    Expr { kind: ExprKind::Arith(Arithmetic::Sub, Box::new(zero), Box::new(value)), ty, span }
}
