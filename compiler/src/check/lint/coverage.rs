//! Rules that say too much, nothing, or the same again.

use super::{ROOT, strip};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::{w0608, w0609, w0610, w0611, w0612};
use crate::hir::{Program, Rule, RuleKind, Span, Subject, Targets};
use std::collections::BTreeMap;

/// Lints over the rules of the root package.
pub(super) fn lint(program: &Program, sink: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<String, Span> = BTreeMap::new();
    let forbids: Vec<&Rule> = program.rules.iter().filter(|rule| is_plain_forbid(rule)).collect();
    for rule in program.rules.iter().filter(|rule| rule.package == ROOT) {
        let meaning = meaning(rule);
        if let Some(first) = seen.get(&meaning) {
            sink.push(w0610::duplicate(rule.head_span, *first));
            continue;
        }
        seen.insert(meaning, rule.head_span);
        if rule.kind == RuleKind::Permit {
            sink.extend(permit(rule, &forbids));
        }
    }
}

fn is_unconditional(rule: &Rule) -> bool {
    rule.where_.is_none() && rule.when.is_none() && rule.unless.is_none()
}

fn is_plain_forbid(rule: &Rule) -> bool {
    rule.kind == RuleKind::Forbid && is_unconditional(rule) && !rule.shadow && rule.for_subject.is_none()
}

/// What a rule means, as text without places.
fn meaning(rule: &Rule) -> String {
    let what = (&rule.kind, &rule.subject, &rule.for_subject, &rule.actions, &rule.targets);
    let how = (&rule.where_, &rule.when, &rule.unless, rule.shadow, rule.grant, rule.deny);
    strip(&format!("{what:?} {how:?}"))
}

fn permit(rule: &Rule, forbids: &[&Rule]) -> Option<Diagnostic> {
    if rule.shadow {
        return Some(w0612::shadow(rule.head_span));
    }
    if names_anonymous(&rule.subject) {
        return Some(w0609::anonymous(rule.head_span));
    }
    if rule.subject == Subject::Anyone && rule.targets.any_tool && is_unconditional(rule) && rule.grant.is_none() {
        return Some(w0608::everything(rule.head_span));
    }
    let covering = forbids.iter().find(|forbid| covers(forbid, rule));
    covering.map(|forbid| w0611::covered(rule.head_span, forbid.head_span))
}

fn names_anonymous(subject: &Subject) -> bool {
    match subject {
        Subject::Anonymous => true,
        Subject::Either(members) => members.iter().any(names_anonymous),
        _ => false,
    }
}

/// Whether a forbid without condition takes back everything that a permit opens.
fn covers(forbid: &Rule, permit: &Rule) -> bool {
    let subject = forbid.subject == Subject::Anyone || forbid.subject == permit.subject;
    let servers = !matches!(permit.subject, Subject::Server(_)) || forbid.subject == permit.subject;
    subject && servers && permit.actions.is_subset(&forbid.actions) && covers_targets(&forbid.targets, &permit.targets)
}

fn covers_targets(wide: &Targets, narrow: &Targets) -> bool {
    if *narrow == Targets::default() || (narrow.any_resource && !wide.any_resource) {
        return false;
    }
    let any = (!narrow.any_tool || wide.any_tool) && (!narrow.any_prompt || wide.any_prompt);
    let servers = narrow.servers.is_subset(&wide.servers);
    let tools = narrow
        .tools
        .iter()
        .all(|tool| wide.any_tool || wide.servers.contains(&tool.server) || wide.tools.contains(tool));
    let prompts = narrow
        .prompts
        .iter()
        .all(|prompt| wide.any_prompt || wide.servers.contains(&prompt.server) || wide.prompts.contains(prompt));
    let resources = narrow.resources.iter().all(|resource| {
        wide.any_resource || wide.servers.contains(&resource.server) || wide.resources.contains(resource)
    });
    any && servers && tools && prompts && resources
}
