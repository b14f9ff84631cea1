//! Decision trees: which rules of an entry point can be true.
//!
//! A switch looks at one fact and leads to the children whose keys fit. A child's rules are false
//! whenever the fact can be read and none of the child's keys fits it; so when the fact is absent, in
//! error or not known, all children are looked at. Every rule stands in one leaf (to which several
//! ways may lead), and every key that the author wrote in one case: a tree is as large as its source.

use super::{KeyTable, Keys};
use crate::ids::*;
use crate::lists::{List, Lists, ListsOf};
use alloc::vec::Vec;

/// A node of a decision tree, as it is made. Those of a whole bundle are [`Trees`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TreeImage {
    /// These rules, one by one: sorted by rule, then block.
    Rows(Vec<EntryRow>),
    /// All of these.
    Both(Vec<TreeId>),
    /// All of these, unless nothing stands at a place (it is absent or null): then all their rules are false.
    Present {
        /// The place.
        slot: SlotId,
        /// The nodes.
        children: Vec<TreeId>,
    },
    /// By the classes that a link of the caller's chain belongs to.
    Classes {
        /// Class and position in `children`; sorted.
        cases: Vec<(ClassId, u32)>,
        /// Where they lead.
        children: Vec<TreeId>,
    },
    /// By a text, compared whole.
    Texts {
        /// The place.
        slot: SlotId,
        /// The texts, with positions in `children`.
        keys: KeyTable,
        /// Where they lead.
        children: Vec<TreeId>,
    },
    /// By a path that is a key or below it.
    Paths {
        /// The place.
        slot: SlotId,
        /// Path ([`super::Constant::Path`]) and position in `children`; sorted by text.
        cases: Vec<(ConstantId, u32)>,
        /// Where they lead.
        children: Vec<TreeId>,
    },
    /// By the networks that hold an address.
    Networks {
        /// The place.
        slot: SlotId,
        /// Network ([`super::Constant::Net`]) and position in `children`; sorted by address, then length.
        cases: Vec<(ConstantId, u32)>,
        /// Where they lead.
        children: Vec<TreeId>,
    },
    /// By the intervals that hold a number.
    Numbers {
        /// The place.
        slot: SlotId,
        /// Sorted by lower end.
        cases: Vec<IntervalImage>,
        /// Where they lead.
        children: Vec<TreeId>,
    },
    /// By the patterns that a text matches, all in one pass.
    Patterns {
        /// The place.
        slot: SlotId,
        /// The automaton of all of them.
        automaton: AutomatonId,
        /// For each pattern of the automaton: positions in `children`.
        cases: Vec<Vec<u32>>,
        /// Where they lead.
        children: Vec<TreeId>,
    },
}

/// A node of a decision tree, where it stands: [`TreeImage`] says what each part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are those of `TreeImage`")]
pub enum TreeNode<'t> {
    Rows(&'t [EntryRow]),
    Both(&'t [TreeId]),
    Present { slot: SlotId, children: &'t [TreeId] },
    Classes { cases: &'t [(ClassId, u32)], children: &'t [TreeId] },
    Texts { slot: SlotId, keys: Keys<'t>, children: &'t [TreeId] },
    Paths { slot: SlotId, cases: &'t [(ConstantId, u32)], children: &'t [TreeId] },
    Networks { slot: SlotId, cases: &'t [(ConstantId, u32)], children: &'t [TreeId] },
    Numbers { slot: SlotId, cases: &'t [IntervalImage], children: &'t [TreeId] },
    Patterns { slot: SlotId, automaton: AutomatonId, cases: ListsOf<'t, u32>, children: &'t [TreeId] },
}

impl<'t> TreeNode<'t> {
    /// The nodes it leads to.
    pub fn children(self) -> &'t [TreeId] {
        match self {
            TreeNode::Rows(_) => &[],
            TreeNode::Both(children)
            | TreeNode::Present { children, .. }
            | TreeNode::Classes { children, .. }
            | TreeNode::Texts { children, .. }
            | TreeNode::Paths { children, .. }
            | TreeNode::Networks { children, .. }
            | TreeNode::Numbers { children, .. }
            | TreeNode::Patterns { children, .. } => children,
        }
    }

    /// The place it looks at, if it looks at one.
    pub fn slot(self) -> Option<SlotId> {
        match self {
            TreeNode::Rows(_) | TreeNode::Both(_) | TreeNode::Classes { .. } => None,
            TreeNode::Present { slot, .. }
            | TreeNode::Texts { slot, .. }
            | TreeNode::Paths { slot, .. }
            | TreeNode::Networks { slot, .. }
            | TreeNode::Numbers { slot, .. }
            | TreeNode::Patterns { slot, .. } => Some(slot),
        }
    }

    /// What it looks at, as one word.
    pub fn word(self) -> &'static str {
        match self {
            TreeNode::Rows(_) => "rows",
            TreeNode::Both(_) => "both",
            TreeNode::Present { .. } => "present",
            TreeNode::Classes { .. } => "classes",
            TreeNode::Texts { .. } => "texts",
            TreeNode::Paths { .. } => "paths",
            TreeNode::Networks { .. } => "networks",
            TreeNode::Numbers { .. } => "numbers",
            TreeNode::Patterns { .. } => "patterns",
        }
    }
}

/// The nodes of all decision trees; a node refers to earlier ones only. What nodes list stands in one table for each
/// kind of thing, one list behind the other: there may be very many nodes, and most are small.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trees {
    nodes: Vec<Node>,
    pub(crate) lists: TreeLists,
}

/// What nodes list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct TreeLists {
    pub rows: Lists<EntryRow>,
    pub children: Lists<TreeId>,
    pub classes: Lists<(ClassId, u32)>,
    pub keys: Lists<(ConstantId, u32)>,
    pub seeds: Lists<u32>,
    pub more: Lists<(u32, u32)>,
    pub intervals: Lists<IntervalImage>,
    /// Positions of children, by pattern.
    pub positions: Lists<u32>,
    pub patterns: Lists<List>,
}

/// A node, its lists by where they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Node {
    Rows(List),
    Both(List),
    Present { slot: SlotId, children: List },
    Classes { cases: List, children: List },
    Texts { slot: SlotId, keys: KeyLists, children: List },
    Paths { slot: SlotId, cases: List, children: List },
    Networks { slot: SlotId, cases: List, children: List },
    Numbers { slot: SlotId, cases: List, children: List },
    Patterns { slot: SlotId, automaton: AutomatonId, cases: List, children: List },
}

/// A [`KeyTable`], by where its lists stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyLists {
    pub seeds: List,
    pub rows: List,
    pub more: List,
}

impl Trees {
    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// A node by its row.
    #[inline]
    pub fn get(&self, row: usize) -> Option<TreeNode<'_>> {
        self.nodes.get(row).map(|node| self.node(*node))
    }

    /// All nodes, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = TreeNode<'_>> {
        self.nodes.iter().map(|node| self.node(*node))
    }

    /// Adds a node.
    pub fn push(&mut self, tree: &TreeImage) {
        let lists = &mut self.lists;
        let node = match tree {
            TreeImage::Rows(rows) => Node::Rows(lists.rows.add(rows)),
            TreeImage::Both(children) => Node::Both(lists.children.add(children)),
            TreeImage::Present { slot, children } => {
                Node::Present { slot: *slot, children: lists.children.add(children) }
            }
            TreeImage::Classes { cases, children } => {
                Node::Classes { cases: lists.classes.add(cases), children: lists.children.add(children) }
            }
            TreeImage::Texts { slot, keys, children } => {
                let seeds = lists.seeds.add(&keys.seeds);
                let keys = KeyLists { seeds, rows: lists.keys.add(&keys.rows), more: lists.more.add(&keys.more) };
                Node::Texts { slot: *slot, keys, children: lists.children.add(children) }
            }
            TreeImage::Paths { slot, cases, children } => {
                let cases = lists.keys.add(cases);
                Node::Paths { slot: *slot, cases, children: lists.children.add(children) }
            }
            TreeImage::Networks { slot, cases, children } => {
                let cases = lists.keys.add(cases);
                Node::Networks { slot: *slot, cases, children: lists.children.add(children) }
            }
            TreeImage::Numbers { slot, cases, children } => {
                let cases = lists.intervals.add(cases);
                Node::Numbers { slot: *slot, cases, children: lists.children.add(children) }
            }
            TreeImage::Patterns { slot, automaton, cases, children } => {
                let cases: Vec<List> = cases.iter().map(|case| lists.positions.add(case)).collect();
                let cases = lists.patterns.add(&cases);
                Node::Patterns { slot: *slot, automaton: *automaton, cases, children: lists.children.add(children) }
            }
        };
        self.nodes.push(node);
    }

    /// Adds a node whose lists stand in [`Trees::lists`].
    pub(crate) fn push_node(&mut self, node: Node) {
        self.nodes.push(node);
    }

    /// Makes room for so many more nodes.
    pub(crate) fn reserve(&mut self, nodes: usize) {
        self.nodes.reserve_exact(nodes);
    }

    /// Gives memory back that was set aside for more lists.
    pub(crate) fn shrink(&mut self) {
        let TreeLists { rows, children, classes, keys, seeds, more, intervals, positions, patterns } = &mut self.lists;
        rows.shrink();
        children.shrink();
        classes.shrink();
        keys.shrink();
        seeds.shrink();
        more.shrink();
        intervals.shrink();
        positions.shrink();
        patterns.shrink();
    }

    #[inline]
    fn node(&self, node: Node) -> TreeNode<'_> {
        let lists = &self.lists;
        let below = |children: List| lists.children.get(children);
        match node {
            Node::Rows(rows) => TreeNode::Rows(lists.rows.get(rows)),
            Node::Both(children) => TreeNode::Both(below(children)),
            Node::Present { slot, children } => TreeNode::Present { slot, children: below(children) },
            Node::Classes { cases, children } => {
                TreeNode::Classes { cases: lists.classes.get(cases), children: below(children) }
            }
            Node::Texts { slot, keys, children } => {
                let KeyLists { seeds, rows, more } = keys;
                let (seeds, rows) = (lists.seeds.get(seeds), lists.keys.get(rows));
                TreeNode::Texts {
                    slot,
                    keys: Keys { seeds, rows, more: lists.more.get(more) },
                    children: below(children),
                }
            }
            Node::Paths { slot, cases, children } => {
                TreeNode::Paths { slot, cases: lists.keys.get(cases), children: below(children) }
            }
            Node::Networks { slot, cases, children } => {
                TreeNode::Networks { slot, cases: lists.keys.get(cases), children: below(children) }
            }
            Node::Numbers { slot, cases, children } => {
                TreeNode::Numbers { slot, cases: lists.intervals.get(cases), children: below(children) }
            }
            Node::Patterns { slot, automaton, cases, children } => {
                let cases = ListsOf::new(lists.patterns.get(cases), &lists.positions);
                TreeNode::Patterns { slot, automaton, cases, children: below(children) }
            }
        }
    }

    /// Changes the rows of each leaf.
    pub(crate) fn each_leaf(&mut self, mut change: impl FnMut(&mut [EntryRow])) {
        for node in &self.nodes {
            if let Node::Rows(rows) = node {
                change(self.lists.rows.get_mut(*rows));
            }
        }
    }

    /// Changes the intervals of each switch over numbers, given its children.
    pub(crate) fn each_intervals(&mut self, mut change: impl FnMut(&mut [IntervalImage], &[TreeId])) {
        for node in &self.nodes {
            if let Node::Numbers { cases, children, .. } = node {
                change(self.lists.intervals.get_mut(*cases), self.lists.children.get(*children));
            }
        }
    }
}

impl FromIterator<TreeImage> for Trees {
    fn from_iter<T: IntoIterator<Item = TreeImage>>(trees: T) -> Trees {
        let mut made = Trees::default();
        trees.into_iter().for_each(|tree| made.push(&tree));
        made
    }
}

/// An interval of numbers and where it leads. Both ends belong to it; numbers are in units of 10^-18.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IntervalImage {
    /// Lower end.
    pub low: i128,
    /// Upper end.
    pub high: i128,
    /// The highest upper end in the part of the table that this row is the middle of, the table
    /// being halved again and again: how a search knows which half to leave out.
    pub highest: i128,
    /// Position in the children.
    pub child: u32,
    /// The first of the rules that the rows of that part lead to: how a search knows which half cannot
    /// matter. A program has them filled ([`IntervalImage::fill_first`]); a bundle's image has rule 0, which leaves
    /// nothing out.
    pub first: RuleId,
}

impl IntervalImage {
    /// Fills the highest ends of a whole table, sorted by lower end; gives that of all of it.
    pub fn fill_highest(rows: &mut [IntervalImage]) -> i128 {
        let middle = rows.len() >> 1;
        let Some((before, rest)) = rows.split_at_mut_checked(middle) else { return i128::MIN };
        let Some((row, after)) = rest.split_first_mut() else { return i128::MIN };
        row.highest = row.high.max(IntervalImage::fill_highest(before)).max(IntervalImage::fill_highest(after));
        row.highest
    }

    /// Fills the first rules of a whole table, given that of each child; gives that of all of it.
    pub fn fill_first(rows: &mut [IntervalImage], of: &dyn Fn(u32) -> RuleId) -> RuleId {
        let middle = rows.len() >> 1;
        let Some((before, rest)) = rows.split_at_mut_checked(middle) else { return RuleId(u32::MAX) };
        let Some((row, after)) = rest.split_first_mut() else { return RuleId(u32::MAX) };
        let beside = IntervalImage::fill_first(before, of).min(IntervalImage::fill_first(after, of));
        row.first = of(row.child).min(beside);
        row.first
    }
}

/// A rule in a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryRow {
    /// The rule.
    pub rule: RuleId,
    /// Its condition: a truth block of subject, where, when and unless.
    pub block: BlockId,
    /// Where the block goes on when all switches on the way have found their keys: what stands before
    /// is then known to hold. 0 when nothing does.
    pub start: u32,
    /// At list time the condition is unknown whenever its subject holds.
    pub late: bool,
}
