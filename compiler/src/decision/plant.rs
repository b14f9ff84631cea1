//! The trees of every entry point.

use super::tree::{self, Branch, Stage};
use super::{DecisionGraph, Profile, Row, entries};
use crate::hir::Program;
use crate::lower::RuleSet;
use std::collections::BTreeMap;

/// Builds the trees of every entry point, and puts the clauses they answer first.
pub fn plant(made: &mut DecisionGraph, rules: &RuleSet, program: &Program, profile: &Profile) {
    let tree::Wants { keys, shared, .. } = tree::wants(program, made, &rules.tables);
    let late: Vec<bool> = made.blocks.iter().map(|block| tree::is_late(&made.nodes, &rules.tables, block)).collect();
    let parts: Vec<Vec<Vec<Row>>> = made.entries.iter().map(|entry| shared.parts(&entry.rows)).collect();
    let (weights, leaf) = (profile.weights(program), made.shape.leaf);
    let mut planter = Planter {
        trees: &mut made.trees,
        keys,
        late,
        weights,
        leaf,
        built: BTreeMap::new(),
        answered: BTreeMap::new(),
    };
    for (entry, parts) in made.entries.iter_mut().zip(parts) {
        for stage in Stage::ALL {
            let is_of_stage = |(rule, _): &&Row| {
                let source = program.rules.get(rule.index());
                source.is_some_and(|source| Stage::of(&source.kind, source.shadow) == stage)
            };
            let own = parts.iter().map(|rows| rows.iter().filter(is_of_stage).copied().collect());
            let branches = own.filter_map(|rows: Vec<Row>| planter.tree(stage, rows)).collect();
            entry.trees.extend(tree::joined(planter.trees, branches).map(|root| (stage, root)));
        }
    }
    for (block, first) in planter.answered {
        if let Some(block) = made.blocks.get_mut(block) {
            block.order.sort_by_key(|clause| !first.contains(clause));
            block.answered = first.len();
        }
    }
    entries::bound_tests(made);
}

/// What trees are made with.
struct Planter<'a> {
    trees: &'a mut tree::Trees,
    /// By block: what it wants of facts.
    keys: Vec<Vec<tree::BlockKey>>,
    /// By block: whether it is unknown at list time.
    late: Vec<bool>,
    /// By rule: how often it decided.
    weights: Vec<u64>,
    leaf: usize,
    /// Tags and wildcards put the same rules before many targets: their tree is built once.
    built: BTreeMap<(Stage, Vec<Row>), Option<Branch>>,
    /// By block: the clauses that its tree answers.
    answered: BTreeMap<usize, Vec<usize>>,
}

impl Planter<'_> {
    /// The tree of these rules; none when there are none.
    fn tree(&mut self, stage: Stage, rows: Vec<Row>) -> Option<Branch> {
        if let Some(known) = self.built.get(&(stage, rows.clone())) {
            return *known;
        }
        let candidate = |(rule, block): &Row| tree::Candidate {
            row: tree::TreeRow {
                rule: *rule,
                block: *block,
                implied: Vec::new(),
                late: self.late.get(*block).copied().unwrap_or(false),
            },
            weight: self.weights.get(rule.index()).copied().unwrap_or(0),
            keys: self.keys.get(*block).map_or(&[], Vec::as_slice),
        };
        let branch = tree::build(self.trees, rows.iter().map(candidate).collect(), self.leaf);
        if let Some(Branch { tree, .. }) = branch {
            for row in self.trees.leaf_rows(tree) {
                self.answered.entry(row.block).or_insert_with(|| row.implied.clone());
            }
        }
        self.built.insert((stage, rows), branch);
        branch
    }
}
