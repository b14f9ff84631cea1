//! Answers to requests: from a snapshot and the protocol's parameters to the protocol's results.

pub mod commands;
pub mod completion;
pub mod diagnostics;
pub mod documents;
pub mod editing;
pub mod navigation;
pub mod reading;
