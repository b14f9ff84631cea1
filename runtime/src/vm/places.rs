//! Where the places of a request stand: found once for each decision, however many tests look there.

use crate::json::NodeId;
use crate::vm::value::Source;
use alloc::vec::Vec;
use core::cell::Cell;
use mcpz_bytecode::ErrorCode;
use mcpz_bytecode::ids::SlotId;

/// What stands at a place of a JSON document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Absent,
    /// Something on the way is no object.
    Astray,
    /// This value of this document.
    There(Source, NodeId, Plain),
}

/// What a value is when it is read as the type of its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plain {
    /// `null`.
    Null,
    /// A text.
    Text,
    /// A clean path.
    Path,
    /// An integer.
    Int(i64),
    /// A boolean.
    Bool(bool),
    /// It cannot be read as that type.
    Bad(ErrorCode),
    /// Something else.
    Other,
}

/// Findings by slot. Those of an earlier decision carry another stamp.
#[derive(Debug, Default)]
pub struct Places {
    stamp: u32,
    rows: Vec<Cell<(u32, Found)>>,
}

impl Places {
    /// The same memory for so many slots, with nothing found yet.
    pub fn fresh(mut self, slots: usize) -> Self {
        match self.stamp.checked_add(1) {
            Some(next) => self.stamp = next,
            None => {
                self.rows.clear();
                self.stamp = 1;
            }
        }
        if self.rows.len() < slots {
            self.rows.resize(slots, Cell::new((0, Found::Absent)));
        }
        self
    }

    /// What was found before.
    #[inline]
    pub fn known(&self, slot: SlotId) -> Option<Found> {
        let (stamp, found) = self.rows.get(slot.index())?.get();
        (stamp == self.stamp).then_some(found)
    }

    /// Notes what was found.
    pub fn note(&self, slot: SlotId, found: Found) {
        if let Some(row) = self.rows.get(slot.index()) {
            row.set((self.stamp, found));
        }
    }
}
