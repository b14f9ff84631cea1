//! `require`: approval, mfa, scope.

use super::duration_of;
use crate::check::context::Context;
use crate::check::scope::{Env, Scope};
use crate::diagnostics::codes::{e0403, e0410, e0412};
use crate::hir::{ClassId, PrincipalKind, Requirement};
use crate::resolve;
use mcpz_syntax::ast;

/// The most people that one approval may want.
const MAX_APPROVERS: i64 = 16;

/// What a `require` asks for.
pub(super) fn requirement(cx: &mut Context<'_>, rule: &ast::RequireRule) -> Option<Requirement> {
    match rule.requirement()? {
        ast::Requirement::Approval(approval) => {
            let approvers = approval.approvers()?;
            let count = approval_count(cx, &approvers);
            let classes = approver_classes(cx, &approvers);
            let expires =
                approval.expires().map(|expires| constant_duration(cx, &expires, "the expiry of an approval"));
            let expires_ms = match expires {
                Some(duration) => Some(duration?),
                None => None,
            };
            Some(Requirement::Approval { count: count?, approvers: classes?, expires_ms })
        }
        ast::Requirement::Mfa(mfa) => {
            let fresh_ms = match mfa.fresh() {
                Some(fresh) => Some(constant_duration(cx, &fresh, "the freshness of mfa")?),
                None => None,
            };
            Some(Requirement::Mfa { fresh_ms })
        }
        ast::Requirement::Scope(scope) => scopes(cx, &scope),
    }
}

fn constant_duration(cx: &mut Context<'_>, expr: &ast::Expr, what: &str) -> Option<i64> {
    let scope = Scope::closed("a duration is constant", "write a literal such as `10m`");
    duration_of(cx, &Env::new(&scope), expr, what)
}

/// How many people must approve.
pub(crate) fn approval_count(cx: &mut Context<'_>, approvers: &ast::Approvers) -> Option<u32> {
    let Some((count, range)) = approvers.count() else { return Some(1) };
    // A malformed number has been reported by the parser.
    let count = count.ok()?;
    if !(1..=MAX_APPROVERS).contains(&count) {
        cx.report(e0410::bad_count(cx.span(range)));
        return None;
    }
    u32::try_from(count).ok()
}

/// The classes that approve: users, and roles of users.
pub(crate) fn approver_classes(cx: &mut Context<'_>, approvers: &ast::Approvers) -> Option<Vec<ClassId>> {
    let subject = approvers.subject()?;
    let classes = resolve::approvers(cx.unit, cx.place, &subject, cx.sink)?;
    let is_agent =
        |id: &&ClassId| cx.program().classes.get(id.index()).is_some_and(|class| class.kind == PrincipalKind::Agent);
    if let Some(agent) = classes.iter().find(is_agent) {
        let name = cx.program().classes.get(agent.index()).map(|class| class.name.clone()).unwrap_or_default();
        let span = cx.span_of(&subject);
        cx.report(e0403::not_a_user(span, &name));
        return None;
    }
    Some(classes)
}

fn scopes(cx: &mut Context<'_>, scope: &ast::RequireScope) -> Option<Requirement> {
    let mut scopes = Vec::new();
    for string in scope.scopes() {
        let text = string.text();
        let fits = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\');
        if text.is_empty() || !text.chars().all(fits) {
            cx.report(e0412::bad_scope(cx.span(string.range), text));
            return None;
        }
        scopes.push(text.to_owned());
    }
    scopes.sort();
    scopes.dedup();
    (!scopes.is_empty()).then_some(Requirement::Scope(scopes))
}
