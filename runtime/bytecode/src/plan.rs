//! Where the decision about a target begins: the roots of its decision trees, by stage.
//!
//! Found once for every tool when a program is loaded, so that a call costs no search.

use crate::ids::TreeId;
use crate::image::{BundleImage, StageTrees};
use crate::program::NodeFacts;

/// The step of a decision that asks for rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Shadow rules.
    Shadow,
    /// Forbids.
    Forbids,
    /// Permits.
    Permits,
    /// Requirements, limits, redactions, audit rules.
    Others,
}

impl Stage {
    /// All of them, in the order of a decision.
    pub const ALL: [Stage; 4] = [Stage::Shadow, Stage::Forbids, Stage::Permits, Stage::Others];

    /// Its tree of an entry point.
    pub fn of(self, trees: &StageTrees) -> Option<TreeId> {
        match self {
            Stage::Shadow => trees.shadow,
            Stage::Forbids => trees.forbids,
            Stage::Permits => trees.permits,
            Stage::Others => trees.others,
        }
    }
}

/// The trees of a stage: of everything the action is about, of the server, of the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Roots {
    /// One more than the tree's row; 0 where there is none: plans are copied, and small.
    trees: [u32; 3],
    /// Whether some block in them needs the native stage.
    pub natives: bool,
    /// Whether some block in them reads collected parameters or captures of a URI pattern.
    pub extracts: bool,
}

impl Roots {
    /// The trees that are there.
    pub fn iter(&self) -> impl Iterator<Item = TreeId> {
        self.trees.iter().filter_map(|tree| tree.checked_sub(1).map(TreeId))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.trees == [0; 3]
    }
}

/// The roots of every stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Plan {
    shadow: Roots,
    forbids: Roots,
    permits: Roots,
    others: Roots,
}

impl Plan {
    /// The plan of three entry points, given by their rows.
    pub(crate) fn new(
        image: &BundleImage,
        facts_of: &dyn Fn(TreeId) -> Option<NodeFacts>,
        entries: [Option<usize>; 3],
    ) -> Plan {
        let trees = entries.map(|row| row.and_then(|row| image.entries.get(row)).map(|entry| &entry.trees));
        let roots = |stage: Stage| {
            let trees = trees.map(|trees| trees.and_then(|trees| stage.of(trees)));
            let facts = || trees.iter().flatten().filter_map(|tree| facts_of(*tree));
            let (natives, extracts) = (facts().any(|facts| facts.natives), facts().any(|facts| facts.extracts));
            Roots { trees: trees.map(|tree| tree.map_or(0, |tree| tree.0.saturating_add(1))), natives, extracts }
        };
        Plan {
            shadow: roots(Stage::Shadow),
            forbids: roots(Stage::Forbids),
            permits: roots(Stage::Permits),
            others: roots(Stage::Others),
        }
    }

    /// The roots of a stage.
    #[inline]
    pub fn stage(&self, stage: Stage) -> &Roots {
        match stage {
            Stage::Shadow => &self.shadow,
            Stage::Forbids => &self.forbids,
            Stage::Permits => &self.permits,
            Stage::Others => &self.others,
        }
    }

    /// Whether some stage needs what is extracted.
    pub fn extracts(&self) -> bool {
        Stage::ALL.into_iter().any(|stage| self.stage(stage).extracts)
    }
}
