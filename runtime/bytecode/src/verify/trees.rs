//! Checks of decision trees and entry points.
//!
//! A tree is acyclic because rows refer to earlier rows only. One walk can meet a node as often as
//! paths lead to it, so paths are counted and bounded, like depth.

use super::code::Checker;
use super::faults::Faults;
use super::{BlockFacts, Check, Uses, VerifyError, ascends, each, ensure};
use crate::container::Section;
use crate::hash;
use crate::ids::{ConstantId, RuleId, SlotId, TreeId};
use crate::image::*;
use crate::limits::{MAX_ALL_VISITS, MAX_LOOP_DEPTH, MAX_TREE_DEPTH, MAX_TREE_VISITS};
use crate::packed::Rows;
use crate::plan::Stage;
use crate::value::path;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

/// A set of stages of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stages(u8);

impl Stages {
    /// None of them.
    const NONE: Stages = Stages(0);

    /// One stage alone.
    fn one(stage: Stage) -> Stages {
        Stages(match stage {
            Stage::Shadow => 1,
            Stage::Forbids => 2,
            Stage::Permits => 4,
            Stage::Others => 8,
        })
    }

    /// The stage that asks for a rule.
    fn of(rule: Rule<'_>) -> Stages {
        Stages::one(match rule.kind() {
            _ if rule.shadow() => Stage::Shadow,
            RuleKind::Forbid => Stage::Forbids,
            RuleKind::Permit(_) => Stage::Permits,
            RuleKind::Require(_)
            | RuleKind::Limit(_)
            | RuleKind::Redact(_)
            | RuleKind::Audit(_)
            | RuleKind::Unknown => Stage::Others,
        })
    }

    /// What is in either.
    fn and(self, other: Stages) -> Stages {
        Stages(self.0 | other.0)
    }

    /// Whether this stage asks for all of them.
    fn are(self, stage: Stage) -> bool {
        self.0 & !Stages::one(stage).0 == 0
    }
}

/// What the verifier found out about a node of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeFacts {
    /// Nodes from here down to the lowest leaf.
    pub depth: usize,
    /// Most nodes and rows that one walk can meet.
    pub visits: u64,
    /// Most steps of the blocks in its leaves.
    pub steps: u64,
    /// Rows in its leaves.
    pub rows: u64,
    /// Whether some row is not late: see [`EntryRow::late`].
    pub early: bool,
    /// What switches and blocks depend on.
    uses: Uses,
    /// Registers of the largest block.
    pub registers: u16,
    /// The first of the rules in its leaves, in canonical order.
    pub first: RuleId,
    /// The stages that ask for the rules in its leaves.
    pub stages: Stages,
}

impl TreeFacts {
    /// Whether some block needs the native stage.
    pub fn natives(&self) -> bool {
        self.uses.has(Uses::NATIVES)
    }

    /// Whether some block reads collected parameters or captures of a URI pattern.
    pub fn extracts(&self) -> bool {
        self.uses.has(Uses::EXTRACTS)
    }

    /// Of no rules.
    const NONE: TreeFacts = TreeFacts {
        depth: 0,
        visits: 0,
        steps: 0,
        rows: 0,
        early: false,
        uses: Uses::NONE,
        registers: 0,
        first: RuleId(u32::MAX),
        stages: Stages::NONE,
    };

    /// Adds what comes behind.
    fn add(&mut self, other: &TreeFacts) {
        self.depth = self.depth.max(other.depth);
        self.visits = self.visits.saturating_add(other.visits);
        self.steps = self.steps.saturating_add(other.steps);
        self.rows = self.rows.saturating_add(other.rows);
        self.early |= other.early;
        self.uses = self.uses.and(other.uses);
        self.registers = self.registers.max(other.registers);
        self.first = self.first.min(other.first);
        self.stages = self.stages.and(other.stages);
    }
}

/// Checks every tree.
pub(super) fn verify(
    image: &BundleImage,
    facts: &[BlockFacts],
    checker: &mut Checker<'_>,
) -> Result<Vec<TreeFacts>, VerifyError> {
    let mut found: Vec<TreeFacts> = Vec::with_capacity(image.trees.len());
    for (row, tree) in image.trees.iter().enumerate() {
        let broken = |problem| VerifyError::new(Section::Entries, row, problem);
        let mut all = node(image, facts, tree, checker).map_err(broken)?;
        for child in tree.children() {
            all.add(found.get(child.index()).ok_or(broken("a tree refers to a later one"))?);
        }
        all.depth = all.depth.saturating_add(1);
        all.visits = all.visits.saturating_add(1);
        ensure(all.depth <= MAX_TREE_DEPTH, "a tree is too deep").map_err(broken)?;
        ensure(all.visits <= MAX_TREE_VISITS, "a tree is too large").map_err(broken)?;
        found.push(all);
    }
    entries(image, &found)?;
    Ok(found)
}

/// A node by itself: its cases name children, are of the right kind and in order.
fn node(
    image: &BundleImage,
    facts: &[BlockFacts],
    tree: TreeNode<'_>,
    checker: &mut Checker<'_>,
) -> Result<TreeFacts, &'static str> {
    let children = tree.children().len();
    match tree {
        TreeNode::Rows(rows) => return leaf(image, facts, rows, checker),
        TreeNode::Both(_) => {}
        TreeNode::Present { slot, .. } => ensure(slot.index() < image.slots.len(), "no such slot")?,
        TreeNode::Classes { cases, .. } => {
            ensure(cases.are_whole(), "masks of classes are broken")?;
            ensure(cases.iter().all(|(class, _)| class.index() < image.classes.len()), "no such class")?;
            let sorted = cases.iter().all(|(_, positions)| ascends(positions.iter()));
            ensure(sorted, "cases are not sorted")?;
            named(cases.iter().flat_map(|(_, positions)| positions), children)?;
        }
        TreeNode::Texts { slot, keys, .. } => {
            ensure(slot.index() < image.slots.len(), "no such slot")?;
            texts(image, keys)?;
            named(keys.cases().map(|(_, child)| child), children)?;
        }
        TreeNode::Paths { slot, cases, .. } => {
            let key = |(constant, child): (ConstantId, u32)| match image.constants.get(constant.index()) {
                Some(ConstantNode::Path(text)) if path::parse_path(text).is_ok() => Some((text, child)),
                _ => None,
            };
            sorted_keys(image, slot, cases, key)?;
            named(cases.iter().map(|(_, child)| child), children)?;
        }
        TreeNode::Networks { slot, cases, .. } => {
            let key = |(constant, child): (ConstantId, u32)| match image.constants.get(constant.index()) {
                Some(ConstantNode::Net(address, length)) => Some((address, length, child)),
                _ => None,
            };
            sorted_keys(image, slot, cases, key)?;
            named(cases.iter().map(|(_, child)| child), children)?;
        }
        TreeNode::Numbers { slot, cases, .. } => {
            ensure(slot.index() < image.slots.len(), "no such slot")?;
            ensure(cases.is_narrowest(), "ends of intervals are wider than they must be")?;
            let in_order = cases.iter().zip(cases.from(1).iter()).all(|(left, right)| left.low <= right.low);
            ensure(in_order && highest(cases).is_some(), "intervals are not in order")?;
            ensure(cases.iter().all(|case| case.first == RuleId::default()), "an interval of one rule")?;
            named(cases.iter().map(|case| case.child), children)?;
        }
        TreeNode::Patterns { slot, automaton, cases, .. } => {
            ensure(slot.index() < image.slots.len(), "no such slot")?;
            let known = image.automata.get(automaton.index()).ok_or("no such automaton")?;
            ensure(usize::try_from(known.patterns) == Ok(cases.len()), "not every pattern has a case")?;
            ensure(cases.are_whole(), "a child of no pattern")?;
            named(cases.iter().flatten(), children)?;
        }
    }
    let uses = tree.slot().map(|slot| checker.place(slot)).unwrap_or_default();
    Ok(TreeFacts { uses, ..TreeFacts::NONE })
}

/// Every position is one of a child.
fn named(mut positions: impl Iterator<Item = u32>, children: usize) -> Check {
    ensure(positions.all(|position| usize::try_from(position).is_ok_and(|row| row < children)), "no such child")
}

/// Every text stands at its row; what it leads to besides its first child ascends.
fn texts(image: &BundleImage, keys: Keys<'_>) -> Check {
    let text = |(key, _): (ConstantId, u32)| match image.constants.get(key.index()) {
        Some(ConstantNode::String(text)) => Some(text),
        _ => None,
    };
    ensure(keys.rows.iter().all(|row| text(row).is_some()), "a key of the wrong kind")?;
    let rows = keys.rows.len();
    if keys.seeds.is_empty() {
        ensure(ascends(keys.rows.iter().map(text)), "cases are not sorted")?;
    } else {
        ensure(keys.seeds.len() == hash::seeds_of(rows), "a hash of the wrong size")?;
        let seed = |row| keys.seeds.get(row);
        let hashed = |text| hash::row(seed, keys.seeds.len(), rows, text);
        let stands = |(at, row)| text(row).is_some_and(|text| hashed(text) == at);
        ensure(keys.rows.iter().enumerate().all(stands), "a key is not where its hash says")?;
    }
    let behind = |(row, child): (u32, u32)| keys.rows.at(row).is_some_and(|(_, first)| first < child);
    ensure(ascends(keys.more.iter()) && keys.more.iter().all(behind), "further children are not sorted")
}

/// All keys are of the kind wanted, and strictly ascend.
fn sorted_keys<K: Ord>(
    image: &BundleImage,
    slot: SlotId,
    cases: Rows<'_, (ConstantId, u32)>,
    key: impl Fn((ConstantId, u32)) -> Option<K>,
) -> Check {
    ensure(slot.index() < image.slots.len(), "no such slot")?;
    ensure(cases.iter().all(|case| key(case).is_some()), "a key of the wrong kind")?;
    ensure(ascends(cases.iter().map(key)), "cases are not sorted")
}

/// The highest upper end of a table of intervals, when every row states that of its part.
fn highest(cases: Intervals<'_>) -> Option<i128> {
    let middle = cases.len() >> 1;
    let Some((before, rest)) = cases.split(middle) else { return Some(i128::MIN) };
    let Some(row) = rest.get(0) else { return Some(i128::MIN) };
    let found = row.high.max(highest(before)?).max(highest(rest.from(1))?);
    (found == row.highest).then_some(found)
}

/// Rows of a leaf are sorted and name conditions.
fn leaf(
    image: &BundleImage,
    facts: &[BlockFacts],
    rows: Rows<'_, EntryRow>,
    checker: &mut Checker<'_>,
) -> Result<TreeFacts, &'static str> {
    ensure(ascends(rows.iter().map(|row| (row.rule, row.block))), "rows are not sorted")?;
    let mut sum = TreeFacts::NONE;
    for row in rows {
        ensure(row.rule.index() < image.rules.len(), "no such rule")?;
        let block = facts.get(row.block.index()).ok_or("no such block")?;
        ensure(block.truth && !block.uses.has(Uses::LINK), "a condition must be truth about a request")?;
        ensure(block.loops <= MAX_LOOP_DEPTH, "loops are nested too deep")?;
        let code = image.blocks.get(row.block.index()).ok_or("no such block")?;
        if row.start > 0 {
            checker.start((row.block, code), row.start)?;
        }
        sum.add(&TreeFacts {
            depth: 0,
            visits: 1,
            steps: block.steps,
            rows: 1,
            early: !row.late,
            uses: block.uses,
            registers: code.registers(),
            first: row.rule,
            stages: image.rule(row.rule).map_or(Stages::NONE, Stages::of),
        });
    }
    Ok(sum)
}

/// When conditions in the leaves below each node can be in error, given that tests of the caller are in none.
pub(crate) fn faults(image: &BundleImage) -> Vec<Faults> {
    let mut found: Vec<Faults> = Vec::with_capacity(image.trees.len());
    for tree in image.trees.iter() {
        let rows = if let TreeNode::Rows(rows) = tree { rows } else { Rows::default() };
        let own = rows.iter().fold(Faults::NONE, |sum, row| match image.blocks.get(row.block.index()) {
            Some(code) => sum.and(row_faults(image, &row, code)),
            None => Faults::UNKNOWN,
        });
        let below = tree.children().iter().filter_map(|child| found.get(child.index()));
        let all = below.fold(own, |sum, child| sum.and(*child));
        found.push(all);
    }
    found
}

/// When the value of a rule can be in error by one of its rows.
fn row_faults(image: &BundleImage, row: &EntryRow, code: Block<'_>) -> Faults {
    match image.rule(row.rule).map(Rule::kind) {
        // Whether a grant is active is asked of the state.
        Some(RuleKind::Permit(Some(_))) | None => Faults::UNKNOWN,
        Some(_) => Faults::of(image, code),
    }
}

/// Entry points are sorted and their trees exist.
fn entries(image: &BundleImage, found: &[TreeFacts]) -> Result<(), VerifyError> {
    let keys = image.entries.iter().map(|entry| (entry.action, entry.server, &entry.target));
    ensure(ascends(keys), "entry points are not sorted")
        .map_err(|problem| VerifyError::section(Section::Entries, problem))?;
    each(Section::Entries, &image.entries, |_, entry| {
        ensure(entry.server.is_none_or(|server| server.index() < image.servers.len()), "no such server")?;
        match &entry.target {
            EntryTarget::Any => {}
            EntryTarget::Name(_) => ensure(entry.server.is_some(), "a target without a server")?,
            EntryTarget::Uri(pattern) => {
                ensure(entry.server.is_some(), "a target without a server")?;
                ensure(pattern.index() < image.patterns.len(), "no such pattern")?;
            }
        }
        for stage in Stage::ALL {
            if let Some(tree) = stage.of(&entry.trees) {
                let facts = found.get(tree.index()).ok_or("no such tree")?;
                ensure(facts.stages.are(stage), "a rule in a tree that is not asked for it")?;
            }
        }
        Ok(())
    })?;
    let roots: BTreeSet<TreeId> = image.entries.iter().flat_map(|entry| entry.trees.all()).collect();
    let visits = roots.iter().filter_map(|tree| found.get(tree.index())).map(|facts| facts.visits);
    ensure(visits.fold(0, u64::saturating_add) <= MAX_ALL_VISITS, "the trees are too large together")
        .map_err(|problem| VerifyError::section(Section::Entries, problem))
}
