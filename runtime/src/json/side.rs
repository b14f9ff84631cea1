//! What stands beside the nodes: numbers, decoded keys, the order of large objects, and strings with
//! escapes, which are decoded when they are first read.

use super::string;
use alloc::string::String;
use alloc::vec::Vec;

/// So many strings keep their memory from text to text.
const KEPT_STRINGS: usize = 256;
/// Longer memory than this is not kept.
const KEPT_BYTES: usize = 64 * 1024;

#[derive(Debug, Default, Clone)]
pub(super) struct Side {
    /// Integers of few digits.
    pub(super) integers: Vec<i64>,
    /// Other numbers, in units of 10^-18.
    pub(super) decimals: Vec<i128>,
    /// Keys that had escapes.
    pub(super) decoded: String,
    /// The members of large objects, each object's sorted by key.
    pub(super) sorted: Vec<u32>,
    pub(super) large: Vec<Large>,
    /// Where members are sorted.
    pub(super) ranked: Vec<Ranked>,
    escaped: Vec<Escaped>,
    /// How many of `escaped` belong to the text at hand; the others wait for texts to come.
    in_use: usize,
}

/// A member that is being sorted: how its key begins, behind what all keys begin with, and its node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ranked {
    pub(super) beginning: u64,
    pub(super) node: u32,
}

/// An object of many members.
#[derive(Debug, Clone, Copy)]
pub(super) struct Large {
    pub(super) count: u32,
    /// First row of `sorted`.
    pub(super) first: u32,
}

impl Side {
    pub(super) const fn new() -> Side {
        Side {
            integers: Vec::new(),
            decimals: Vec::new(),
            decoded: String::new(),
            sorted: Vec::new(),
            large: Vec::new(),
            ranked: Vec::new(),
            escaped: Vec::new(),
            in_use: 0,
        }
    }

    pub(super) fn clear(&mut self) {
        self.integers.clear();
        self.decimals.clear();
        self.decoded.clear();
        self.sorted.clear();
        self.large.clear();
        self.escaped.iter_mut().take(self.in_use).for_each(Escaped::recycle);
        self.escaped.truncate(KEPT_STRINGS);
        self.in_use = 0;
    }

    /// Notes the inside of a string with escapes; its row.
    pub(super) fn note_escaped(&mut self, start: u32, end: u32) -> u32 {
        let row = self.in_use;
        match self.escaped.get_mut(row) {
            Some(escaped) => (escaped.start, escaped.end) = (start, end),
            None => self.escaped.push(Escaped { start, end, ..Escaped::default() }),
        }
        self.in_use = row.saturating_add(1);
        super::narrow(row)
    }

    /// A string with escapes, decoded.
    pub(super) fn unescaped(&self, row: u32, text: &str) -> &str {
        self.escaped.get(super::widen(row)).map_or("", |escaped| escaped.decoded(text))
    }
}

/// A string with escapes.
#[derive(Debug, Default)]
struct Escaped {
    start: u32,
    end: u32,
    decoded: shared::Once<String>,
    /// Memory of an earlier text's string.
    memory: shared::Shelf<String>,
}

impl Escaped {
    fn decoded(&self, text: &str) -> &str {
        self.decoded.get_or_init(|| {
            let mut memory = shared::take(&self.memory);
            memory.clear();
            let inside = text.get(super::widen(self.start)..super::widen(self.end));
            string::decode(inside.unwrap_or_default(), &mut memory);
            memory
        })
    }

    fn recycle(&mut self) {
        if let Some(memory) = self.decoded.take().filter(|memory| memory.capacity() <= KEPT_BYTES) {
            shared::put(&mut self.memory, memory);
        }
    }
}

impl Clone for Escaped {
    fn clone(&self) -> Escaped {
        Escaped { start: self.start, end: self.end, decoded: self.decoded.clone(), ..Escaped::default() }
    }
}

/// Cells that several threads may share.
#[cfg(feature = "std")]
mod shared {
    extern crate std;
    pub(super) use std::sync::{Mutex as Shelf, OnceLock as Once};

    /// What lies on the shelf; nothing while another takes it.
    pub(super) fn take<T: Default>(shelf: &Shelf<T>) -> T {
        shelf.try_lock().map(|mut value| core::mem::take(&mut *value)).unwrap_or_default()
    }

    pub(super) fn put<T>(shelf: &mut Shelf<T>, value: T) {
        if let Ok(place) = shelf.get_mut() {
            *place = value;
        }
    }
}

/// Cells for where there are no threads.
#[cfg(not(feature = "std"))]
mod shared {
    pub(super) use core::cell::{OnceCell as Once, RefCell as Shelf};

    /// What lies on the shelf.
    pub(super) fn take<T: Default>(shelf: &Shelf<T>) -> T {
        shelf.try_borrow_mut().map(|mut value| core::mem::take(&mut *value)).unwrap_or_default()
    }

    pub(super) fn put<T>(shelf: &mut Shelf<T>, value: T) {
        *shelf.get_mut() = value;
    }
}
