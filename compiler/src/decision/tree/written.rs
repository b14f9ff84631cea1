//! Predicates that many rules call.
//!
//! A predicate is put in place in each rule that calls it: conditions are conjunctions of tests that trees order and leave out
//! one by one, and code has no calls. A bundle is therefore linear in the rules with their predicates written out. Where
//! that is much more than the source, the report says so.

use crate::hir::{Expr, ExprKind, PredicateId, Program, RuleId};
use std::collections::{BTreeMap, BTreeSet};

/// Parts that writing a predicate out may add before it is reported.
pub const MAX_WRITTEN: usize = 4096;

/// A predicate that takes much room in the rules that call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenOut {
    /// The predicate.
    pub predicate: PredicateId,
    /// Operators, places and literals of its body, with the predicates that it calls written out.
    pub parts: usize,
    /// The rules that call it by themselves.
    pub rules: Vec<RuleId>,
}

/// What to write instead.
pub const ADVICE: &str = "hold what it compares with in a list (`x in [..]`) or in `data`, which rules share, or let one rule about \
                          a tag call it";

/// Predicates whose parts, written out in every rule but one, are more than [`MAX_WRITTEN`].
pub fn written_out(program: &Program) -> Vec<WrittenOut> {
    let mut sizes: Vec<usize> = Vec::new();
    for predicate in &program.predicates {
        sizes.push(parts(&predicate.body, &sizes));
    }
    let mut callers: BTreeMap<PredicateId, BTreeSet<RuleId>> = BTreeMap::new();
    for (row, rule) in program.rules.iter().enumerate() {
        let conditions = [&rule.where_, &rule.when, &rule.unless];
        for called in conditions.into_iter().flatten().flat_map(calls) {
            callers.entry(called).or_default().insert(RuleId::new(row));
        }
    }
    let found = callers.into_iter().filter_map(|(predicate, rules)| {
        let parts = sizes.get(predicate.index()).copied()?;
        let rules: Vec<RuleId> = rules.into_iter().collect();
        Some(WrittenOut { predicate, parts, rules })
    });
    found.filter(|found| (found.rules.len() - 1).saturating_mul(found.parts) > MAX_WRITTEN).collect()
}

/// How many parts an expression has when predicates of these sizes are written out.
fn parts(expr: &Expr, sizes: &[usize]) -> usize {
    let own = match &expr.kind {
        ExprKind::Call(predicate, _) => sizes.get(predicate.index()).copied().unwrap_or(0),
        _ => 1,
    };
    expr.kind.children().into_iter().map(|child| parts(child, sizes)).fold(own, usize::saturating_add)
}

/// The predicates that an expression calls by itself.
fn calls(expr: &Expr) -> BTreeSet<PredicateId> {
    let (mut open, mut found) = (vec![expr], BTreeSet::new());
    while let Some(expr) = open.pop() {
        if let ExprKind::Call(predicate, _) = &expr.kind {
            found.insert(*predicate);
        }
        open.extend(expr.kind.children());
    }
    found
}
