//! The wire: bytes of one message, read strictly, and changed only by declared spans.
//!
//! [`lines`] cuts a stream into messages with limits on bytes and time. [`Text`] reads one message with the
//! runtime's strict reader (no batch, no key twice, no key that imitates one of the protocol; limits on bytes,
//! depth and values). [`splice`] makes the few changes a gateway has to make.

pub mod codes;
pub mod lines;
pub mod splice;

use bytes::Bytes;
use mcpz_runtime::json::{Buffers, Document, JsonFault, Kind, Limits, Message, NodeId};

/// Which end of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The client.
    Client,
    /// The server.
    Server,
}

impl Side {
    /// The other end.
    pub fn other(self) -> Side {
        match self {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        }
    }
}

/// The bytes of one message, and the memory it is read in.
#[derive(Debug)]
pub struct Text {
    /// The bytes, as they came and as they go.
    pub bytes: Bytes,
    buffers: Buffers,
}

impl Text {
    /// Bytes that have not been read.
    pub fn new(bytes: Bytes) -> Text {
        Text { bytes, buffers: Buffers::new() }
    }

    /// Reads the bytes as a message.
    pub fn read(&mut self, limits: &Limits) -> Result<Message<'_>, JsonFault> {
        self.buffers.read_message(&self.bytes, limits)
    }

    /// Reads the bytes as any JSON.
    pub fn read_json(&mut self, limits: &Limits) -> Result<Document<'_>, JsonFault> {
        self.buffers.read(&self.bytes, limits)
    }
}

/// Limits on one message.
pub fn limits(max_bytes: usize) -> Limits {
    Limits { max_bytes: u32::try_from(max_bytes).unwrap_or(u32::MAX), ..Limits::DEFAULT }
}

/// The value at a path of members.
pub fn at(document: Document<'_>, from: NodeId, path: &[&str]) -> Option<NodeId> {
    path.iter().try_fold(from, |node, name| document.get(node, name))
}

/// The string at a path of members.
pub fn str_at<'a>(document: Document<'a>, from: NodeId, path: &[&str]) -> Option<&'a str> {
    at(document, from, path).and_then(|node| document.str(node))
}

/// Where a value stands in the text.
pub fn span(document: Document<'_>, node: NodeId) -> std::ops::Range<usize> {
    let start = usize::try_from(document.offset(node)).unwrap_or(usize::MAX);
    start..start.saturating_add(document.raw(node).len())
}

/// An id or progress token, in one spelling: strings and integers never equal one another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Token {
    /// A string.
    Text(String),
    /// An integer.
    Number(i128),
}

impl Token {
    /// The token that a value is.
    pub fn of(document: Document<'_>, node: NodeId) -> Option<Token> {
        match document.kind(node) {
            Kind::String => document.str(node).map(|text| Token::Text(text.to_owned())),
            Kind::Number => document.integer(node).map(Token::Number),
            _ => None,
        }
    }

    /// Its JSON text.
    pub fn json(&self) -> String {
        match self {
            Token::Text(text) => quoted(text),
            Token::Number(number) => number.to_string(),
        }
    }
}

/// A JSON string.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
