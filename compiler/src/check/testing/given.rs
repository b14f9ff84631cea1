//! `given` lines: what a test states of the world.

use super::RuleIds;
use super::values::{any_value, value_of};
use crate::check::context::Context;
use crate::check::expr::{history_question, past_question};
use crate::check::literal;
use crate::check::rule::{approval_count, approver_classes, duration_of};
use crate::check::scope::{Env, Scope};
use crate::diagnostics::codes::{e0317, e0504};
use crate::diagnostics::suggest;
use crate::hir::{Action, Given, History, Literal};
use crate::resolve::{self, names};
use crate::types::{RecordType, Type};
use mcpz_syntax::ast::{self, TestLine};
use std::collections::BTreeSet;

/// All `given` lines, in order. `None` when one of them is in error.
pub(super) fn given(cx: &mut Context<'_>, lines: &[TestLine], scope: &Scope, ids: &RuleIds) -> Option<Vec<Given>> {
    let mut all = Vec::new();
    let mut broken = false;
    for line in lines {
        match one(cx, line, scope, ids) {
            Some(given) => all.extend(given),
            None => broken = true,
        }
    }
    (!broken).then_some(all)
}

/// What one line states; a line that is no `given` states nothing.
fn one(cx: &mut Context<'_>, line: &TestLine, scope: &Scope, ids: &RuleIds) -> Option<Vec<Given>> {
    let given = match line {
        TestLine::GivenState(state) => held(cx, scope, &state.past()?)?,
        TestLine::GivenHistory(history) => answered(cx, scope, history)?,
        TestLine::GivenError(error) => {
            let (question, _) = past_question(cx, &Env::new(scope), &error.past()?)?;
            Given::HistoryError(question)
        }
        TestLine::GivenApproval(approval) => {
            let approvers = approval.approvers()?;
            let count = approval_count(cx, &approvers);
            Given::Approval(count?, approver_classes(cx, &approvers)?)
        }
        TestLine::GivenMfa(mfa) => {
            let constants = Scope::closed("a duration is constant", "write a literal such as `2m`");
            Given::Mfa(duration_of(cx, &Env::new(&constants), &mfa.age()?, "the age of mfa")?)
        }
        TestLine::GivenGrant(grant) => {
            let segments = names(cx.place, &grant.path()?);
            Given::Grant(cx.unit.symbols.grant(cx.place, &segments, cx.sink)?)
        }
        TestLine::GivenContext(context) => Given::Context(facts(cx, context)?),
        TestLine::GivenNetwork(network) => Given::Network(address(cx, &network.address()?)?),
        TestLine::GivenData(data) => given_data(cx, data)?,
        TestLine::GivenIsolated(isolated) => given_isolated(cx, isolated)?,
        TestLine::GivenQuarantined(quarantined) => return given_quarantined(cx, &quarantined.target()?),
        TestLine::GivenLimit(limit) => given_limit(cx, &limit.rule()?, ids)?,
        TestLine::GivenScope(scope) => Given::Scope(scope.scope()?.text().to_owned()),
        _ => return Some(Vec::new()),
    };
    Some(vec![given])
}

/// `given session holds L`, `given args.x carries L`
fn held(cx: &mut Context<'_>, scope: &Scope, past: &ast::Past) -> Option<Given> {
    let (question, _) = past_question(cx, &Env::new(scope), past)?;
    Some(match question {
        History::SessionHolds(label) => Given::SessionLabel(label),
        other => Given::History(other, Literal::Bool(true)),
    })
}

/// `given count(...) = 21`
fn answered(cx: &mut Context<'_>, scope: &Scope, given: &ast::GivenHistory) -> Option<Given> {
    let question = history_question(cx, &Env::new(scope), &given.history()?);
    let value = given.value()?;
    let span = cx.span_of(&value);
    let answer = any_value(cx, &value);
    let ((question, ty), answer) = (question?, answer?);
    let fits = match (&answer, &ty) {
        (Literal::Int(value), Type::Int) => *value >= 0,
        (Literal::Int(_) | Literal::Decimal(_), Type::Decimal) | (Literal::Bool(_), Type::Bool) => true,
        _ => false,
    };
    if !fits {
        let message = format!("the answer to this question is a `{ty}`");
        cx.report(e0504::bad_given(span, &message, "a count is not negative, and a sequence is `true` or `false`"));
        return None;
    }
    Some(Given::History(question, answer))
}

/// `given context { geo: "DE" }`
fn facts(cx: &mut Context<'_>, given: &ast::GivenContext) -> Option<Literal> {
    let record = given.record()?;
    let declared = cx.program().context.clone();
    for field in record.fields() {
        let key = field.key();
        let Some(first) = key.first() else { continue };
        if !declared.fields.contains_key(first.text.as_str()) {
            let near = suggest::nearest(&first.text, declared.fields.keys());
            let span = cx.span(first.range);
            let message = format!("the context has no field `{}`", first.text);
            let error = e0504::bad_given(
                span,
                &message,
                &format!("its fields are {}", suggest::listing(declared.fields.keys())),
            );
            cx.report(match near {
                Some(near) => error.did_you_mean(span, Some(&near)),
                None => error,
            });
            return None;
        }
    }
    let optional = declared.fields.into_iter().map(|(name, ty)| (name, ty.optional()));
    let ty = Type::Record(RecordType { fields: optional.collect(), open: false });
    value_of(cx, &ast::Expr::Record(record), &ty)
}

/// `given network "10.0.0.1"`
fn address(cx: &mut Context<'_>, string: &ast::StringLiteral) -> Option<std::net::IpAddr> {
    match literal::ip(string.text()) {
        Ok(address) => Some(address),
        Err(error) => {
            let span = cx.span(string.value.source_range(error.start..error.end));
            cx.report(e0317::bad_literal(span, cx.place.span(string.range), &error));
            None
        }
    }
}

/// `given data payees [...]`
fn given_data(cx: &mut Context<'_>, given: &ast::GivenData) -> Option<Given> {
    let segments = names(cx.place, &given.path()?);
    let id = cx.unit.symbols.data(cx.place, &segments, cx.sink)?;
    let ty = cx.program().data.get(id.index())?.ty.clone();
    let value = given.value()?;
    let literal = value_of(cx, &value, &ty)?;
    Some(Given::Data(id, literal))
}

/// `given isolated server payments`
fn given_isolated(cx: &mut Context<'_>, given: &ast::GivenIsolated) -> Option<Given> {
    let what = given.what()?;
    let segments = names(cx.place, &given.path()?);
    match what.text.as_str() {
        "server" => Some(Given::IsolatedServer(cx.unit.symbols.server(cx.place, &segments, cx.sink)?)),
        "tool" => {
            let member = resolve::member(cx.unit, cx.place, &segments, Action::Call, cx.sink)?;
            Some(Given::IsolatedTool(member))
        }
        "agent" => Some(Given::IsolatedAgent(cx.unit.symbols.class(cx.place, &segments, cx.sink)?)),
        other => {
            let message = format!("a {other} cannot be isolated");
            let help = "an agent, a server or a tool can";
            cx.report(e0504::bad_given(cx.place.span(what.range), &message, help));
            None
        }
    }
}

/// `given quarantined payments.refund`
fn given_quarantined(cx: &mut Context<'_>, target: &ast::Target) -> Option<Vec<Given>> {
    let actions = BTreeSet::from([Action::Call]);
    let resolved = resolve::targets(cx.unit, cx.place, std::slice::from_ref(target), &actions, cx.sink);
    if !resolved.ok {
        return None;
    }
    let tools = crate::check::arguments::tools_of(cx.program(), &resolved.targets);
    Some(tools.into_iter().map(Given::Quarantined).collect())
}

/// `given limit PAY-9 exhausted`
fn given_limit(cx: &mut Context<'_>, rule: &ast::RuleRef, ids: &RuleIds) -> Option<Given> {
    let id = rule.text();
    let span = cx.span_of(rule);
    if ids.limits.iter().any(|known| *known == id) {
        return Some(Given::LimitExhausted(id));
    }
    if ids.all.iter().any(|known| *known == id) {
        cx.report(e0504::bad_given(span, &format!("`{id}` is no limit"), "name the `@id` of a `limit`"));
        return None;
    }
    let near = suggest::nearest(&id, &ids.limits);
    ids.report_unknown(cx, span, &id, near.as_deref());
    None
}
