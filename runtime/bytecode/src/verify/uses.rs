//! What evaluating a block depends on, besides constants and data.

use crate::ids::TypeId;
use crate::image::{BundleImage, NativeImage, SlotImage, SlotRoot, TypeImage};
use crate::opcode::{Instruction, Opcode, OperandKind};
use alloc::vec::Vec;

/// A set of what is depended on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Uses(u8);

impl Uses {
    /// Nothing of it.
    pub(super) const NONE: Uses = Uses(0);
    /// The native stage: something is parsed or made.
    pub(super) const NATIVES: Uses = Uses(1);
    /// Collected parameters, or captures of a URI pattern.
    pub(super) const EXTRACTS: Uses = Uses(1 << 1);
    /// The link being classified.
    pub(super) const LINK: Uses = Uses(1 << 2);
    /// Anything but the link being classified, data and constants.
    pub(super) const REQUEST: Uses = Uses(1 << 3);

    /// What is in either.
    #[must_use]
    pub(super) fn and(self, other: Uses) -> Uses {
        Uses(self.0 | other.0)
    }

    /// Whether all of this is in it.
    pub(super) fn has(self, other: Uses) -> bool {
        self.0 & other.0 == other.0
    }
}

/// What reading each slot depends on.
pub(super) fn by_slot(image: &BundleImage) -> Vec<Uses> {
    let natives = natives_by_type(image);
    let uses = |slot: &SlotImage| {
        let parsed = if natives.get(slot.ty.index()).copied().unwrap_or(false) { Uses::NATIVES } else { Uses::NONE };
        parsed.and(match slot.root {
            SlotRoot::LinkClaims | SlotRoot::LinkSpiffe | SlotRoot::LinkUid => Uses::LINK,
            SlotRoot::Data(_) => Uses::NONE,
            SlotRoot::Collect(_) | SlotRoot::UriVariable(..) => Uses::EXTRACTS.and(Uses::REQUEST),
            _ => Uses::REQUEST,
        })
    };
    image.slots.iter().map(uses).collect()
}

/// Of each type: whether reading it may have to parse a host or URL. A type refers to earlier types only.
fn natives_by_type(image: &BundleImage) -> Vec<bool> {
    let mut needs: Vec<bool> = Vec::with_capacity(image.types.len());
    for ty in &image.types {
        let of = |id: &TypeId| needs.get(id.index()).copied().unwrap_or(false);
        let own = match ty {
            TypeImage::Host | TypeImage::Url => true,
            TypeImage::List(id) | TypeImage::Set(id) | TypeImage::Map(id) | TypeImage::Optional(id) => of(id),
            TypeImage::Record(fields) => fields.iter().any(|(_, id)| of(id)),
            TypeImage::Union(members) => members.iter().any(of),
            _ => false,
        };
        needs.push(own);
    }
    needs
}

/// What an instruction depends on, given what reading each slot does.
pub(super) fn of_instruction(image: &BundleImage, slots: &[Uses], instruction: &Instruction) -> Uses {
    let row = |operand: u32| usize::try_from(operand).ok();
    match instruction.opcode {
        opcode if opcode.info().a == OperandKind::Slot => {
            row(instruction.a).and_then(|slot| slots.get(slot)).copied().unwrap_or_default()
        }
        Opcode::Native => {
            let native = row(instruction.b).and_then(|row| image.natives.get(row));
            if native.is_none_or(NativeImage::allocates) { Uses::NATIVES } else { Uses::NONE }
        }
        Opcode::History | Opcode::HistoryOf | Opcode::Subject => Uses::REQUEST,
        _ => Uses::NONE,
    }
}
