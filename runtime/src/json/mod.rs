//! Strict JSON: one text in, a flat read-only [`Document`] out, or one named fault.
//!
//! A policy decides on the bytes that are forwarded, so that a text which two parsers may read in
//! two ways must not pass. [`Buffers::read`] refuses duplicate keys (compared after their escapes
//! are decoded, at any depth), lone surrogates, numbers that are no exact decimal of the language,
//! NUL in keys, text after the value, and whatever is too long, too deep or too wide. [`message`](mod@message)
//! goes on to refuse keys that merely *look* like a key of the protocol.
//!
//! Strings without escapes are borrowed from the text; the others are checked here and decoded when
//! they are read. The buffers are reused from message to message, so that reading settles to no
//! allocation at all.

mod document;
mod fault;
mod message;
mod number;
mod protocol;
mod reader;
mod scan;
mod side;
mod string;
#[cfg(test)]
mod tests;

pub use document::{Document, Elements, Kind, Members, NodeId};
pub use fault::{FaultKind, JsonFault};
pub use message::{Message, MessageKind, message};
pub use protocol::PROTOCOL_KEYS;

use alloc::vec::Vec;
use document::Node;
use reader::Frame;
use side::Side;

/// Deepest nesting that is ever read, whatever [`Limits`] say: walks over a document recurse.
pub const DEEPEST: u32 = 64;

/// Bounds on one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest text, in bytes.
    pub max_bytes: u32,
    /// Deepest nesting of arrays and objects; never more than [`DEEPEST`].
    pub max_depth: u32,
    /// Most values, containers included.
    pub max_nodes: u32,
}

impl Limits {
    /// 4 MiB, 64 deep, 200,000 values.
    pub const DEFAULT: Limits = Limits { max_bytes: 4 * 1024 * 1024, max_depth: DEEPEST, max_nodes: 200_000 };
}

impl Default for Limits {
    fn default() -> Limits {
        Limits::DEFAULT
    }
}

/// The memory that documents live in, to be reused from text to text.
#[derive(Debug, Default, Clone)]
pub struct Buffers {
    nodes: Vec<Node>,
    side: Side,
    open: Vec<Frame>,
}

impl Buffers {
    /// Empty buffers.
    pub const fn new() -> Buffers {
        Buffers { nodes: Vec::new(), side: Side::new(), open: Vec::new() }
    }

    /// Reads one JSON text.
    pub fn read<'a>(&'a mut self, text: &'a [u8], limits: &Limits) -> Result<Document<'a>, JsonFault> {
        if text.len() > widen(limits.max_bytes) {
            return Err(JsonFault { kind: FaultKind::TooLong, offset: limits.max_bytes });
        }
        let text = match simdutf8::basic::from_utf8(text) {
            Ok(text) => text,
            Err(_) => return Err(not_utf8(text)),
        };
        self.clear();
        reader::read(self, text, limits)?;
        Ok(Document { text, nodes: &self.nodes, side: Some(&self.side) })
    }

    /// The document that was read last, whose text this is.
    pub fn view<'a>(&'a self, text: &'a str) -> Document<'a> {
        Document { text, nodes: &self.nodes, side: Some(&self.side) }
    }

    /// Reads one JSON-RPC message.
    pub fn read_message<'a>(&'a mut self, text: &'a [u8], limits: &Limits) -> Result<Message<'a>, JsonFault> {
        message(self.read(text, limits)?)
    }

    fn clear(&mut self) {
        self.nodes.clear();
        self.side.clear();
        self.open.clear();
    }
}

/// Where a text stops being UTF-8.
#[cold]
fn not_utf8(text: &[u8]) -> JsonFault {
    let valid = core::str::from_utf8(text).map_or_else(|error| error.valid_up_to(), str::len);
    JsonFault { kind: FaultKind::NotUtf8, offset: narrow(valid) }
}

/// An index or length that the limits keep within 32 bits.
#[inline(always)]
fn narrow(value: usize) -> u32 {
    u32::try_from(value & 0xffff_ffff).unwrap_or(u32::MAX)
}

/// An index of 32 bits where the machine's word is wanted.
#[inline(always)]
fn widen(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}
