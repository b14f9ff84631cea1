//! Entry points: where a decision starts, and which rules can matter there.
//!
//! A request is answered from at most three lists: the rules for its action on every server, for
//! its action on all of its server, and for its action on exactly its target. A rule stands in the
//! widest list that its author's words give it, so the lists together have one row for each scope
//! of each rule.

use super::Block;
use crate::hir::RuleId;
use crate::lower::rules::{Scope, Target, Variant};
use std::collections::BTreeMap;

/// An entry point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is about.
    pub scope: Scope,
    /// Rules and their blocks, in canonical order.
    pub rows: Vec<(RuleId, usize)>,
    /// Bound on the tests of one decision that starts here: its own rows and those of the wider lists.
    pub tests: usize,
}

/// The entry points of these rules, sorted by scope.
pub fn entries(variants: &[(RuleId, &Variant, usize)], blocks: &[Block]) -> Vec<Entry> {
    let mut lists: BTreeMap<&Scope, Vec<(RuleId, usize)>> = BTreeMap::new();
    for (rule, variant, block) in variants {
        for scope in &variant.scopes {
            lists.entry(scope).or_default().push((*rule, *block));
        }
    }
    let mut found: Vec<Entry> = lists
        .into_iter()
        .map(|(scope, mut rows)| {
            rows.sort();
            rows.dedup();
            Entry { scope: scope.clone(), rows, tests: 0 }
        })
        .collect();
    let own: Vec<usize> = found.iter().map(|entry| own_tests(entry, blocks)).collect();
    let wide: BTreeMap<Scope, usize> = found
        .iter()
        .zip(&own)
        .filter(|(entry, _)| entry.scope.target == Target::Any)
        .map(|(entry, tests)| (entry.scope.clone(), *tests))
        .collect();
    for (entry, tests) in found.iter_mut().zip(own) {
        let wider = wider_scopes(&entry.scope);
        entry.tests = tests + wider.iter().filter_map(|scope| wide.get(scope)).sum::<usize>();
    }
    found
}

fn own_tests(entry: &Entry, blocks: &[Block]) -> usize {
    entry.rows.iter().filter_map(|(_, block)| blocks.get(*block)).map(|block| block.tests).sum()
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
