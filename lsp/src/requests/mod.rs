//! Answers to requests: from a snapshot and the protocol's parameters to the protocol's results.

pub mod completion;
pub mod diagnostics;
pub mod documents;
