//! Entry points: where a decision starts, and which rules can matter there.
//!
//! A request is answered from at most three lists: the rules for its action on every server, for
//! its action on all of its server, and for its action on exactly its target. A rule stands in the
//! widest list that its author's words give it, so the lists together have one row for each scope
//! of each rule.

use super::tree::{Stage, TreeId, tests_of};
use super::{DecisionGraph, Row};
use crate::hir::RuleId;
use crate::lower::rules::{Scope, Target, Variant};
use std::collections::BTreeMap;

/// An entry point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is about.
    pub scope: Scope,
    /// Rules and their blocks, in canonical order.
    pub rows: Vec<Row>,
    /// The tree of each step that has rules here.
    pub trees: Vec<(Stage, TreeId)>,
    /// Bound on the tests of one decision that starts here, of a request whose places can be read: its own rows and
    /// those of the wider lists.
    pub tests: usize,
}

/// The entry points of these rules, sorted by scope; without trees.
pub fn entries(variants: &[(RuleId, &Variant, usize)]) -> Vec<Entry> {
    let mut lists: BTreeMap<&Scope, Vec<Row>> = BTreeMap::new();
    for (rule, variant, block) in variants {
        for scope in &variant.scopes {
            lists.entry(scope).or_default().push((*rule, *block));
        }
    }
    lists
        .into_iter()
        .map(|(scope, mut rows)| {
            rows.sort();
            rows.dedup();
            Entry { scope: scope.clone(), rows, trees: Vec::new(), tests: 0 }
        })
        .collect()
}

/// Bounds the tests of one decision at every entry point: its own and those of the wider ones.
pub fn bound_tests(graph: &mut DecisionGraph) {
    let own_tests = |entry: &Entry| entry.trees.iter().map(|(_, root)| tests_of(graph, *root)).sum();
    let own: Vec<usize> = graph.entries.iter().map(own_tests).collect();
    let wide: BTreeMap<Scope, usize> = graph
        .entries
        .iter()
        .zip(&own)
        .filter(|(entry, _)| entry.scope.target == Target::Any)
        .map(|(entry, tests)| (entry.scope.clone(), *tests))
        .collect();
    for (entry, tests) in graph.entries.iter_mut().zip(own) {
        let wider = wider_scopes(&entry.scope);
        entry.tests = tests + wider.iter().filter_map(|scope| wide.get(scope)).sum::<usize>();
    }
}

/// The lists that are united with the one of this scope at run time.
fn wider_scopes(scope: &Scope) -> Vec<Scope> {
    let mut wider = Vec::new();
    if scope.server.is_some() {
        wider.push(Scope { server: None, target: Target::Any, ..scope.clone() });
        if scope.target != Target::Any {
            wider.push(Scope { target: Target::Any, ..scope.clone() });
        }
    }
    wider
}
