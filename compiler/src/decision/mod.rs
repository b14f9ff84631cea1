//! Rules in normal form to a decision graph.
//!
//! The graph is what the bundle's code is made of: a hash-consed graph of conditions
//! ([`node::Nodes`]), one [`Block`] for each rule's condition, and for each entry point (an action,
//! a server and a name, as far as they matter) the rules that can decide there, as trees that find
//! those that can be true ([`tree`]). Conditions are simplified and the clauses of a block are put in
//! order: those that a tree answers on the way first, then by cost. All of it is free to do, because
//! no order of evaluation can change a decision.
//!
//! Size is linear in the rules and what they are about: every distinct condition is one node, every rule has one
//! block for each server that binds its variables differently (one, when it names no URI variable), and one
//! row for each scope that its author wrote; a tag is one scope for each tool that has it. Targets with the same rules
//! share their trees.

mod dot;
mod entries;
pub mod node;
mod profile;
#[cfg(test)]
mod tests;
mod text;
pub mod tree;

pub use entries::Entry;
pub use profile::Profile;
pub use text::GraphText;

use crate::hir::{ClassId, Program, RuleId, Span};
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
    /// The trees of the entry points.
    pub trees: tree::Trees,
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

/// Builds the graph of a rule set; leaves of trees with no more rules than `leaf` are not parted, and what
/// the profile met most comes first.
pub fn graph(rules: &RuleSet, program: &Program, leaf: usize, profile: &Profile) -> DecisionGraph {
    let mut made = DecisionGraph { nodes: Nodes::new(&rules.tables), ..DecisionGraph::default() };
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
    plant(&mut made, rules, program, leaf, profile);
    made
}

/// Rules and their blocks.
type Rows = Vec<(RuleId, usize)>;

/// Builds the trees of every entry point, and puts the clauses they answer first.
fn plant(made: &mut DecisionGraph, rules: &RuleSet, program: &Program, leaf: usize, profile: &Profile) {
    let weights = profile.weights(program);
    let reader = tree::Reader::new(program, made, &rules.tables);
    let keys: Vec<Vec<tree::BlockKey>> = made.blocks.iter().map(|block| reader.keys(block)).collect();
    let late: Vec<bool> = made.blocks.iter().map(|block| tree::is_late(&made.nodes, &rules.tables, block)).collect();
    let mut answered: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    // Tags and wildcards put the same rules before many targets: their tree is built once.
    let mut built: BTreeMap<(tree::Stage, Rows), Option<tree::TreeId>> = BTreeMap::new();
    for entry in &mut made.entries {
        for stage in tree::Stage::ALL {
            let of_stage = |(rule, _): &&(RuleId, usize)| {
                let source = program.rules.get(rule.index());
                source.is_some_and(|source| tree::Stage::of(&source.kind, source.shadow) == stage)
            };
            let rows: Rows = entry.rows.iter().filter(of_stage).copied().collect();
            if let Some(root) = built.get(&(stage, rows.clone())) {
                entry.trees.extend(root.map(|root| (stage, root)));
                continue;
            }
            let mut candidates = Vec::new();
            for (rule, block) in &rows {
                let late = late.get(*block).copied().unwrap_or(false);
                let row = tree::TreeRow { rule: *rule, block: *block, implied: Vec::new(), late };
                let weight = weights.get(rule.index()).copied().unwrap_or(0);
                candidates.push(tree::Candidate { row, weight, keys: keys.get(*block).map_or(&[], Vec::as_slice) });
            }
            let root = tree::build(&mut made.trees, candidates, leaf);
            built.insert((stage, rows), root);
            if let Some(root) = root {
                for row in made.trees.leaf_rows(root) {
                    answered.entry(row.block).or_insert_with(|| row.implied.clone());
                }
                entry.trees.push((stage, root));
            }
        }
    }
    for (block, first) in answered {
        if let Some(block) = made.blocks.get_mut(block) {
            block.order.sort_by_key(|clause| !first.contains(clause));
            block.answered = first.len();
        }
    }
    entries::bound_tests(made);
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
