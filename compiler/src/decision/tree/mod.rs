//! Decision trees: entry points indexed by the facts their rules look at.
//!
//! A tree is made of the rules of one entry point and one step ([`Stage`]). At each switch the rules
//! that test a fact are parted by what they want of it ([`keys`]), and the others stand beside them in
//! a part of their own, so that rules which hold for everything never multiply the rest.
//!
//! # How large a tree can become
//!
//! Large parts are parted by several facts at once, each rule by the fact that leaves it out most often;
//! small ones by one.
//!
//! Every rule goes to exactly one child of a switch and a fact is looked at once on any way down, so a
//! rule stands in exactly one leaf. (Patterns of one field that need several passes are several switches side by side, and a
//! rule with patterns in more than one of them is below each; the leaf itself is one node all the same.) A switch has at least one rule of its own, which it takes out of
//! the part above, and the cases of a switch are the keys its rules were written with. With `n` rules,
//! `k` keys in their text and at most [`MAX_LEVELS`] facts on a way down there are therefore at most
//! `n` rows, `k * MAX_LEVELS` cases and `3 * n * MAX_LEVELS` nodes: a switch, what holds it together with the
//! others, and the question whether anything stands at the place.
//!
//! A rule about several targets, as those of a tag, stands in a tree of each, or in one for all of them where the rules before
//! just these targets, with their keys, are more than [`SMALL_GROUP`](super::SMALL_GROUP). All trees together are therefore no larger than
//! said, with `n` and `k` the rules and keys of the source, and [`SMALL_GROUP`](super::SMALL_GROUP) more for each target of each set of
//! targets that rules are about: a set counts as if its targets were written out, and once, however many rules name it. Predicates count in each rule that
//! calls them, as if they were written out there, and are reported where that is much ([`written_out`]).
//!
//! A list that has a name, and a segment, are written once and may be named by many rules, each in a tree of its own: named
//! `m` times, one of `s` values counts for `m * `[`LONG_LIST`] or `s * `[`MAX_NAMING`] keys, whichever is more, for one that is
//! longer and named more often is a key of no rule, and reported. Automata are the one
//! thing that can outgrow its source; they have a budget in bytes ([`patterns`]), and the patterns that do not fit are left to
//! the rules themselves, and reported.
//!
//! # Why it is right
//!
//! Conditions are conjunctions, and a conjunction with a false part is false whatever the others are.
//! A rule is left out only where one of its clauses is false; where a fact cannot be read nothing is
//! left out, because the clause is then an error and the rest decides whether the rule is. A fact that is
//! absent or null is such an error, unless the rule asks `has` of it: then that clause is false, and rules
//! that do are passed over together ([`Tree::Present`]).

mod build;
mod keys;
pub mod patterns;
mod report;
#[cfg(test)]
mod tests;
mod text;
mod written;

pub use build::{Branch, Candidate, MAX_LEVELS, SMALL_LEAF, build, joined};
pub use keys::{BlockKey, Key, LONG_LIST, MAX_NAMING, Wants, is_late, wants};
pub use report::{Cause, FieldReport, Report, Unindexed, report, tests as tests_of};
pub use text::{fact_text, keys_text, place_text};
pub use written::{ADVICE, MAX_WRITTEN, WrittenOut, written_out};

use crate::hir::{ClassId, RuleId, RuleKind};
use crate::lower::term::{Interner, SlotId};
use patterns::PatternGroup;
use std::net::IpAddr;

/// A node of a tree: row of [`Trees`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreeId(pub usize);

/// All trees; a node refers only to nodes before it, and equal nodes are one.
#[derive(Debug, Clone, Default)]
pub struct Trees {
    nodes: Interner<Tree>,
}

impl Trees {
    /// The node, added when new.
    pub fn add(&mut self, tree: Tree) -> TreeId {
        TreeId(self.nodes.intern(tree))
    }

    /// A node.
    pub fn get(&self, id: TreeId) -> Option<&Tree> {
        self.nodes.rows().get(id.0)
    }

    /// Every node, operands first.
    pub fn rows(&self) -> &[Tree] {
        self.nodes.rows()
    }

    /// Every leaf row below a node.
    pub fn leaf_rows(&self, root: TreeId) -> Vec<&TreeRow> {
        let (mut open, mut rows) = (vec![root], Vec::new());
        while let Some(tree) = open.pop().and_then(|id| self.get(id)) {
            match tree {
                Tree::Rows(found) => rows.extend(found),
                Tree::Both(children) | Tree::Present { children, .. } | Tree::Switch { children, .. } => {
                    open.extend(children);
                }
            }
        }
        rows
    }
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tree {
    /// These rules one by one.
    Rows(Vec<TreeRow>),
    /// All of these.
    Both(Vec<TreeId>),
    /// All of these, unless nothing stands at a place: then all their rules are false.
    Present {
        /// The place.
        slot: SlotId,
        /// The nodes.
        children: Vec<TreeId>,
    },
    /// The children whose keys fit a fact.
    Switch {
        /// The fact and the keys.
        on: On,
        /// The children.
        children: Vec<TreeId>,
    },
}

/// What a switch looks at: a place and the keys wanted, each with positions of children.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum On {
    /// Classes of the caller.
    Classes(Vec<(ClassId, usize)>),
    /// Whole texts.
    Texts(SlotId, Vec<(String, usize)>),
    /// Folders.
    Paths(SlotId, Vec<(String, usize)>),
    /// Networks.
    Networks(SlotId, Vec<((IpAddr, u8), usize)>),
    /// Intervals, both ends included, in units of 10^-18.
    Numbers(SlotId, Vec<(i128, i128, usize)>),
    /// Patterns, matched together.
    Patterns(SlotId, PatternGroup),
}

impl On {
    /// The place, unless it is the caller.
    pub fn slot(&self) -> Option<SlotId> {
        match self {
            On::Classes(_) => None,
            On::Texts(slot, _)
            | On::Paths(slot, _)
            | On::Networks(slot, _)
            | On::Numbers(slot, _)
            | On::Patterns(slot, _) => Some(*slot),
        }
    }
}

/// A rule in a leaf.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreeRow {
    /// The rule.
    pub rule: RuleId,
    /// Its block.
    pub block: usize,
    /// Clauses of the block that hold when all switches on the way have found their keys, ascending.
    pub implied: Vec<usize>,
    /// At list time the condition is unknown whenever its subject holds.
    pub late: bool,
}

/// The step of a decision that asks for rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Shadow rules of every kind.
    Shadow,
    /// Forbids.
    Forbids,
    /// Permits.
    Permits,
    /// Requirements, limits, redactions, audit rules.
    Others,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Stage; 4] = [Stage::Shadow, Stage::Forbids, Stage::Permits, Stage::Others];

    /// The stage of a rule.
    pub fn of(kind: &RuleKind, shadow: bool) -> Stage {
        match kind {
            _ if shadow => Stage::Shadow,
            RuleKind::Forbid => Stage::Forbids,
            RuleKind::Permit => Stage::Permits,
            _ => Stage::Others,
        }
    }

    /// As people read it.
    pub fn word(self) -> &'static str {
        match self {
            Stage::Shadow => "shadow",
            Stage::Forbids => "forbids",
            Stage::Permits => "permits",
            Stage::Others => "others",
        }
    }
}
