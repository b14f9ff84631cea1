//! `and`, `or`, `not`, `if`.

use super::{condition, infer};
use crate::check::context::{Context, error_expr};
use crate::check::narrow::{facts_of_others, facts_when};
use crate::check::scope::Env;
use crate::hir::{Expr, ExprKind};
use crate::types::Type;
use mcpz_syntax::ast;

/// `a and b`: each side may rely on the others being true.
pub(super) fn and(cx: &mut Context<'_>, env: &Env<'_>, and: &ast::AndExpr) -> Expr {
    let span = cx.span_of(and);
    let sides = sides(cx, env, &and.operands(), true);
    Expr { kind: ExprKind::And(sides), ty: Type::Bool, span }
}

/// `a or b`: each side may rely on the others being false.
pub(super) fn or(cx: &mut Context<'_>, env: &Env<'_>, or: &ast::OrExpr) -> Expr {
    let span = cx.span_of(or);
    let sides = sides(cx, env, &or.operands(), false);
    Expr { kind: ExprKind::Or(sides), ty: Type::Bool, span }
}

fn sides(cx: &mut Context<'_>, env: &Env<'_>, operands: &[ast::Expr], truth: bool) -> Vec<Expr> {
    let mut typed = Vec::with_capacity(operands.len());
    for (index, operand) in operands.iter().enumerate() {
        let env = env.with_facts(&facts_of_others(cx, operands, index, truth));
        typed.push(condition(cx, &env, operand));
    }
    typed
}

/// `not a`
pub(super) fn not(cx: &mut Context<'_>, env: &Env<'_>, not: &ast::NotExpr) -> Expr {
    let span = cx.span_of(not);
    let Some(operand) = not.operand() else { return error_expr(span) };
    let env = Env { negated: true, ..env.clone() };
    let inner = condition(cx, &env, &operand);
    Expr { kind: ExprKind::Not(Box::new(inner)), ty: Type::Bool, span }
}

/// `if c then a else b`: each branch may rely on what the condition shows.
pub(super) fn choice(cx: &mut Context<'_>, env: &Env<'_>, choice: &ast::IfExpr, expected: Option<&Type>) -> Expr {
    let span = cx.span_of(choice);
    let (Some(test), Some(then), Some(otherwise)) = (choice.condition(), choice.then_value(), choice.else_value())
    else {
        return error_expr(span);
    };
    let plain = Env { negated: false, ..env.clone() };
    let typed_test = condition(cx, &plain, &test);
    let then_env = plain.with_facts(&facts_when(cx, &test, true));
    let else_env = plain.with_facts(&facts_when(cx, &test, false));
    let then = infer(cx, &then_env, &then, expected);
    let otherwise = infer(cx, &else_env, &otherwise, expected);
    let ty = then.ty.join(&otherwise.ty);
    Expr { kind: ExprKind::If(Box::new(typed_test), Box::new(then), Box::new(otherwise)), ty, span }
}
