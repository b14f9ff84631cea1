//! What trees cost: rules that no switch parts, passes over texts, tests of an entry point.

use super::build::SMALL_LEAF;
use super::keys::{Key, Wants, wants};
use super::written::{WrittenOut, written_out};
use super::{On, Stage, Tree, TreeId, Trees};
use crate::decision::DecisionGraph;
use crate::hir::{Program, RuleId};
use crate::lower::RuleSet;
use crate::lower::rules::Scope;
use crate::lower::term::SlotId;
use std::collections::{BTreeMap, BTreeSet};

/// What the trees of a graph cost.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Groups of rules that are tested one by one.
    pub unindexed: Vec<Unindexed>,
    /// Passes over texts, by entry point and place.
    pub fields: Vec<FieldReport>,
    /// Predicates that take much room in the rules that call them.
    pub written_out: Vec<WrittenOut>,
    /// Nodes of all trees.
    pub nodes: usize,
    /// Rows in leaves of all trees; a leaf that entry points share counts once.
    pub rows: usize,
}

/// Rules of one leaf that nothing parts.
#[derive(Debug, Clone)]
pub struct Unindexed {
    /// The entry point; the first of those that share the leaf.
    pub scope: Scope,
    /// How many other entry points share it.
    pub others: usize,
    /// The step.
    pub stage: Stage,
    /// How many stand together.
    pub together: usize,
    /// The rules and why each is there.
    pub rules: Vec<(RuleId, Cause)>,
}

/// Why a rule is tested one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// None of its clauses compares one readable fact with something known.
    NoKey,
    /// What it names is long, and named by many rules.
    Crowded,
    /// A pattern of it did not fit the budget.
    Budget,
    /// What it looks at does not tell it from the rules beside it.
    NotTelling,
}

impl Cause {
    /// What is the matter, in the author's words.
    pub fn text(self) -> &'static str {
        match self {
            Cause::NoKey => "none of its clauses compares one fact with a literal",
            Cause::Crowded => "the list or segment that it names is long, and named by many rules",
            Cause::Budget => "its pattern needs more states than the budget of an automaton allows",
            Cause::NotTelling => "the facts it looks at do not tell it from the rules beside it",
        }
    }

    /// What to write instead.
    pub fn advice(self) -> &'static str {
        match self {
            Cause::NoKey => {
                "add a clause that compares a parameter, a claim or a role with a literal (`args.x == ..`, `in`, `under`, \
                 `like`, a range), or narrow its tools or its subject"
            }
            Cause::Crowded => {
                "name the list or segment in one rule about a tag of all these tools, or keep it to 64 values"
            }
            Cause::Budget => "write the pattern with a fixed beginning and fewer counted repetitions, or as a glob",
            Cause::NotTelling => "merge it with the rules beside it, or narrow its tools or its subject",
        }
    }
}

/// Passes over one place at one entry point.
#[derive(Debug, Clone)]
pub struct FieldReport {
    /// The entry point.
    pub scope: Scope,
    /// The place.
    pub slot: SlotId,
    /// Most passes that one decision makes over it.
    pub passes: usize,
    /// Bytes of its automata.
    pub bytes: usize,
    /// Patterns in them.
    pub patterns: usize,
}

/// What the trees of a graph cost.
pub fn report(program: &Program, graph: &DecisionGraph, rules: &RuleSet) -> Report {
    let wants = wants(program, graph, &rules.tables);
    let (nodes, written_out) = (graph.trees.rows().len(), written_out(program));
    let mut made = Report { nodes, written_out, ..Report::default() };
    let mut known: BTreeMap<TreeId, Option<usize>> = BTreeMap::new();
    for entry in &graph.entries {
        let mut fields: BTreeMap<SlotId, FieldReport> = BTreeMap::new();
        for (stage, root) in &entry.trees {
            for (id, leaf) in leaves(&graph.trees, *root) {
                match known.get(&id) {
                    None => {
                        made.rows += leaf.len();
                        let group = unindexed(&wants, (&entry.scope, *stage), leaf);
                        known.insert(id, group.is_some().then_some(made.unindexed.len()));
                        made.unindexed.extend(group);
                    }
                    Some(group) => {
                        let group = group.and_then(|group| made.unindexed.get_mut(group));
                        group.into_iter().for_each(|group| group.others += 1);
                    }
                }
            }
            for (slot, passes) in passes(&graph.trees, *root) {
                let field = fields.entry(slot).or_insert_with(|| FieldReport {
                    scope: entry.scope.clone(),
                    slot,
                    passes: 0,
                    bytes: 0,
                    patterns: 0,
                });
                field.passes += passes;
            }
            automata(&graph.trees, *root, &mut fields);
        }
        made.fields.extend(fields.into_values());
    }
    made
}

/// The group that a leaf is, if its rules are so many that they should have been parted.
fn unindexed(wants: &Wants, (scope, stage): (&Scope, Stage), leaf: &[super::TreeRow]) -> Option<Unindexed> {
    (leaf.len() > SMALL_LEAF).then(|| Unindexed {
        scope: scope.clone(),
        others: 0,
        stage,
        together: leaf.len(),
        rules: leaf.iter().map(|row| (row.rule, cause(wants, row.block))).collect(),
    })
}

/// The leaves below a node.
fn leaves(trees: &Trees, root: TreeId) -> Vec<(TreeId, &[super::TreeRow])> {
    let (mut open, mut found, mut seen) = (vec![root], Vec::new(), BTreeSet::new());
    while let Some(id) = open.pop() {
        match trees.get(id) {
            Some(Tree::Rows(rows)) if seen.insert(id) => found.push((id, rows.as_slice())),
            Some(Tree::Both(children) | Tree::Present { children, .. } | Tree::Switch { children, .. })
                if seen.insert(id) =>
            {
                open.extend(children);
            }
            _ => {}
        }
    }
    found
}

/// Why a rule of a large leaf was not parted from the others.
fn cause(wants: &Wants, block: usize) -> Cause {
    let keys = wants.keys.get(block).map_or(&[][..], Vec::as_slice);
    let own = |key: &Key| matches!(key, Key::Patterns(..));
    match keys {
        _ if wants.crowded.get(block) == Some(&true) => Cause::Crowded,
        [] => Cause::NoKey,
        keys if keys.iter().all(|key| own(&key.key)) => Cause::Budget,
        _ => Cause::NotTelling,
    }
}

/// Most passes over each place on one walk.
fn passes(trees: &Trees, root: TreeId) -> BTreeMap<SlotId, usize> {
    let Some(tree) = trees.get(root) else { return BTreeMap::new() };
    let mut sum: BTreeMap<SlotId, usize> = BTreeMap::new();
    match tree {
        Tree::Rows(_) => {}
        Tree::Both(children) | Tree::Present { children, .. } => {
            for child in children {
                passes(trees, *child).into_iter().for_each(|(slot, count)| *sum.entry(slot).or_default() += count);
            }
        }
        Tree::Switch { on, children } => {
            for child in children {
                for (slot, count) in passes(trees, *child) {
                    let most = sum.entry(slot).or_default();
                    *most = (*most).max(count);
                }
            }
            if let On::Patterns(slot, _) = on {
                *sum.entry(*slot).or_default() += 1;
            }
        }
    }
    sum
}

/// Adds up the automata below a node.
fn automata(trees: &Trees, root: TreeId, fields: &mut BTreeMap<SlotId, FieldReport>) {
    let (mut open, mut seen) = (vec![root], BTreeSet::new());
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        match trees.get(id) {
            Some(Tree::Both(children) | Tree::Present { children, .. }) => open.extend(children),
            Some(Tree::Switch { on, children }) => {
                open.extend(children);
                if let On::Patterns(slot, group) = on
                    && let Some(field) = fields.get_mut(slot)
                {
                    field.bytes += group.dfa.len();
                    field.patterns += group.cases.len();
                }
            }
            _ => {}
        }
    }
}

/// Most tests that one walk and the rules it leads to can take, one for each switch and clause, when the places that
/// switches look at can be read. Where one cannot, all that is below it is tested.
pub fn tests(graph: &DecisionGraph, root: TreeId) -> usize {
    tests_below(graph, root, &mut BTreeMap::new())
}

/// As [`tests`]; nodes are shared, and each is counted through once.
fn tests_below(graph: &DecisionGraph, root: TreeId, known: &mut BTreeMap<TreeId, usize>) -> usize {
    if let Some(tests) = known.get(&root) {
        return *tests;
    }
    let Some(tree) = graph.trees.get(root) else { return 0 };
    let below: Vec<usize> = match tree {
        Tree::Rows(rows) => {
            rows.iter().filter_map(|row| graph.blocks.get(row.block)).map(|block| block.tests).collect()
        }
        Tree::Both(children) | Tree::Present { children, .. } | Tree::Switch { children, .. } => {
            children.iter().map(|child| tests_below(graph, *child, known)).collect()
        }
    };
    let sum = below.iter().fold(0, |sum: usize, tests| sum.saturating_add(*tests));
    let tests = match tree {
        Tree::Rows(_) | Tree::Both(_) => sum,
        Tree::Present { .. } => sum.saturating_add(1),
        // A text is one value: only what it leads to is tested.
        Tree::Switch { on: On::Texts(_, cases), .. } => {
            let mut sums: BTreeMap<&str, usize> = BTreeMap::new();
            for (key, child) in cases {
                let led = sums.entry(key).or_default();
                *led = led.saturating_add(below.get(*child).copied().unwrap_or(0));
            }
            sums.into_values().max().unwrap_or(0).saturating_add(1)
        }
        Tree::Switch { .. } => sum.saturating_add(1),
    };
    known.insert(root, tests);
    tests
}
