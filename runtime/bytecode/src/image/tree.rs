//! Decision trees: which rules of an entry point can be true.
//!
//! A switch looks at one fact and leads to the children whose keys fit. A child's rules are false
//! whenever the fact can be read and none of the child's keys fits it; so when the fact is absent, in
//! error or not known, all children are looked at. Every rule stands in one leaf (to which several
//! ways may lead), and every key that the author wrote in one case: a tree is as large as its source.

use super::{ClassCases, KeyTable, Keys, Leads};
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
    Numbers { slot: SlotId, cases: Rows<'t, IntervalImage>, children: Rows<'t, TreeId> },
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

/// An interval of places on a [`Line`](crate::value::Line) and where it leads. Both ends belong to it.
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

impl Packed for IntervalImage {
    type Bytes = [u8; 56];

    fn pack(self) -> [u8; 56] {
        let mut bytes = [0; 56];
        let ends = [self.low, self.high, self.highest].map(i128::to_le_bytes);
        let others = [self.child, self.first.0].map(u32::to_le_bytes);
        let parts = ends.as_flattened().iter().chain(others.as_flattened());
        bytes.iter_mut().zip(parts).for_each(|(place, byte)| *place = *byte);
        bytes
    }

    #[inline]
    fn unpack(bytes: [u8; 56]) -> IntervalImage {
        let (ends, rest) = bytes.as_chunks::<16>();
        let end = |row: usize| ends.get(row).map_or(0, |end| i128::from_le_bytes(*end));
        let others = Rows::<u32>::of(rest);
        IntervalImage {
            low: end(0),
            high: end(1),
            highest: end(2),
            child: others.get(0).unwrap_or_default(),
            first: RuleId(others.get(1).unwrap_or_default()),
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

    #[test]
    fn an_interval_keeps_its_numbers() {
        let row = IntervalImage { low: i128::MIN, high: -5, highest: i128::MAX, child: 7, first: RuleId(9) };
        assert_eq!(IntervalImage::unpack(row.pack()), row);
    }
}
