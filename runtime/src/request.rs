//! What is asked: the message as it came, and the facts the enforcement point supplies.

use crate::json::Document;
use core::net::IpAddr;

/// The two directions of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// What clients ask of servers.
    ToServer,
    /// What servers ask of clients.
    ToClient,
}

/// A request to decide.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// One JSON-RPC message, exactly as it is to be forwarded.
    pub message: &'a [u8],
    /// The server at one end of the connection, by its name in the policy.
    pub server: &'a str,
    /// Which way the message goes.
    pub direction: Direction,
    /// Everything else that is known.
    pub facts: Facts<'a>,
}

/// Facts that do not stand in the message.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts<'a> {
    /// The time, milliseconds since the Unix epoch.
    pub now_ms: i64,
    /// `context`.
    pub context: ContextFacts<'a>,
    /// The peer's address; absent for a peer that is not on the network (stdio).
    pub network_source: Option<IpAddr>,
}

/// `context`: what the enforcement point declares to know.
#[derive(Debug, Clone, Copy, Default)]
pub enum ContextFacts<'a> {
    /// Nothing.
    #[default]
    Nothing,
    /// The text of a JSON object.
    Text(&'a str),
    /// A JSON object, read before: for facts that stay the same from request to request.
    Read(Document<'a>),
}

impl<'a> From<Option<&'a str>> for ContextFacts<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(ContextFacts::Nothing, ContextFacts::Text)
    }
}
