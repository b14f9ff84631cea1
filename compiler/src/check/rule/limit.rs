//! `limit S to A T at most N [of E] per D by K`

use super::duration_of;
use crate::check::context::Context;
use crate::check::expr::{as_literal, infer, key_named, operand, units};
use crate::check::narrow::Facts;
use crate::check::principals;
use crate::check::scope::{Env, Scope};
use crate::diagnostics::codes::{e0404, e0406};
use crate::hir::{Expr, HistoryKey, Limit};
use crate::resolve::RuleHead;
use crate::types::Type;
use mcpz_syntax::ast;

/// What a limit takes.
pub(super) fn limit(
    cx: &mut Context<'_>,
    scope: &Scope,
    head: &RuleHead,
    rule: &ast::LimitRule,
    facts: &Facts,
) -> Option<Limit> {
    let constants = Scope::closed("the numbers of a limit are constant", "write a literal");
    let at_most = at_most(cx, &Env::new(&constants), &rule.most()?);
    let env = Env::new(scope).with_facts(facts);
    let amount = rule.amount().map(|amount| amount_of(cx, &env, &amount));
    let per_ms = duration_of(cx, &Env::new(&constants), &rule.per()?, "the window of a limit");
    let by = key(cx, head, &rule.by()?);
    let amount = match amount {
        Some(amount) => Some(amount?),
        None => None,
    };
    Some(Limit { at_most: at_most?, amount, per_ms: per_ms?, by: by? })
}

/// N, a constant above zero.
fn at_most(cx: &mut Context<'_>, env: &Env<'_>, most: &ast::Expr) -> Option<i128> {
    let typed = infer(cx, env, most, None);
    if typed.ty == Type::Error {
        return None;
    }
    match as_literal(&typed).and_then(units) {
        Some(value) if value > 0 => Some(value),
        Some(_) => {
            let help = "to allow nothing write `forbid`; otherwise name a number above zero";
            cx.report(e0406::bad_limit(typed.span, "a limit is a number above zero", help));
            None
        }
        None => {
            let message = format!("a limit is a constant number, and this is a `{}`", typed.ty);
            cx.report(e0406::bad_limit(typed.span, &message, "write a number, such as `at most 30`"));
            None
        }
    }
}

/// E, a number that is there.
fn amount_of(cx: &mut Context<'_>, env: &Env<'_>, amount: &ast::Expr) -> Option<Expr> {
    let typed = operand(cx, env, amount, None);
    match &typed.ty {
        Type::Error => None,
        Type::Int | Type::Decimal => match as_literal(&typed).and_then(units) {
            Some(value) if value <= 0 => {
                let help = "leave `of ...` out to count calls, or name a parameter";
                cx.report(e0406::bad_limit(typed.span, "an amount is above zero", help));
                None
            }
            _ => Some(typed),
        },
        other => {
            let message = format!("a limit sums numbers, and this is a `{other}`");
            cx.report(e0406::bad_limit(typed.span, &message, "leave `of ...` out to count calls"));
            None
        }
    }
}

/// K, which every caller of the subject must have.
fn key(cx: &mut Context<'_>, head: &RuleHead, word: &ast::Ident) -> Option<HistoryKey> {
    let span = cx.span(word.range);
    let Some(key) = key_named(&word.text) else {
        cx.report(e0404::unknown_key(span, &word.text));
        return None;
    };
    let subject = match &head.for_subject {
        Some(subject) => subject.as_ref(),
        None => head.subject.as_ref(),
    };
    let known = subject.map_or_else(principals::broken, |subject| principals::of_subject(cx.program(), subject));
    let missing = match key {
        HistoryKey::User => !known.has_user,
        HistoryKey::Agent => !known.has_agent,
        HistoryKey::Session | HistoryKey::Caller => false,
    };
    if missing {
        cx.report(e0404::no_key(span, &word.text));
        return None;
    }
    Some(key)
}
