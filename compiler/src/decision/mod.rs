//! Rules in normal form to a decision graph.
//!
//! The graph is what the bundle's code is made of: a hash-consed graph of conditions
//! ([`node::Nodes`]), one [`Block`] for each rule's condition, and for each entry point (an action,
//! a server and a name, as far as they matter) the rules that can decide there. Conditions are
//! simplified and the clauses of a block are put in order of cost; both are free to do, because no
//! order of evaluation can change a decision.
//!
//! Size is linear in the rules: every distinct condition is one node, every rule has one block for
//! each server that binds its variables differently (one, when it names no URI variable), and one
//! row for each scope that its author wrote.

mod dot;
mod entries;
pub mod node;
#[cfg(test)]
mod tests;
mod text;

pub use entries::Entry;
pub use text::GraphText;

use crate::hir::{ClassId, RuleId, Span};
use crate::lower::RuleSet;
use crate::lower::rules::{ClauseKind, Condition};
use node::{NodeId, Nodes};
use std::collections::BTreeMap;

/// A decision graph.
#[derive(Debug, Clone, Default)]
pub struct DecisionGraph {
    /// All conditions and values.
    pub nodes: Nodes,
    /// Conditions of rules and classes, amounts of limits.
    pub blocks: Vec<Block>,
    /// The block of each class that has a condition.
    pub classes: BTreeMap<ClassId, usize>,
    /// The block of each limit that has an amount.
    pub amounts: BTreeMap<RuleId, usize>,
    /// Where decisions start, sorted.
    pub entries: Vec<Entry>,
}

/// A conjunction of clauses (or, of an amount, one value).
#[derive(Debug, Clone, Default)]
pub struct Block {
    /// The rule it belongs to; absent for a class.
    pub rule: Option<RuleId>,
    /// Clauses in the order of the source.
    pub clauses: Vec<BlockClause>,
    /// Rows of `clauses` in the order of evaluation: cheapest first.
    pub order: Vec<usize>,
    /// Whether it is a value, not a condition.
    pub is_value: bool,
    /// Where nodes of this block were written.
    pub spans: BTreeMap<NodeId, Span>,
    /// How many distinct tests it makes at most, those inside loops counted once.
    pub tests: usize,
}

/// One clause of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockClause {
    /// Which clause of the source.
    pub kind: ClauseKind,
    /// Its condition.
    pub node: NodeId,
    /// Where it was written.
    pub span: Span,
}

/// Builds the graph of a rule set.
pub fn graph(rules: &RuleSet) -> DecisionGraph {
    let mut made = DecisionGraph { nodes: Nodes::new(&rules.tables), ..DecisionGraph::default() };
    for class in &rules.classes {
        let block = block(&mut made.nodes, None, &class.condition, false);
        made.classes.insert(class.class, made.blocks.len());
        made.blocks.push(block);
    }
    let mut variants = Vec::new();
    for rule in &rules.rules {
        for variant in &rule.variants {
            let block = block(&mut made.nodes, Some(rule.rule), &variant.condition, false);
            variants.push((rule.rule, variant, made.blocks.len()));
            made.blocks.push(block);
        }
        if let Some(amount) = &rule.amount {
            let block = block(&mut made.nodes, Some(rule.rule), amount, true);
            made.amounts.insert(rule.rule, made.blocks.len());
            made.blocks.push(block);
        }
    }
    made.entries = entries::entries(&variants, &made.blocks);
    made
}

fn block(nodes: &mut Nodes, rule: Option<RuleId>, condition: &Condition, is_value: bool) -> Block {
    let mut made = Block { rule, is_value, ..Block::default() };
    for clause in &condition.clauses {
        let node = nodes.import(clause.term);
        made.clauses.push(BlockClause { kind: clause.kind, node, span: clause.span });
    }
    made.order = (0..made.clauses.len()).collect();
    made.order.sort_by_key(|row| made.clauses.get(*row).map(|clause| nodes.cost(clause.node)));
    for (term, span) in &condition.spans {
        if let Some(node) = nodes.imported(*term) {
            made.spans.entry(node).or_insert(*span);
        }
    }
    let roots: Vec<NodeId> = made.clauses.iter().map(|clause| clause.node).collect();
    made.tests = nodes.reachable(&roots).into_iter().filter(|node| nodes.is_atomic_test(*node)).count();
    made
}
