//! `==`, `!=`, `<`, `<=`, `>`, `>=`.

use super::{Binary, as_literal, coerce, conversion, operand};
use crate::check::context::{Context, error_expr};
use crate::check::relations::{self, Comparability};
use crate::check::scope::Env;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::{e0301, e0304, e0305, e0322, e0327};
use crate::hir::{Comparison, Expr, ExprKind};
use crate::types::Type;
use mcpz_syntax::ast::{self, BinaryOp};

/// `a == b`, `a != b`
pub(super) fn equality(cx: &mut Context<'_>, env: &Env<'_>, parts: &Binary) -> Expr {
    if refuse_null(cx, parts) {
        return error_expr(parts.span);
    }
    let (left, right) = pair(cx, env, parts);
    match relations::comparable(&left.ty, &right.ty) {
        Comparability::Comparable => compare(parts, left, right),
        Comparability::NeverEqual => {
            cx.report(e0305::disjoint(parts.span, &left.ty, &right.ty));
            error_expr(parts.span)
        }
        Comparability::Different => {
            let error = e0301::incomparable(parts.span, parts.op.text(), &left.ty, &right.ty);
            let error = explain_different(cx, parts, &left, &right, error);
            cx.report(error);
            error_expr(parts.span)
        }
    }
}

/// `a < b` and its kin
pub(super) fn order(cx: &mut Context<'_>, env: &Env<'_>, parts: &Binary) -> Expr {
    if refuse_null(cx, parts) {
        return error_expr(parts.span);
    }
    let (left, right) = pair(cx, env, parts);
    if relations::orderable(&left.ty, &right.ty) {
        return compare(parts, left, right);
    }
    let operator = parts.op.text();
    let error =
        if let Some(side) = [&left, &right].into_iter().find(|side| matches!(side.ty, Type::Union(_) | Type::Json)) {
            e0327::several_types(side.span, operator, &side.ty, Some(cx.text(side.span)))
        } else if relations::comparable(&left.ty, &right.ty) == Comparability::Different {
            let error = e0301::incomparable(parts.span, operator, &left.ty, &right.ty);
            explain_different(cx, parts, &left, &right, error)
        } else {
            e0304::no_order(parts.op_span, operator, &left.ty, order_help(&left.ty))
        };
    cx.report(error);
    error_expr(parts.span)
}

/// Both operands; a literal takes the type of the other side.
pub(super) fn pair(cx: &mut Context<'_>, env: &Env<'_>, parts: &Binary) -> (Expr, Expr) {
    let (left, right) = if is_constant_form(&parts.left) && !is_constant_form(&parts.right) {
        let right = operand(cx, env, &parts.right, None);
        let left = operand(cx, env, &parts.left, Some(&right.ty));
        (left, right)
    } else {
        let left = operand(cx, env, &parts.left, None);
        let right = operand(cx, env, &parts.right, Some(&left.ty));
        (left, right)
    };
    if as_literal(&left).is_some() && as_literal(&right).is_none() {
        let left = coerce(cx, left, &right.ty);
        return (left, right);
    }
    (left, right)
}

/// Whether an expression is written as a constant.
pub(super) fn is_constant_form(expr: &ast::Expr) -> bool {
    match expr {
        ast::Expr::Literal(_) | ast::Expr::Record(_) => true,
        ast::Expr::List(list) => list.elements().iter().all(is_constant_form),
        ast::Expr::Neg(negation) => negation.operand().is_some_and(|inner| is_constant_form(&inner)),
        _ => false,
    }
}

fn compare(parts: &Binary, left: Expr, right: Expr) -> Expr {
    let comparison = match parts.op {
        BinaryOp::NotEq => Comparison::Ne,
        BinaryOp::Lt => Comparison::Lt,
        BinaryOp::LtEq => Comparison::Le,
        BinaryOp::Gt => Comparison::Gt,
        BinaryOp::GtEq => Comparison::Ge,
        _ => Comparison::Eq,
    };
    let kind = ExprKind::Compare(comparison, Box::new(left), Box::new(right));
    Expr { kind, ty: Type::Bool, span: parts.span }
}

/// Reports a comparison with `null`.
fn refuse_null(cx: &mut Context<'_>, parts: &Binary) -> bool {
    let is_null = |expr: &ast::Expr| match expr {
        ast::Expr::Literal(literal) => matches!(literal.value(), Ok(mcpz_syntax::literal::LiteralValue::Null)),
        _ => false,
    };
    let other = match (is_null(&parts.left), is_null(&parts.right)) {
        (false, false) => return false,
        (true, _) => &parts.right,
        (_, true) => &parts.left,
    };
    let fix = match (other, parts.op) {
        (ast::Expr::Path(path), BinaryOp::Eq) => Some(format!("not has {path}")),
        (ast::Expr::Path(path), BinaryOp::NotEq) => Some(format!("has {path}")),
        _ => None,
    };
    cx.report(e0322::compared_with_null(parts.span, parts.op.text(), fix));
    true
}

/// What is probably meant by a comparison of different types.
fn explain_different(cx: &Context<'_>, parts: &Binary, left: &Expr, right: &Expr, error: Diagnostic) -> Diagnostic {
    if matches!(right.ty, Type::List(_) | Type::Set(_) | Type::Range(_) | Type::Net)
        && matches!(parts.op, BinaryOp::Eq | BinaryOp::NotEq)
    {
        let word = if parts.op == BinaryOp::Eq { "in" } else { "not in" };
        return error.help(format!("a value is compared with a collection by `{word}`")).fix_edit(
            format!("write `{word}`"),
            parts.op_span,
            word,
        );
    }
    for (literal, other) in [(left, right), (right, left)] {
        let Some(crate::hir::Literal::String(text)) = as_literal(literal) else { continue };
        let number = text.parse::<f64>().is_ok() && relations::is_number(&other.ty);
        let boolean = matches!(text.as_str(), "true" | "false") && other.ty == Type::Bool;
        if number || boolean {
            return error.help(format!("drop the quotes: `{text}`")).fix_edit(
                format!("change to `{text}`"),
                literal.span,
                text.clone(),
            );
        }
    }
    for (from, to) in [(left, right), (right, left)] {
        if let Some(help) = conversion(&from.ty, &to.ty, cx.text(from.span)) {
            return error.help(help);
        }
    }
    if left.ty == Type::Instant && right.ty == Type::Time || left.ty == Type::Time && right.ty == Type::Instant {
        return error.help("a time of day needs a zone: `time(now, \"Europe/Berlin\")`");
    }
    error.help("both sides of a comparison have one type")
}

fn order_help(ty: &Type) -> &'static str {
    match ty {
        Type::Path => "ask where a path lies with `under`",
        Type::Host | Type::Url => "ask for the shape of a host or URL with `like`",
        Type::Ip | Type::Net => "ask whether an address lies in a network with `in`",
        Type::Enum(_) => "list the values with `in [...]`",
        Type::Weekday => "list the days with `in [...]`",
        _ => "only numbers, strings, durations, instants, dates and times of day have an order",
    }
}
