//! `expect` lines.

use super::RuleIds;
use crate::check::context::Context;
use crate::check::rule::audit_level;
use crate::diagnostics::codes::{e0505, e0506};
use crate::diagnostics::suggest;
use crate::hir::{ChallengeKind, DenyMode, Expectation, Expected, PathStep, TestRequest};
use crate::resolve::{field_path, names};
use mcpz_syntax::ast::{self, AstNode, TestLine};

/// All `expect` lines, in order. `None` when one of them is in error.
pub(super) fn expect(
    cx: &mut Context<'_>,
    lines: &[TestLine],
    ids: &RuleIds,
    request: Option<&TestRequest>,
) -> Option<Vec<Expectation>> {
    let mut all: Vec<Expectation> = Vec::new();
    let mut broken = false;
    for line in lines {
        match one(cx, line, ids) {
            Some(expectations) => all.extend(expectations),
            None => broken = true,
        }
    }
    broken |= contradiction(cx, &all);
    broken |= listing(cx, &all, request);
    (!broken).then_some(all)
}

/// What one line expects; a line that is no `expect` expects nothing.
fn one(cx: &mut Context<'_>, line: &TestLine, ids: &RuleIds) -> Option<Vec<Expectation>> {
    let span = cx.span(line.range());
    let (what, by) = match line {
        TestLine::ExpectAllow(allow) => (vec![Expected::Allow], by(cx, allow.by(), ids)?),
        TestLine::ExpectDeny(deny) => {
            let mode = deny.how().map(|how| deny_mode(cx, &how));
            let by = by(cx, deny.by(), ids)?;
            let mode = match mode {
                Some(mode) => Some(mode?),
                None => None,
            };
            (vec![Expected::Deny(mode)], by)
        }
        TestLine::ExpectChallenge(challenge) => {
            let kinds: Vec<Option<ChallengeKind>> =
                challenge.kinds().iter().map(|kind| challenge_kind(cx, kind)).collect();
            let by = by(cx, challenge.by(), ids)?;
            let mut what = Vec::new();
            for kind in kinds {
                what.push(Expected::Challenge(Some(kind?)));
            }
            if what.is_empty() {
                what.push(Expected::Challenge(None));
            }
            (what, by)
        }
        TestLine::ExpectListed(_) => (vec![Expected::Listed], None),
        TestLine::ExpectHidden(_) => (vec![Expected::Hidden], None),
        TestLine::ExpectRedact(redact) => (vec![Expected::Redact(redacted(cx, &redact.field()?)?)], None),
        TestLine::ExpectLabel(label) => {
            let segments = names(cx.place, &label.label()?);
            (vec![Expected::Label(cx.unit.symbols.label(cx.place, &segments, cx.sink)?)], None)
        }
        TestLine::ExpectAudit(audit) => (vec![Expected::Audit(audit_level(&audit.level()?)?)], None),
        _ => return Some(Vec::new()),
    };
    Some(what.into_iter().map(|what| Expectation { what, by: by.clone(), span }).collect())
}

/// `by PAY-1`; the outer `None` is an error that is reported.
fn by(cx: &mut Context<'_>, rule: Option<ast::RuleRef>, ids: &RuleIds) -> Option<Option<String>> {
    let Some(rule) = rule else { return Some(None) };
    let id = rule.text();
    if rule.is_none() || ids.all.iter().any(|known| *known == id) {
        return Some(Some(id));
    }
    let near = suggest::nearest(&id, &ids.all);
    let span = cx.span_of(&rule);
    ids.report_unknown(cx, span, &id, near.as_deref());
    None
}

fn deny_mode(cx: &mut Context<'_>, how: &ast::Ident) -> Option<DenyMode> {
    const MODES: [(&str, DenyMode); 3] =
        [("explain", DenyMode::Explain), ("hide", DenyMode::Hide), ("step_up", DenyMode::StepUp)];
    let found = MODES.iter().find(|(name, _)| *name == how.text).map(|(_, mode)| *mode);
    if found.is_none() {
        let message = format!("`{}` is no way to show a denial", how.text);
        cx.report(e0506::bad_expectation(
            cx.place.span(how.range),
            &message,
            "the ways are `explain`, `hide` and `step_up`",
        ));
    }
    found
}

fn challenge_kind(cx: &mut Context<'_>, kind: &ast::ChallengeKind) -> Option<ChallengeKind> {
    let word = kind.word()?;
    match word.text.as_str() {
        "approval" => Some(ChallengeKind::Approval),
        "mfa" => Some(ChallengeKind::Mfa),
        "scope" => Some(ChallengeKind::Scope),
        "grant" => {
            let segments = names(cx.place, &kind.grant()?);
            cx.unit.symbols.grant(cx.place, &segments, cx.sink).map(ChallengeKind::Grant)
        }
        other => {
            let help = "a challenge asks for `approval`, `mfa`, `scope` or `grant NAME`";
            let message = format!("nothing is asked for by `{other}`");
            cx.report(e0506::bad_expectation(cx.place.span(word.range), &message, help));
            None
        }
    }
}

/// `result.ssn`, as the runner compares it.
fn redacted(cx: &mut Context<'_>, field: &ast::FieldPath) -> Option<String> {
    let (root, span, steps) = field_path(cx.place, field)?;
    if root != "result" {
        let message = format!("`{root}` is not redacted, only results are");
        let help = format!("write `result.{root}`");
        let fix = format!("result.{root}");
        cx.report(e0506::bad_expectation(span, &message, &help).fix_edit(help.clone(), span, fix));
        return None;
    }
    let mut text = String::from("result");
    for (step, _) in steps {
        match step {
            PathStep::Field(name) => text.push_str(&format!(".{}", suggest::as_written(&name))),
            PathStep::Each => text.push_str("[*]"),
        }
    }
    Some(text)
}

/// What a decision can be only one of.
fn outcome(expected: &Expected) -> Option<u8> {
    match expected {
        Expected::Allow | Expected::Redact(_) | Expected::Label(_) | Expected::Audit(_) => Some(0),
        Expected::Deny(_) => Some(1),
        Expected::Challenge(_) => Some(2),
        Expected::Listed => Some(3),
        Expected::Hidden => Some(4),
    }
}

fn contradiction(cx: &mut Context<'_>, all: &[Expectation]) -> bool {
    let Some(first) = all.first() else { return false };
    let against = all.iter().find(|one| outcome(&one.what) != outcome(&first.what));
    if let Some(against) = against {
        cx.report(e0505::contradiction(against.span, first.span));
        return true;
    }
    false
}

/// A listing is `listed` or `hidden`, nothing else.
fn listing(cx: &mut Context<'_>, all: &[Expectation], request: Option<&TestRequest>) -> bool {
    let Some(request) = request.filter(|request| request.list) else { return false };
    let wrong = all.iter().find(|one| !matches!(one.what, Expected::Listed | Expected::Hidden));
    if let Some(wrong) = wrong {
        let help = "expect `listed` or `hidden`";
        cx.report(
            e0506::bad_expectation(wrong.span, "a listing is not allowed or denied", help)
                .related(request.span, "the listing"),
        );
        return true;
    }
    false
}
