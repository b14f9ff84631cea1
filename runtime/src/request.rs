//! What is asked: the message as it came, and the facts the enforcement point supplies.

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
#[derive(Debug, Clone, Copy, PartialEq)]
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
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Facts<'a> {
    /// The time, milliseconds since the Unix epoch.
    pub now_ms: i64,
    /// `context`: the text of a JSON object; absent means that nothing is known.
    pub context: Option<&'a str>,
    /// The peer's address; absent for a peer that is not on the network (stdio).
    pub network_source: Option<IpAddr>,
}
