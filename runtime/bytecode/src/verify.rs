//! The verifier: checks everything evaluation relies on, once, before a program can exist.
//!
//! It does not lean on the digests: a bundle that passes is safe to evaluate whoever made it. What
//! is checked where: [`tables`] types, constants and other leaf tables; [`code`] decision code, with
//! definedness and kind of every register, forward-only jumps and the step bound; [`faults`](mod@faults) when conditions can be in error; [`declarations`]
//! identities, servers and debug data; [`rules`] the rule table; [`trees`] decision trees and entry points.

mod code;
mod declarations;
mod faults;
mod rules;
mod tables;
mod trees;
mod uses;

pub use faults::{Faults, PlaceSet};
pub use trees::TreeFacts;
pub(crate) use trees::faults;
pub use uses::Uses;

use crate::container::Section;
use crate::ids::{BlockId, SlotId};
use crate::image::{Block, BundleImage, Test};
use alloc::vec::Vec;
use core::fmt;

/// Why a bundle is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifyError {
    /// What is at fault.
    pub place: FaultPlace,
    /// What is wrong.
    pub problem: &'static str,
}

/// A part of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultPlace {
    /// All of it, or its header and table of contents.
    Whole,
    /// A section.
    Section(Section),
    /// A row of a section.
    Row(Section, u32),
}

impl VerifyError {
    /// An error of a bundle as a whole.
    pub(crate) fn whole(problem: &'static str) -> Self {
        Self { place: FaultPlace::Whole, problem }
    }

    /// An error of a section as a whole.
    pub(crate) fn section(section: Section, problem: &'static str) -> Self {
        Self { place: FaultPlace::Section(section), problem }
    }

    /// An error at a row of a section.
    pub(crate) fn new(section: Section, row: usize, problem: &'static str) -> Self {
        Self { place: FaultPlace::Row(section, u32::try_from(row).unwrap_or(u32::MAX)), problem }
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            FaultPlace::Whole => f.write_str(self.problem),
            FaultPlace::Section(section) => write!(f, "section {}: {}", section.name(), self.problem),
            FaultPlace::Row(section, row) => write!(f, "section {}, row {row}: {}", section.name(), self.problem),
        }
    }
}

impl core::error::Error for VerifyError {}

/// What the verifier found out about a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BlockFacts {
    /// Most steps it can take.
    pub steps: u64,
    /// Whether its result is truth.
    pub truth: bool,
    /// Of code that is no conjunction: where the slots that it reads stand in [`ImageFacts`], and how many they are.
    slots: (u32, u32),
    /// What it depends on.
    pub uses: Uses,
    /// Deepest nesting of loops.
    pub loops: usize,
}

/// Checks a whole image.
pub(crate) fn verify_image(image: &BundleImage) -> Result<ImageFacts, VerifyError> {
    tables::verify(image)?;
    let mut checker = code::Checker::new(image);
    let mut blocks = Vec::with_capacity(image.blocks.len());
    for (row, block) in image.blocks.iter().enumerate() {
        blocks.push(checker.block(block).map_err(|problem| VerifyError::new(Section::Code, row, problem))?);
    }
    declarations::verify(image, &blocks)?;
    let trees = trees::verify(image, &blocks, &mut checker)?;
    Ok(ImageFacts { blocks, slots: checker.into_slots(), trees })
}

/// What the verifier found out about an image.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImageFacts {
    /// By block.
    pub blocks: Vec<BlockFacts>,
    /// The slots of all blocks that are no conjunctions, one block after the other, ascending in each.
    slots: Vec<SlotId>,
    /// By node of a tree.
    pub trees: Vec<TreeFacts>,
}

impl ImageFacts {
    /// The blocks that are no conjunctions, each with its facts and the slots that it reads, ascending. What is to be known
    /// of a conjunction its tests say.
    pub fn of_code<'a>(&'a self, image: &'a BundleImage) -> impl Iterator<Item = (&'a BlockFacts, &'a [SlotId])> {
        let rows = image.blocks.iter().zip(&self.blocks);
        rows.filter(|(block, _)| matches!(block, Block::Code { .. })).map(|(_, facts)| (facts, self.own(facts)))
    }

    /// The slots that a block reads, some of them perhaps several times.
    pub fn each_slot(&self, image: &BundleImage, block: BlockId, found: impl FnMut(SlotId)) {
        match image.blocks.get(block.index()) {
            Some(Block::Plain(tests)) => tests.iter().filter_map(Test::slot).for_each(found),
            Some(Block::Code { .. }) | None => {
                let facts = self.blocks.get(block.index());
                facts.into_iter().flat_map(|facts| self.own(facts)).copied().for_each(found);
            }
        }
    }

    fn own(&self, block: &BlockFacts) -> &[SlotId] {
        let (first, count) = block.slots;
        let rest = usize::try_from(first).ok().and_then(|first| self.slots.get(first..)).unwrap_or_default();
        usize::try_from(count).ok().and_then(|count| rest.get(..count)).unwrap_or_default()
    }
}

/// A check that failed, without its place.
pub(crate) type Check = Result<(), &'static str>;

/// Fails with this problem unless the condition holds.
pub(crate) fn ensure(condition: bool, problem: &'static str) -> Check {
    if condition { Ok(()) } else { Err(problem) }
}

/// Applies a check to every row of a table.
pub(crate) fn each<T>(section: Section, rows: &[T], check: impl Fn(usize, &T) -> Check) -> Result<(), VerifyError> {
    for (row, value) in rows.iter().enumerate() {
        check(row, value).map_err(|problem| VerifyError::new(section, row, problem))?;
    }
    Ok(())
}

/// Whether rows strictly ascend.
pub(crate) fn ascends<T: Ord>(mut rows: impl Iterator<Item = T>) -> bool {
    let Some(mut last) = rows.next() else {
        return true;
    };
    rows.all(|row| {
        let later = last < row;
        last = row;
        later
    })
}
