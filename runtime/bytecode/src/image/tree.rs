//! Decision trees: which rules of an entry point can be true.
//!
//! A switch looks at one fact and leads to the children whose keys fit. A child's rules are false
//! whenever the fact can be read and none of the child's keys fits it; so when the fact is absent, in
//! error or not known, all children are looked at. Every rule stands in one leaf (to which several
//! ways may lead), and every key that the author wrote in one case: a tree is as large as its source.

use super::{ClassCases, IntervalImage, Intervals, KeyTable, Keys, Leads};
use crate::ids::*;
use crate::packed::{Packed, Rows, packed_as};
use alloc::vec::Vec;

/// A node of a decision tree, as it is made. Those of a whole bundle are [`Trees`](super::Trees).
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
    /// By the intervals that hold a number, or a point or span of time: a place on the line of its kind
    /// ([`Line`](crate::value::Line)).
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
    Rows(Rows<'t, EntryRow>),
    Both(Rows<'t, TreeId>),
    Present { slot: SlotId, children: Rows<'t, TreeId> },
    Classes { cases: ClassCases<'t>, children: Rows<'t, TreeId> },
    Texts { slot: SlotId, keys: Keys<'t>, children: Rows<'t, TreeId> },
    Paths { slot: SlotId, cases: Rows<'t, (ConstantId, u32)>, children: Rows<'t, TreeId> },
    Networks { slot: SlotId, cases: Rows<'t, (ConstantId, u32)>, children: Rows<'t, TreeId> },
    Numbers { slot: SlotId, cases: Intervals<'t>, children: Rows<'t, TreeId> },
    Patterns { slot: SlotId, automaton: AutomatonId, cases: Leads<'t>, children: Rows<'t, TreeId> },
}

impl<'t> TreeNode<'t> {
    /// The nodes it leads to.
    pub fn children(self) -> Rows<'t, TreeId> {
        match self {
            TreeNode::Rows(_) => Rows::default(),
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

/// Where the parts of a row begin, counted in bits from the lowest: the rule comes first.
const BLOCK_SHIFT: u32 = 21;
const START_SHIFT: u32 = 42;
const LATE_SHIFT: u32 = 63;
/// The largest number of 21 bits: ids, and places where blocks are entered, are smaller by the limits.
const ROW_MOST: u32 = (1 << BLOCK_SHIFT) - 1;

impl Packed for EntryRow {
    type Bytes = [u8; 8];

    /// From the lowest bit on: rule, block, where the block is entered, and whether the row is late.
    #[inline]
    fn pack(self) -> [u8; 8] {
        let part = |number: u32| u64::from(number.min(ROW_MOST));
        let (block, start) = (part(self.block.0) << BLOCK_SHIFT, part(self.start) << START_SHIFT);
        (part(self.rule.0) | block | start | (u64::from(self.late) << LATE_SHIFT)).to_le_bytes()
    }

    #[inline]
    fn unpack(bytes: [u8; 8]) -> EntryRow {
        let row = u64::from_le_bytes(bytes);
        let part = |above: u64| u32::try_from(above & u64::from(ROW_MOST)).unwrap_or(ROW_MOST);
        EntryRow {
            rule: RuleId(part(row)),
            block: BlockId(part(row >> BLOCK_SHIFT)),
            start: part(row >> START_SHIFT),
            late: row >> LATE_SHIFT != 0,
        }
    }
}

packed_as! {
    TreeId as u32: id => id.0, TreeId(id);
    (ConstantId, u32) as (u32, u32): pair => (pair.0.0, pair.1), (ConstantId(pair.0), pair.1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_a_leaf_is_a_word() {
        for (rule, block, start, late) in [(0, 0, 0, false), (1, 2, 3, true), (1 << 20, ROW_MOST, 1 << 16, false)] {
            let row = EntryRow { rule: RuleId(rule), block: BlockId(block), start, late };
            assert_eq!(EntryRow::unpack(row.pack()), row);
        }
        let large = EntryRow { rule: RuleId(u32::MAX), block: BlockId(1 << 21), start: 7, late: true };
        let kept = EntryRow { rule: RuleId(ROW_MOST), block: BlockId(ROW_MOST), ..large };
        assert_eq!(EntryRow::unpack(large.pack()), kept, "numbers that no bundle has");
        assert_eq!(EntryRow::unpack([0xff; 8]).pack(), [0xff; 8], "no bit is of no account");
    }
}
