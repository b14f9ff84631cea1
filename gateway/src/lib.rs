//! The enforcement point: every MCP message, of either side, is put before the policy.
//!
//! Data flows one way through one place. Bytes come in from a client or a server ([`stdio`], [`http`]),
//! [`wire`] reads them strictly, [`proxy::Conversation`] decides (it does no I/O), which says what is to be sent
//! where; what was judged is what is sent, byte for byte. [`policy`] holds the bundle that a decision is made
//! with, [`state`] what has happened before, [`pins`] what servers were known to declare.
//!
//! [`identity`] verifies who asks, [`audit`] writes down what was decided, [`control`] is the kill switch,
//! [`telemetry`] what is measured, [`tls`] whom we trust when we call others. [`serve`] puts it all together.
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

// Tests that stand beside the code share fixtures with those in `tests`.
#[cfg(test)]
extern crate self as mcpz_gateway;

pub mod audit;
pub mod carry;
pub mod config;
pub mod control;
pub mod http;
pub mod identity;
pub mod pins;
pub mod policy;
pub mod proxy;
pub mod record;
pub mod serve;
pub mod state;
pub mod stdio;
pub mod telemetry;
pub mod tls;
pub mod verified;
pub mod wire;
