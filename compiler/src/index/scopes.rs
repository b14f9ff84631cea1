//! What expressions may start from at each place: the parameters, claims and facts that a rule's clauses, an assertion, a
//! class's condition, a predicate or a test see. Made for sources in error too.

use crate::check::{FactTable, class_facts, rule_facts};
use crate::hir::{Action, Member, Span};
use crate::resolve::{self, Placed, RuleVerb, Unit};
use crate::types::RecordType;
use mcpz_syntax::ast::{self, RuleParts};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// What a scope belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeKind {
    /// A rule: row of [`super::Index::rules`].
    Rule(usize),
    /// An assertion.
    Assert,
    /// The condition of a user, agent or role.
    Class,
    /// A predicate.
    Predicate,
    /// A test.
    Test,
}

/// The facts at a place.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// `args`: the meet of the targets' parameters.
    pub args: Option<RecordType>,
    /// Targets that lack a parameter which others have, as `server.tool`.
    pub lacking: BTreeMap<SmolStr, Vec<String>>,
    /// `prompt.args`.
    pub prompt_args: Option<RecordType>,
    /// Variables of the resource pattern; `None` where there is no resource.
    pub resource: Option<Vec<SmolStr>>,
    /// `user.claims`.
    pub user: Option<RecordType>,
    /// `agent.claims`.
    pub agent: Option<RecordType>,
    /// `claims` of the credential that a class is defined over.
    pub claims: Option<RecordType>,
    /// `spiffe`.
    pub spiffe: bool,
    /// `uid`.
    pub uid: bool,
    /// `sample`.
    pub sample: bool,
    /// `elicit`.
    pub elicit: bool,
    /// `context`, `now`, `network.source`.
    pub request: bool,
    /// Roles as conditions, and questions about history.
    pub caller: bool,
    /// The rule narrows.
    pub restriction: bool,
    /// The tools that the targets cover.
    pub tools: Vec<Member>,
    /// The prompts that the targets cover.
    pub prompts: Vec<Member>,
}

/// The facts of one piece of syntax.
#[derive(Debug, Clone)]
pub struct ScopeRow {
    /// What it belongs to.
    pub kind: ScopeKind,
    /// Where.
    pub span: Span,
    /// The facts.
    pub facts: Facts,
}

/// The scopes of everything that has conditions.
pub(crate) fn of(unit: &Unit) -> Vec<ScopeRow> {
    let mut rows = Vec::new();
    for (row, head) in unit.rules.iter().enumerate() {
        let subject = match &head.for_subject {
            Some(subject) => subject.as_ref(),
            None => head.subject.as_ref(),
        };
        let table = FactTable { actions: &head.actions, targets: &head.targets, subject };
        let facts = rule_facts(&unit.program, &table, head.verb != RuleVerb::Permit);
        rows.push(ScopeRow { kind: ScopeKind::Rule(row), span: head.span, facts });
    }
    rows.extend(unit.asserts.iter().map(|placed| assertion(unit, placed)));
    for predicate in &unit.predicates {
        let facts = Facts { request: true, ..Facts::default() };
        rows.push(ScopeRow { kind: ScopeKind::Predicate, span: predicate.place.of(&predicate.ast), facts });
    }
    rows.extend(unit.tests.iter().map(|placed| test(unit, placed)));
    for (class, item) in unit.program.classes.iter().zip(&unit.class_items) {
        rows.push(ScopeRow { kind: ScopeKind::Class, span: *item, facts: class_facts(&unit.program, class) });
    }
    rows
}

/// Puts scopes that were collected from several checks into the order of [`of`]. Those of classes keep theirs.
pub(crate) fn sort(rows: &mut [ScopeRow]) {
    rows.sort_by_key(|row| match row.kind {
        ScopeKind::Rule(_) => (0, Some(row.span)),
        ScopeKind::Assert => (1, Some(row.span)),
        ScopeKind::Predicate => (2, Some(row.span)),
        ScopeKind::Test => (3, Some(row.span)),
        ScopeKind::Class => (4, None),
    });
}

fn assertion(unit: &Unit, placed: &Placed<ast::Assert>) -> ScopeRow {
    let Placed { place, ast } = placed;
    let mut silent = Vec::new();
    let subject = ast.subject().and_then(|subject| resolve::subject(unit, *place, &subject, &mut silent));
    let actions = resolve::actions(&ast.actions(), RuleVerb::Forbid, subject.as_ref());
    let targets = resolve::targets(unit, *place, &ast.targets(), &actions, &mut silent).targets;
    let table = FactTable { actions: &actions, targets: &targets, subject: subject.as_ref() };
    ScopeRow { kind: ScopeKind::Assert, span: place.of(ast), facts: rule_facts(&unit.program, &table, false) }
}

/// Of a test: what its request is about.
fn test(unit: &Unit, placed: &Placed<ast::Test>) -> ScopeRow {
    let Placed { place, ast } = placed;
    let mut facts = Facts { request: true, caller: true, ..Facts::default() };
    let act = ast.lines().into_iter().find_map(|line| match line {
        ast::TestLine::Act(act) => Some(act),
        _ => None,
    });
    let path = act.as_ref().and_then(ast::ActLine::path).map(|path| resolve::names(*place, &path)).unwrap_or_default();
    let word = act.and_then(|act| act.action()).map_or_else(String::new, |word| word.text);
    let action = if matches!(word.as_str(), "get" | "complete") { Action::Get } else { Action::Call };
    if path.len() > 1
        && let Some(member) = resolve::member(unit, *place, &path, action, &mut Vec::new())
    {
        let mut targets = crate::hir::Targets::default();
        match action {
            Action::Get => targets.prompts.insert(member),
            _ => targets.tools.insert(member),
        };
        let table = FactTable { actions: &BTreeSet::from([action]), targets: &targets, subject: None };
        let known = rule_facts(&unit.program, &table, false);
        facts = Facts {
            args: known.args,
            prompt_args: known.prompt_args,
            tools: known.tools,
            prompts: known.prompts,
            ..facts
        };
    }
    ScopeRow { kind: ScopeKind::Test, span: place.of(ast), facts }
}
