//! Decision trees: which rules of an entry point can be true.
//!
//! A switch looks at one fact and leads to the children whose keys fit. A child's rules are false
//! whenever the fact can be read and none of the child's keys fits it; so when the fact is absent, in
//! error or not known, all children are looked at. Every rule stands in one leaf (to which several
//! ways may lead), and every key that the author wrote in one case: a tree is as large as its source.

use super::KeyTable;
use crate::ids::*;
use alloc::vec::Vec;

/// A node of a decision tree.
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

impl TreeImage {
    /// The nodes it leads to.
    pub fn children(&self) -> &[TreeId] {
        match self {
            TreeImage::Rows(_) => &[],
            TreeImage::Both(children)
            | TreeImage::Present { children, .. }
            | TreeImage::Classes { children, .. }
            | TreeImage::Texts { children, .. }
            | TreeImage::Paths { children, .. }
            | TreeImage::Networks { children, .. }
            | TreeImage::Numbers { children, .. }
            | TreeImage::Patterns { children, .. } => children,
        }
    }

    /// The place it looks at, if it looks at one.
    pub fn slot(&self) -> Option<SlotId> {
        match self {
            TreeImage::Rows(_) | TreeImage::Both(_) | TreeImage::Classes { .. } => None,
            TreeImage::Present { slot, .. }
            | TreeImage::Texts { slot, .. }
            | TreeImage::Paths { slot, .. }
            | TreeImage::Networks { slot, .. }
            | TreeImage::Numbers { slot, .. }
            | TreeImage::Patterns { slot, .. } => Some(*slot),
        }
    }

    /// What it looks at, as one word.
    pub fn word(&self) -> &'static str {
        match self {
            TreeImage::Rows(_) => "rows",
            TreeImage::Both(_) => "both",
            TreeImage::Present { .. } => "present",
            TreeImage::Classes { .. } => "classes",
            TreeImage::Texts { .. } => "texts",
            TreeImage::Paths { .. } => "paths",
            TreeImage::Networks { .. } => "networks",
            TreeImage::Numbers { .. } => "numbers",
            TreeImage::Patterns { .. } => "patterns",
        }
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
