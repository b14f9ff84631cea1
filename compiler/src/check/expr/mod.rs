//! Expressions: from syntax to typed expressions, one function for each form.
//!
//! Typing is bidirectional: a place may say which type it expects, which string literals and
//! constants take; what comes back says which type there is. [`infer`] gives the typed expression,
//! [`operand`] wants a value that is there, [`checked`] one of a given type, [`condition`] a `bool`.

mod arithmetic;
mod call;
mod coerce;
mod collection;
mod compare;
mod fields;
mod history;
mod literal;
mod logic;
mod membership;
mod names;
mod pattern;
mod presence;

pub(crate) use coerce::{as_literal, coerce};
pub(crate) use collection::units;
pub(crate) use fields::{field_names, field_type};
pub(crate) use history::{history_question, key_named, past_question};
pub(crate) use literal::instant_ms;
pub(crate) use pattern::regex_of;

use super::context::{Context, error_expr};
use super::relations;
use super::scope::Env;
use crate::diagnostics::codes::{e0302, e0303};
use crate::hir::Expr;
use crate::types::Type;
use mcpz_syntax::ast;

/// The typed form of an expression.
pub(crate) fn infer(cx: &mut Context<'_>, env: &Env<'_>, expr: &ast::Expr, expected: Option<&Type>) -> Expr {
    let typed = match expr {
        ast::Expr::Literal(literal) => literal::literal(cx, literal, expected),
        ast::Expr::Path(path) => names::path(cx, env, path),
        ast::Expr::List(list) => collection::list(cx, env, list, expected),
        ast::Expr::Record(record) => collection::record(cx, env, record, expected),
        ast::Expr::Call(call) => call::call(cx, env, call),
        ast::Expr::Field(field) => fields::field(cx, env, field),
        ast::Expr::Neg(negation) => arithmetic::negation(cx, env, negation, expected),
        ast::Expr::Not(not) => logic::not(cx, env, not),
        ast::Expr::Binary(binary) => self::binary(cx, env, binary, expected),
        ast::Expr::And(and) => logic::and(cx, env, and),
        ast::Expr::Or(or) => logic::or(cx, env, or),
        ast::Expr::Range(range) => collection::range(cx, env, range, expected),
        ast::Expr::Has(has) => presence::has(cx, env, has),
        ast::Expr::Is(is) => presence::is(cx, env, is),
        ast::Expr::Carries(carries) => history::carries(cx, env, carries),
        ast::Expr::Seen(seen) => history::seen(cx, env, seen),
        ast::Expr::If(choice) => logic::choice(cx, env, choice, expected),
        ast::Expr::All(all) => collection::all(cx, env, all),
        ast::Expr::Any(any) => collection::any(cx, env, any),
        ast::Expr::History(question) => history::history(cx, env, question),
        ast::Expr::SessionHolds(holds) => history::session_holds(cx, env, holds),
    };
    let typed = match expected {
        Some(expected) => coerce(cx, typed, expected),
        None => typed,
    };
    if let Some(recorder) = &cx.unit.symbols.recorder {
        recorder.typed(&typed);
    }
    typed
}

/// The typed form of an operator with two operands.
fn binary(cx: &mut Context<'_>, env: &Env<'_>, binary: &ast::BinaryExpr, expected: Option<&Type>) -> Expr {
    use ast::BinaryOp;
    let span = cx.span_of(binary);
    // A missing part has been reported by the parser.
    let (Some(left), Some(op), Some(right)) = (binary.lhs(), binary.op(), binary.rhs()) else {
        return error_expr(span);
    };
    let parts = Binary { left, op, right, span, op_span: cx.span(binary.op_range()) };
    match op {
        BinaryOp::Eq | BinaryOp::NotEq => compare::equality(cx, env, &parts),
        BinaryOp::Lt | BinaryOp::LtEq | BinaryOp::Gt | BinaryOp::GtEq => compare::order(cx, env, &parts),
        BinaryOp::In | BinaryOp::NotIn => membership::membership(cx, env, &parts),
        BinaryOp::Contains => membership::contains(cx, env, &parts),
        BinaryOp::Like => pattern::like(cx, env, &parts),
        BinaryOp::Matches => pattern::matches(cx, env, &parts),
        BinaryOp::Under => pattern::under(cx, env, &parts),
        BinaryOp::Coalesce => presence::coalesce(cx, env, &parts, expected),
        BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul => arithmetic::arithmetic(cx, env, &parts, expected),
    }
}

/// The parts of an operator with two operands.
struct Binary {
    left: ast::Expr,
    op: ast::BinaryOp,
    right: ast::Expr,
    span: crate::hir::Span,
    op_span: crate::hir::Span,
}

/// A value that must be there: an optional one is an error.
pub(crate) fn operand(cx: &mut Context<'_>, env: &Env<'_>, expr: &ast::Expr, expected: Option<&Type>) -> Expr {
    let typed = infer(cx, env, expr, expected);
    present(cx, env, expr, typed)
}

/// Reports a value that may be absent, and goes on as if it were there.
fn present(cx: &mut Context<'_>, env: &Env<'_>, expr: &ast::Expr, typed: Expr) -> Expr {
    if !typed.ty.is_optional() {
        return typed;
    }
    let ty = typed.ty.required().clone();
    if ty == Type::Null {
        return Expr { ty: Type::Error, ..typed };
    }
    let (what, guard) = match expr {
        ast::Expr::Path(path) => (path.to_string(), env.condition),
        _ => (cx.text(typed.span).to_owned(), None),
    };
    let why = names::why_optional(env, expr);
    let guard = guard.filter(|_| matches!(expr, ast::Expr::Path(_)));
    cx.report_once(format!("optional {what}"), e0303::optional(typed.span, &what, &why, guard));
    Expr { ty, ..typed }
}

/// A value that must be there and of this type.
pub(crate) fn checked(cx: &mut Context<'_>, env: &Env<'_>, expr: &ast::Expr, wanted: &Type) -> Expr {
    let typed = infer(cx, env, expr, Some(wanted));
    let typed = if wanted.is_optional() { typed } else { present(cx, env, expr, typed) };
    if relations::assignable(&typed.ty, wanted) {
        return typed;
    }
    let error = e0302::mismatch(typed.span, &wanted.to_string(), &typed.ty);
    cx.report(error.maybe_help(conversion(&typed.ty, wanted, cx.text(typed.span))));
    error_expr(typed.span)
}

/// How a value of one type becomes one of another.
pub(crate) fn conversion(from: &Type, to: &Type, text: &str) -> Option<String> {
    let function = match (from, to.required()) {
        (Type::String, Type::Path) => "path",
        (Type::String, Type::Url) => "url",
        (Type::String, Type::Host) => "host",
        (Type::String, Type::Ip) => "ip",
        (Type::String, Type::Instant) => "instant",
        (Type::Url, Type::Host) => return Some(format!("the host of a URL is `{text}.host`")),
        _ => return None,
    };
    Some(format!("read it first: `{function}({text})`"))
}

/// A condition: a value of type `bool` that is there.
pub(crate) fn condition(cx: &mut Context<'_>, env: &Env<'_>, expr: &ast::Expr) -> Expr {
    let logical = matches!(expr, ast::Expr::And(_) | ast::Expr::Or(_) | ast::Expr::Not(_) | ast::Expr::If(_));
    let atom = Env { condition: Some((cx.span_of(expr), env.negated)), negated: false, ..env.clone() };
    let env = if logical { env } else { &atom };
    checked(cx, env, expr, &Type::Bool)
}
