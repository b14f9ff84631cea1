//! What a policy met in traffic: which rules decided, and how often.
//!
//! A profile orders work and nothing else: facts that part the rules of the traffic come first, and so
//! do the parts of a tree that hold the rules which decided most. No order changes a decision (see
//! [`super`]), and equal profiles give equal bytes. A rule that a profile names and the program lacks is
//! passed over, so that a profile outlives an edit.

use crate::hir::Program;
use std::collections::BTreeMap;

/// How often rules decided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// By id.
    pub rules: BTreeMap<String, u64>,
}

impl Profile {
    /// Notes that a rule decided once more.
    pub fn note(&mut self, rule: &str) {
        let count = self.rules.entry(rule.to_owned()).or_default();
        *count = count.saturating_add(1);
    }

    /// The counts by row of the program's rules.
    pub(super) fn weights(&self, program: &Program) -> Vec<u64> {
        program.rules.iter().map(|rule| self.rules.get(&rule.id).copied().unwrap_or(0)).collect()
    }
}
