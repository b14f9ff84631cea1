//! Rules in normal form to a decision graph.
//!
//! The graph is what the bundle's code is made of: a hash-consed graph of conditions
//! ([`node::Nodes`]), one [`Block`] for each rule's condition, and for each entry point (an action,
//! a server and a name, as far as they matter) the rules that can decide there, as trees that find
//! those that can be true ([`tree`]). Conditions are simplified and the clauses of a block are put in
//! order: those that a tree answers on the way first, then by cost. All of it is free to do, because
//! no order of evaluation can change a decision.
//!
//! Size is linear in the rules, with predicates written out, and what they are about: every distinct condition is one node, every rule has one
//! block for each server that binds its variables differently (one, when it names no URI variable), and one
//! row for each scope that its author wrote; a tag is one scope for each tool that has it. Rules that stand before the same
//! targets share their trees ([`Shared`]), so that a tag that many rules name does not multiply them.

mod dot;
mod entries;
pub mod node;
mod plant;
mod profile;
mod shared;
#[cfg(test)]
mod tests;
mod text;
pub mod tree;

pub use entries::Entry;
pub use profile::Profile;
pub use shared::{SMALL_GROUP, Shared};
pub use text::GraphText;

use crate::hir::{ClassId, Program, RuleId, Span};
use crate::lower::RuleSet;
use crate::lower::rules::{ClauseKind, Condition};
use node::{NodeId, Nodes};
use std::collections::BTreeMap;

/// A rule and its block.
pub type Row = (RuleId, usize);

/// How trees are made. No shape changes a decision; tests try others than the usual one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// How many rules may stand together without being parted.
    pub leaf: usize,
    /// How many rules and keys together, before the same targets, have no tree of their own.
    pub group: usize,
}

impl Default for Shape {
    fn default() -> Self {
        Shape { leaf: tree::SMALL_LEAF, group: SMALL_GROUP }
    }
}

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
    /// The trees of the entry points.
    pub trees: tree::Trees,
    /// How they are made.
    pub shape: Shape,
}

/// A conjunction of clauses (or, of an amount, one value).
#[derive(Debug, Clone, Default)]
pub struct Block {
    /// The rule it belongs to; absent for a class.
    pub rule: Option<RuleId>,
    /// Clauses in the order of the source.
    pub clauses: Vec<BlockClause>,
    /// Rows of `clauses` in the order of evaluation: what trees answer first, then the cheapest.
    pub order: Vec<usize>,
    /// How many clauses at the beginning of `order` some tree answers.
    pub answered: usize,
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

/// Builds the graph of a rule set. What the profile met most comes first.
pub fn graph(rules: &RuleSet, program: &Program, shape: Shape, profile: &Profile) -> DecisionGraph {
    let mut made = DecisionGraph { nodes: Nodes::new(&rules.tables), shape, ..DecisionGraph::default() };
    for class in &rules.classes {
        let block = block(&mut made.nodes, None, &class.condition, false);
        made.classes.insert(class.class, made.blocks.len());
        made.blocks.push(block);
    }
    let mut variants = Vec::new();
    for rule in rules.order.iter().filter_map(|row| rules.rules.get(*row)) {
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
    made.entries = entries::entries(&variants);
    plant::plant(&mut made, rules, program, profile);
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
