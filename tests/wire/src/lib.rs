//! Ways around a gateway: attempts as raw bytes, on stdio and over HTTP, against the real binary.
//!
//! The attempts are data (`corpus/*.toml`). Each is made on a connection of its own, and must be refused with the
//! reason that stands beside it. A server behind the gateway writes down every byte it is sent ([`recorder`]); no attempt
//! may be among them, and a harmless call after each attempt must be, so that silence proves something.

pub mod corpus;
pub mod http;
pub mod recorder;
pub mod stdio;
mod work;

pub use work::{Report, Stopped, gateway, run};
