//! Which rules reach a tool: what permits it, what stands against it.

use crate::Package;
use crate::describe;
use crate::tools;
use mcpz_compiler::hir::{Action, Member, Span};
use mcpz_compiler::index::{RuleRow, ScopeKind};
use mcpz_compiler::resolve::RuleVerb;
use mcpz_syntax::ast::{AstNode, Clause, Item, RuleParts};
use std::collections::BTreeMap;

/// A rule that reaches a tool.
#[derive(Debug, Clone)]
pub struct Reach<'p> {
    /// The rule.
    pub rule: &'p RuleRow,
    /// Who, as the policy writes it.
    pub subject: String,
    /// Its clauses, as the policy writes them.
    pub conditions: Vec<String>,
}

/// The rules that reach a tool by calls, in canonical order.
pub fn rules_of(package: &Package, member: Member) -> Vec<Reach<'_>> {
    let scopes = package.index.scopes.iter().filter(|row| row.facts.tools.contains(&member));
    let rows = scopes.filter_map(|row| match row.kind {
        ScopeKind::Rule(rule) => package.index.rules.get(rule),
        _ => None,
    });
    let called = rows.filter(|rule| rule.actions.contains(&Action::Call));
    called.map(|rule| reach(package, rule)).collect()
}

/// A rule in words.
pub fn reach<'p>(package: &'p Package, rule: &'p RuleRow) -> Reach<'p> {
    let subject = rule.subject.as_ref().map_or_else(|| "?".to_owned(), |subject| describe::subject(package, subject));
    Reach { rule, subject, conditions: conditions(package, rule.span) }
}

/// The tools that a rule reaches.
pub fn tools_of(package: &Package, row: usize) -> Vec<Member> {
    let scope = package.index.scopes.iter().find(|scope| scope.kind == ScopeKind::Rule(row));
    scope.map(|scope| scope.facts.tools.clone()).unwrap_or_default()
}

/// The clauses of the rule at a span, each on one line.
pub fn conditions(package: &Package, span: Span) -> Vec<String> {
    let Some(item) = crate::definition::item_around(package, span) else { return Vec::new() };
    let clauses: Vec<Clause> = match &item {
        Item::Permit(rule) => rule.clauses(),
        Item::Forbid(rule) => rule.clauses(),
        Item::Require(rule) => rule.clauses(),
        Item::Limit(rule) => rule.clauses(),
        Item::Redact(rule) => rule.clauses(),
        Item::Audit(rule) => rule.clauses(),
        Item::Grant(grant) => {
            let permits = grant.permits();
            let own = permits.iter().find(|permit| u32::from(permit.range().start()) == span.start);
            own.map(RuleParts::clauses).unwrap_or_default()
        }
        _ => Vec::new(),
    };
    clauses.iter().map(|clause| one_line(&clause.syntax().text().to_string())).collect()
}

/// Text with its white space made single spaces.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Who may call a tool, in lines for people.
pub fn lines(package: &Package, member: Member) -> Vec<String> {
    let reaches = rules_of(package, member);
    let mut lines = vec![format!("Who may call {}:", tools::tool_name(package, member))];
    let permits: Vec<&Reach<'_>> = reaches.iter().filter(|reach| reach.rule.verb == RuleVerb::Permit).collect();
    if permits.is_empty() {
        lines.push("  nobody: no permit names it".to_owned());
    }
    lines.extend(permits.iter().map(|reach| format!("  {}", line(reach))));
    let others: Vec<&Reach<'_>> = reaches.iter().filter(|reach| reach.rule.verb != RuleVerb::Permit).collect();
    if !others.is_empty() {
        lines.push("What stands against it:".to_owned());
        lines.extend(others.iter().map(|reach| format!("  {} {}", reach.rule.verb.word(), line(reach))));
    }
    lines
}

/// A rule on one line: who, under which conditions, by which rule.
pub fn line(reach: &Reach<'_>) -> String {
    let mut text = reach.subject.clone();
    for condition in &reach.conditions {
        text.push_str(&format!(" {condition}"));
    }
    format!("{text}  [{}]", reach.rule.id)
}

/// How many rules of each kind, in words: `2 permits, 1 forbid`.
pub fn totals(reaches: &[Reach<'_>]) -> String {
    let mut counts: BTreeMap<RuleVerb, usize> = BTreeMap::new();
    for reach in reaches {
        *counts.entry(reach.rule.verb).or_default() += 1;
    }
    counts.iter().map(|(verb, count)| describe::count(*count, verb.word())).collect::<Vec<_>>().join(", ")
}
