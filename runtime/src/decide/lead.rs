//! Which permits still matter when one is known to hold.
//!
//! What is said of permits is the first that holds and all that are in error. Once one holds, a part of
//! the tree is passed over when it stands behind it and its conditions cannot be in error with this
//! request: everything they read is there and readable ([`Faults`]).

use crate::vm::context::Context;
use crate::vm::places::{Found, Plain};
use crate::vm::slot::{place, read_slot, slot_value};
use crate::vm::value::Value;
use core::cell::Cell;
use mcpz_bytecode::ids::{RuleId, SlotId};
use mcpz_bytecode::verify::{Faults, PlaceSet};

/// What stands at a place.
enum Standing {
    /// Something that can be read as the place's type.
    Readable,
    /// Nothing, or null.
    Absent,
    /// Something else.
    Odd,
}

/// Looks at a place.
fn standing(cx: &Context<'_>, slot: SlotId) -> Standing {
    match place(cx, slot) {
        Some(Found::There(_, _, Plain::Text | Plain::Path | Plain::Int(_) | Plain::Bool(_))) => Standing::Readable,
        Some(Found::There(_, _, Plain::Null) | Found::Absent) => Standing::Absent,
        Some(Found::There(_, _, Plain::Bad(_)) | Found::Astray) => Standing::Odd,
        Some(Found::There(_, _, Plain::Other)) | None => match read_slot(cx, slot) {
            Ok(value) if !matches!(value, Value::Null) => Standing::Readable,
            _ if matches!(slot_value(cx, slot), Value::Absent | Value::Null) => Standing::Absent,
            _ => Standing::Odd,
        },
    }
}

/// The first permit that is known to hold, and what is amiss with the request.
#[derive(Debug)]
pub(crate) struct Lead {
    first: Cell<Option<RuleId>>,
    odd: PlaceSet,
    absent: PlaceSet,
}

impl Lead {
    /// Looks at all places that conditions read.
    pub fn new(cx: &Context<'_>, slots: &[SlotId]) -> Lead {
        let (mut odd, mut absent) = (PlaceSet::default(), PlaceSet::default());
        for slot in slots {
            match standing(cx, *slot) {
                Standing::Readable => {}
                Standing::Absent => absent = absent.and(PlaceSet::of(*slot)),
                Standing::Odd => odd = odd.and(PlaceSet::of(*slot)),
            }
        }
        Lead { first: Cell::new(None), odd, absent }
    }

    /// A permit holds.
    pub fn holds(&self, rule: RuleId) {
        self.first.set(Some(self.first.get().map_or(rule, |first| first.min(rule))));
    }

    /// Whether a rule stands behind one that holds, or is that one.
    #[inline]
    pub fn is_behind(&self, rule: RuleId) -> bool {
        self.first.get().is_some_and(|first| first <= rule)
    }

    /// Whether no condition below a node can be in error.
    #[inline]
    pub fn is_sound(&self, faults: Faults) -> bool {
        !faults.others && !faults.odd.meets(self.odd) && !faults.absent.meets(self.absent)
    }
}
