//! Long runs of what the tests do shortly: the gateway under kills.

use crate::root;
use crate::steps::{self, Failed};
use std::process::Command;

/// `cargo xtask audit-crash`.
#[derive(Debug, Clone, clap::Args)]
pub struct AuditCrashArgs {
    /// How often the writer is killed.
    #[arg(long, default_value_t = 200)]
    pub times: u32,
}

/// Kills a process that writes an audit log, again and again: no acknowledged record is lost, the chain is sound.
pub fn audit_crash(args: &AuditCrashArgs) -> Result<(), Failed> {
    let words = ["test", "--package", "mcpz-gateway", "--test", "audit_crash", "--", "--nocapture"];
    steps::run(
        Command::new(root::cargo())
            .args(words)
            .env("MCPZ_AUDIT_CRASH_TIMES", args.times.to_string())
            .current_dir(root::root()),
    )
}
