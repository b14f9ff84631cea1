//! A client of MCP servers, just enough to ask one what it offers.
//!
//! [`process`] starts the server in a process group of its own and sees that nothing of it
//! survives; [`client`] speaks the protocol (crate `rmcp`) and pages through the lists;
//! [`capture`](mod@capture) turns the answers into the plain JSON of a catalog file. What a server says is
//! untrusted: it is bounded in time, in bytes and in pages, and shown only escaped.

pub mod capture;
pub mod client;
pub mod process;

pub use capture::Capture;
pub use client::{Launch, capture};
