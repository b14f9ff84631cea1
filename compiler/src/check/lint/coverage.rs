//! Rules that say too much, nothing, or the same again.

use super::ROOT;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::{w0608, w0609, w0610, w0611, w0612};
use crate::hir::same::{hash_clauses, hash_head, same_rule};
use crate::hir::{Member, Program, Rule, RuleKind, Subject, Targets};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher};

/// Lints over the rules of the root package.
pub(super) fn lint(program: &Program, sink: &mut Vec<Diagnostic>) {
    let own: Vec<&Rule> = program.rules.iter().filter(|rule| rule.package == ROOT).collect();
    let duplicates = duplicates(&own);
    let forbids = Forbids::of(program);
    for (rule, first) in own.into_iter().zip(duplicates) {
        match first {
            Some(first) => sink.push(w0610::duplicate(rule.head_span, first.head_span)),
            None if rule.kind == RuleKind::Permit => sink.extend(permit(rule, &forbids)),
            None => {}
        }
    }
}

/// For each rule the first before it that means the same. Only what looks alike is compared in full.
fn duplicates<'p>(rules: &[&'p Rule]) -> Vec<Option<&'p Rule>> {
    let heads: Vec<u64> = rules.iter().map(|rule| hashed(|hasher| hash_head(rule, hasher))).collect();
    let mut alike: BTreeMap<u64, u32> = BTreeMap::new();
    heads.iter().for_each(|head| *alike.entry(*head).or_default() += 1);
    let mut seen: BTreeMap<(u64, u64), Vec<&Rule>> = BTreeMap::new();
    let first = |(rule, head): (&&'p Rule, u64)| {
        if alike.get(&head).is_none_or(|count| *count < 2) {
            return None;
        }
        let firsts = seen.entry((head, hashed(|hasher| hash_clauses(rule, hasher)))).or_default();
        let known = firsts.iter().find(|first| same_rule(first, rule)).copied();
        if known.is_none() {
            firsts.push(rule);
        }
        known
    };
    rules.iter().zip(heads).map(first).collect()
}

fn hashed(write: impl FnOnce(&mut DefaultHasher)) -> u64 {
    let mut hasher = DefaultHasher::new();
    write(&mut hasher);
    hasher.finish()
}

fn is_unconditional(rule: &Rule) -> bool {
    rule.where_.is_none() && rule.when.is_none() && rule.unless.is_none()
}

fn is_plain_forbid(rule: &Rule) -> bool {
    rule.kind == RuleKind::Forbid && is_unconditional(rule) && !rule.shadow && rule.for_subject.is_none()
}

/// Forbids without condition, by whom and what they are about: so that no permit is compared with all of them.
#[derive(Default)]
struct Forbids<'p> {
    by_subject: BTreeMap<&'p Subject, OfSubject<'p>>,
}

/// Forbids of one subject, each with its row in the program.
#[derive(Default)]
struct OfSubject<'p> {
    /// Those about a whole server or more, or about no tool at all.
    wide: Vec<(usize, &'p Rule)>,
    /// All others by each tool they name.
    by_tool: BTreeMap<Member, Vec<(usize, &'p Rule)>>,
}

impl<'p> Forbids<'p> {
    fn of(program: &'p Program) -> Forbids<'p> {
        let mut found = Forbids::default();
        for (row, rule) in program.rules.iter().enumerate().filter(|(_, rule)| is_plain_forbid(rule)) {
            let same = found.by_subject.entry(&rule.subject).or_default();
            if rule.targets.any_tool || !rule.targets.servers.is_empty() || rule.targets.tools.is_empty() {
                same.wide.push((row, rule));
                continue;
            }
            for tool in &rule.targets.tools {
                same.by_tool.entry(*tool).or_default().push((row, rule));
            }
        }
        found
    }

    /// The first that takes back all of a permit. Who covers its tools covers the first of them.
    fn covering(&self, permit: &Rule) -> Option<&'p Rule> {
        let same = [&Subject::Anyone, &permit.subject].into_iter().filter_map(|subject| self.by_subject.get(subject));
        let tool = permit.targets.tools.iter().next();
        let own = |of: &'_ OfSubject<'p>| {
            let named = tool.and_then(|tool| of.by_tool.get(tool)).into_iter().flatten();
            let found = of.wide.iter().chain(named).filter(|(_, forbid)| covers(forbid, permit));
            found.min_by_key(|(row, _)| *row).copied()
        };
        same.filter_map(own).min_by_key(|(row, _)| *row).map(|(_, forbid)| forbid)
    }
}

fn permit(rule: &Rule, forbids: &Forbids<'_>) -> Option<Diagnostic> {
    if rule.shadow {
        return Some(w0612::shadow(rule.head_span));
    }
    if names_anonymous(&rule.subject) {
        return Some(w0609::anonymous(rule.head_span));
    }
    if rule.subject == Subject::Anyone && rule.targets.any_tool && is_unconditional(rule) && rule.grant.is_none() {
        return Some(w0608::everything(rule.head_span));
    }
    forbids.covering(rule).map(|forbid| w0611::covered(rule.head_span, forbid.head_span))
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
