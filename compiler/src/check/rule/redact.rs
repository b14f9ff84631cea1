//! `redact T { result.ssn keep last 4, result matching P replace "***" }`

use crate::check::arguments::{member_name, tools_of};
use crate::check::context::Context;
use crate::check::expr::{field_type, regex_of};
use crate::check::scope::{Env, Scope};
use crate::diagnostics::codes::{e0408, e0409};
use crate::diagnostics::suggest;
use crate::hir::{Action, PathStep, RedactHow, RedactWhat, Redaction, Span};
use crate::resolve::{RuleHead, field_path};
use crate::types::Type;
use mcpz_syntax::ast::{self, RedactAction};
use smol_str::SmolStr;

/// The parts of a `redact`.
pub(super) fn redactions(cx: &mut Context<'_>, head: &RuleHead, rule: &ast::RedactRule) -> Option<Vec<Redaction>> {
    let specs = rule.specs();
    if specs.is_empty() {
        let help = "write `{ result.field drop }`";
        cx.report(e0409::bad_redaction(head.head_span, "this redacts nothing", help));
        return None;
    }
    let mut all = Vec::new();
    let mut broken = false;
    for spec in specs {
        match redaction(cx, head, &spec) {
            Some(redaction) => all.push(redaction),
            None => broken = true,
        }
    }
    (!broken).then_some(all)
}

fn redaction(cx: &mut Context<'_>, head: &RuleHead, spec: &ast::RedactSpec) -> Option<Redaction> {
    let span = cx.span_of(spec);
    let how = how(cx, spec.action()?);
    let field = spec.field()?;
    let (root, root_span, steps) = field_path(cx.place, &field)?;
    if root != "result" {
        let help = format!("write `result.{root}`");
        cx.report(e0409::bad_redaction(root_span, "only the result is redacted", &help).fix_edit(
            format!("write `result.{root}`"),
            root_span,
            format!("result.{root}"),
        ));
        return None;
    }
    let what = match spec.matching() {
        Some(pattern) if steps.is_empty() => {
            let scope = Scope::closed("a pattern is constant", "write a literal or a constant");
            regex_of(cx, &Env::new(&scope), &pattern).map(RedactWhat::Matching)
        }
        Some(_) => {
            let help = "a pattern is looked for in the whole result: `result matching ...`";
            cx.report(e0409::bad_redaction(span, "a pattern inside a field cannot be redacted", help));
            None
        }
        None if steps.is_empty() => {
            let help = "name a field (`result.ssn`), or use `result matching`";
            cx.report(e0409::bad_redaction(span, "the whole result cannot be redacted", help));
            None
        }
        None => fields(cx, head, &steps),
    };
    Some(Redaction { what: what?, how: how?, span })
}

fn how(cx: &mut Context<'_>, action: RedactAction) -> Option<RedactHow> {
    match action {
        RedactAction::Drop => Some(RedactHow::Drop),
        RedactAction::Replace(text) => Some(RedactHow::Replace(text?.text().to_owned())),
        RedactAction::KeepFirst(count) => Some(RedactHow::KeepFirst(kept(cx, count)?)),
        RedactAction::KeepLast(count) => Some(RedactHow::KeepLast(kept(cx, count)?)),
    }
}

type Count = Option<(Result<i64, mcpz_syntax::SyntaxError>, mcpz_syntax::TextRange)>;

fn kept(cx: &mut Context<'_>, count: Count) -> Option<u32> {
    let (count, range) = count?;
    let count = u32::try_from(count.ok()?).ok().filter(|count| *count > 0);
    if count.is_none() {
        let help = "to keep nothing write `drop`";
        cx.report(e0409::bad_redaction(cx.span(range), "the number of characters to keep is above zero", help));
    }
    count
}

/// A field path, checked against the declared results of the targets.
fn fields(cx: &mut Context<'_>, head: &RuleHead, steps: &[(PathStep, Span)]) -> Option<RedactWhat> {
    let path = RedactWhat::Field(steps.iter().map(|(step, _)| step.clone()).collect());
    if !head.targets_ok {
        return Some(path);
    }
    for member in tools_of(cx.program(), &head.targets) {
        let row = usize::try_from(member.index).unwrap_or(usize::MAX);
        let tool = cx.program().servers.get(member.server.index()).and_then(|server| server.tools.get(row));
        let Some(output) = tool.and_then(|tool| tool.output.as_ref()) else { continue };
        let name = member_name(cx.program(), member, Action::Call);
        if !follow(cx, output, steps, &name) {
            return None;
        }
    }
    Some(path)
}

/// Follows a field path through a declared result type.
fn follow(cx: &mut Context<'_>, output: &Type, steps: &[(PathStep, Span)], tool: &str) -> bool {
    let mut ty = output.required().clone();
    for (step, span) in steps {
        let next = match (step, &ty) {
            (_, Type::Json | Type::Error | Type::Union(_)) => return true,
            (PathStep::Each, Type::List(inner) | Type::Set(inner) | Type::Map(inner)) => Some((**inner).clone()),
            (PathStep::Each, other) => {
                let message = format!("in the result of `{tool}` this is a `{other}`, which has no elements");
                cx.report(e0408::no_step(*span, message));
                return false;
            }
            (PathStep::Field(name), ty) => field_type(ty, name),
        };
        match (next, step) {
            (Some(next), _) => ty = next.required().clone(),
            (None, PathStep::Field(name)) => {
                report_field(cx, *span, name, &ty, tool);
                return false;
            }
            (None, PathStep::Each) => return false,
        }
    }
    true
}

fn report_field(cx: &mut Context<'_>, span: Span, name: &SmolStr, ty: &Type, tool: &str) {
    let known: Vec<SmolStr> = match ty {
        Type::Record(record) => record.fields.keys().cloned().collect(),
        _ => Vec::new(),
    };
    if known.is_empty() && matches!(ty, Type::List(_) | Type::Set(_)) {
        let message = format!("in the result of `{tool}` this is a list: write `[*]` before `.{name}`");
        cx.report(e0408::no_step(span, message));
        return;
    }
    let near = suggest::nearest(name, &known);
    cx.report(e0408::unknown_field(span, name, tool, near.as_deref(), &suggest::listing(&known)));
}
