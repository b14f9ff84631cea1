//! The audit log: one record for each decision, in a chain that shows every later change.
//!
//! A log is a folder of *segments*, files of JSON lines. Each line holds a record and a hash over the record's bytes and
//! the hash before it ([`line`](mod@line)); every so often a *checkpoint* signs the chain so far, and the *head* file says, signed,
//! how far the chain reached ([`signed`]). [`Log`] writes: records that arrive together are written and flushed to the
//! disk together ([`log`], [`writer`]). [`open`] looks at what is there before anything is added, [`verify`] proves a
//! whole log, [`entry`] and [`export`] read it for people and for other systems.
//!
//! Fails closed: a record that cannot be written is an error, and the caller then denies, unless the configuration says
//! otherwise; a log that was damaged is not added to.

pub mod body;
pub mod clock;
pub(crate) mod durable;
pub mod entry;
pub mod export;
pub mod keys;
pub mod line;
pub mod log;
pub mod open;
pub mod segment;
pub mod signed;
pub mod verify;
pub mod writer;

#[cfg(test)]
mod tests;

pub use log::{Log, Stats};
pub use open::Opened;

use serde::Deserialize;
use std::path::PathBuf;

/// `[audit]` of the gateway's configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The folder of the log; absent: nothing is written down.
    pub folder: Option<PathBuf>,
    /// The signing key, made by `mcpz audit keygen`; there is no default.
    pub key: Option<PathBuf>,
    /// A segment that has grown beyond this is followed by another.
    pub rotate_bytes: u64,
    /// So many records at most stand behind the last checkpoint.
    pub checkpoint_records: u32,
    /// So long at most a record waits for a checkpoint, milliseconds.
    pub checkpoint_ms: u64,
    /// What happens to a message whose record cannot be written.
    pub on_failure: OnFailure,
    /// Which records are on the disk before the message or its answer leaves.
    pub durable: Durable,
    /// So many records may wait to be written; what comes on top counts as not written.
    pub queue: usize,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            folder: None,
            key: None,
            rotate_bytes: 64 << 20,
            checkpoint_records: 4096,
            checkpoint_ms: 1000,
            on_failure: OnFailure::Deny,
            durable: Durable::ByRule,
            queue: 8192,
        }
    }
}

/// What happens to a message whose record cannot be written: the disk is full, the log is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// It is denied.
    Deny,
    /// It goes on; the record is lost, and the log says how many were as soon as it can.
    Continue,
}

/// Which records are on the disk before the message or its answer leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Durable {
    /// Those whose rules say so: `audit full`.
    ByRule,
    /// All.
    Always,
}

/// Why a record was not written, or a log not opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditError {
    /// The configuration or the key will not do.
    Config(String),
    /// Another process writes this log.
    Locked,
    /// What is there was changed, cut, or is not this log: it is not added to.
    Damaged(String),
    /// The disk did not take it.
    Write(String),
    /// An earlier flush failed, so that what is on the disk is not known: nothing more is written until the log is
    /// opened again.
    Failed,
    /// Too many records wait.
    Overloaded,
    /// The record is longer than any may be.
    TooLong,
    /// The log was closed.
    Closed,
}

impl AuditError {
    /// The stable word.
    pub fn code(&self) -> &'static str {
        match self {
            AuditError::Config(_) => "config",
            AuditError::Locked => "locked",
            AuditError::Damaged(_) => "damaged",
            AuditError::Write(_) => "write",
            AuditError::Failed => "failed",
            AuditError::Overloaded => "overloaded",
            AuditError::TooLong => "too_long",
            AuditError::Closed => "closed",
        }
    }
}

impl std::fmt::Display for AuditError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            AuditError::Config(what) => write!(f, "audit: {what}"),
            AuditError::Locked => f.write_str("another process writes this audit log"),
            AuditError::Damaged(what) => write!(f, "the audit log is damaged and is not added to: {what}"),
            AuditError::Write(what) => write!(f, "the audit log cannot be written: {what}"),
            AuditError::Failed => f.write_str("the audit log failed earlier and must be opened again"),
            AuditError::Overloaded => f.write_str("too many audit records wait to be written"),
            AuditError::TooLong => f.write_str("an audit record is longer than any may be"),
            AuditError::Closed => f.write_str("the audit log is closed"),
        }
    }
}

impl std::error::Error for AuditError {}

impl From<std::io::Error> for AuditError {
    fn from(error: std::io::Error) -> AuditError {
        AuditError::Write(error.to_string())
    }
}
