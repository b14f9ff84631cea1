//! Rules that say too much, nothing, or the same again.

use super::ROOT;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::{w0608, w0609, w0610, w0611, w0612};
use crate::hir::content::without_spans;
use crate::hir::{Action, Expr, ExprKind, Literal, Member, Program, Rule, RuleKind, ServerId, Span, Subject, Targets};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Lints over the rules of the root package.
pub(super) fn lint(program: &Program, sink: &mut Vec<Diagnostic>) {
    let own = || program.rules.iter().filter(|rule| rule.package == ROOT);
    let mut alike: BTreeMap<Outline<'_>, u32> = BTreeMap::new();
    own().for_each(|rule| *alike.entry(outline(rule)).or_default() += 1);
    let mut seen: BTreeMap<String, Span> = BTreeMap::new();
    let forbids = Forbids::of(program);
    for rule in own() {
        // Only what looks alike is compared in full.
        if alike.get(&outline(rule)).is_some_and(|count| *count > 1) {
            let meaning = meaning(rule);
            if let Some(first) = seen.get(&meaning) {
                sink.push(w0610::duplicate(rule.head_span, *first));
                continue;
            }
            seen.insert(meaning, rule.head_span);
        }
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

/// What rules of one meaning have in common, and is compared quickly.
type Outline<'p> = (&'p Subject, &'p BTreeSet<Action>, &'p BTreeSet<ServerId>, &'p BTreeSet<Member>, u64);

fn outline(rule: &Rule) -> Outline<'_> {
    let mut hasher = DefaultHasher::new();
    std::mem::discriminant(&rule.kind).hash(&mut hasher);
    for clause in [&rule.where_, &rule.when, &rule.unless] {
        clause.is_some().hash(&mut hasher);
        clause.iter().for_each(|expr| hash_shape(expr, &mut hasher));
    }
    (&rule.subject, &rule.actions, &rule.targets.servers, &rule.targets.tools, hasher.finish())
}

/// Hashes the forms of an expression and its plainest literals: what differs here differs in meaning.
fn hash_shape(expr: &Expr, hasher: &mut DefaultHasher) {
    std::mem::discriminant(&expr.kind).hash(hasher);
    match &expr.kind {
        ExprKind::Literal(Literal::Int(number) | Literal::Duration(number) | Literal::Instant(number)) => {
            number.hash(hasher);
        }
        ExprKind::Literal(Literal::Decimal(number)) => number.hash(hasher),
        ExprKind::Literal(Literal::String(text)) => text.hash(hasher),
        ExprKind::Field(_, name) => name.hash(hasher),
        ExprKind::Call(predicate, _) => predicate.index().hash(hasher),
        _ => {}
    }
    super::convention::children(expr).into_iter().for_each(|child| hash_shape(child, hasher));
}

/// What a rule means, as text without places.
fn meaning(rule: &Rule) -> String {
    let what = (&rule.kind, &rule.subject, &rule.for_subject, &rule.actions, &rule.targets);
    let how = (&rule.where_, &rule.when, &rule.unless, rule.shadow, rule.grant, rule.deny);
    without_spans(&format!("{what:?} {how:?}"))
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
