//! `has`, `is`, `??`: what to do about absent and null.

use super::{Binary, infer, names};
use crate::check::context::{Context, error_expr};
use crate::check::relations;
use crate::check::scope::Env;
use crate::diagnostics::codes::{e0302, e0332, w0619};
use crate::hir::{Expr, ExprKind, Root};
use crate::resolve::type_of;
use crate::types::Type;
use mcpz_syntax::ast;

/// `has args.path`
pub(super) fn has(cx: &mut Context<'_>, env: &Env<'_>, has: &ast::HasExpr) -> Expr {
    let span = cx.span_of(has);
    let Some(path) = has.path() else { return error_expr(span) };
    // What is known of the place must not hide that it may be absent.
    let plain = Env { facts: Default::default(), ..env.clone() };
    let place = names::path(cx, &plain, &path);
    if place.ty == Type::Error {
        return error_expr(span);
    }
    if !place.ty.is_optional() && !matches!(place.ty, Type::Json | Type::Union(_)) && !may_lack(&place) {
        cx.report(w0619::always_present(span, "has"));
    }
    Expr { kind: ExprKind::Has(Box::new(place)), ty: Type::Bool, span }
}

/// Whether a place is below a claim that the credential may lack although it is mandatory: actors (`act`, RFC 8693
/// section 4.1) are only identified, by `sub`.
fn may_lack(place: &Expr) -> bool {
    match &place.kind {
        ExprKind::Field(base, name) => match base.kind {
            ExprKind::Root(Root::AgentClaims | Root::LinkClaims) => name != "sub",
            _ => may_lack(base),
        },
        _ => false,
    }
}

/// `x is string`
pub(super) fn is(cx: &mut Context<'_>, env: &Env<'_>, is: &ast::IsExpr) -> Expr {
    let span = cx.span_of(is);
    let (Some(operand), Some(asked)) = (is.operand(), is.ty()) else { return error_expr(span) };
    let asked = type_of(cx.place, &asked, cx.sink);
    let plain = Env { facts: Default::default(), ..env.clone() };
    let value = infer(cx, &plain, &operand, None);
    if value.ty == Type::Error || asked == Type::Error {
        return error_expr(span);
    }
    if !can_be(&value.ty, &asked) {
        cx.report(e0332::impossible(span, &value.ty, &asked).maybe_help(super::conversion(
            &value.ty,
            &asked,
            cx.text(value.span),
        )));
        return error_expr(span);
    }
    Expr { kind: ExprKind::Is(Box::new(value), asked), ty: Type::Bool, span }
}

/// Whether a value of one type can be of another, as JSON sees it.
fn can_be(ty: &Type, asked: &Type) -> bool {
    match (ty, asked) {
        (Type::Optional(_), Type::Null) => true,
        (Type::Decimal, Type::Int) => true,
        (Type::Optional(inner), _) => can_be(inner, asked),
        _ => ty.meet(asked).is_some(),
    }
}

/// `a ?? b`
pub(super) fn coalesce(cx: &mut Context<'_>, env: &Env<'_>, parts: &Binary, expected: Option<&Type>) -> Expr {
    let value = infer(cx, env, &parts.left, expected.map(|ty| ty.clone().optional()).as_ref());
    let inner = value.ty.required().clone();
    let default = infer(cx, env, &parts.right, Some(&inner));
    if value.ty == Type::Error || default.ty == Type::Error {
        return error_expr(parts.span);
    }
    if !value.ty.is_optional() && value.ty != Type::Json && !may_lack(&value) {
        cx.report(w0619::always_present(parts.op_span, "??"));
    }
    let fits = relations::assignable(default.ty.required(), &inner)
        || relations::assignable(&inner, default.ty.required())
        || matches!(inner, Type::Union(_) | Type::Null);
    if !fits {
        cx.report(e0302::mismatch(default.span, &inner.to_string(), &default.ty));
        return error_expr(parts.span);
    }
    let ty = inner.join(&default.ty);
    Expr { kind: ExprKind::Coalesce(Box::new(value), Box::new(default)), ty, span: parts.span }
}
