//! Values in tests: constant, JSON-like. Arguments are not typed: a test may send nonsense.

use crate::check::context::Context;
use crate::check::expr::{as_literal, checked, infer};
use crate::check::scope::{Env, Scope};
use crate::diagnostics::codes::e0330;
use crate::hir::Literal;
use crate::types::Type;
use mcpz_syntax::ast;

/// The scope of constant values.
fn constant_scope() -> Scope {
    Scope::closed("a value in a test is constant", "write a literal")
}

/// A constant of any type.
pub(super) fn any_value(cx: &mut Context<'_>, expr: &ast::Expr) -> Option<Literal> {
    let scope = constant_scope();
    let typed = infer(cx, &Env::new(&scope), expr, None);
    constant(cx, typed)
}

/// A constant of this type.
pub(super) fn value_of(cx: &mut Context<'_>, expr: &ast::Expr, ty: &Type) -> Option<Literal> {
    let scope = constant_scope();
    let typed = checked(cx, &Env::new(&scope), expr, ty);
    constant(cx, typed)
}

fn constant(cx: &mut Context<'_>, typed: crate::hir::Expr) -> Option<Literal> {
    match as_literal(&typed) {
        Some(value) => Some(value.clone()),
        None => {
            if typed.ty != Type::Error {
                cx.report(e0330::not_constant(typed.span, "a value in a test"));
            }
            None
        }
    }
}

/// A record, or the empty one.
pub(super) fn record(cx: &mut Context<'_>, record: Option<ast::RecordExpr>) -> Option<Literal> {
    match record {
        Some(record) => any_value(cx, &ast::Expr::Record(record)),
        None => Some(Literal::Record(Vec::new())),
    }
}
