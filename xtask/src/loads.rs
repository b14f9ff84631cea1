//! Loads and attacks for the gateway.

use crate::root;
use crate::steps::{self, Failed};
use std::path::PathBuf;
use std::process::Command;

/// `cargo xtask bench-gateway`.
#[derive(Debug, Clone, clap::Args)]
pub struct BenchArgs {
    /// How many calls, one after the other, on each way.
    #[arg(long, default_value_t = 3000)]
    pub calls: u32,
    /// How long each measurement of throughput takes.
    #[arg(long, default_value_t = 2)]
    pub seconds: u32,
    /// `json`, or text for people.
    #[arg(long, default_value = "human")]
    pub format: String,
}

/// `cargo xtask soak`.
#[derive(Debug, Clone, clap::Args)]
pub struct SoakArgs {
    /// How long.
    #[arg(long, default_value_t = 60)]
    pub seconds: u32,
    /// How many times the policy is exchanged meanwhile.
    #[arg(long, default_value_t = 200)]
    pub reloads: u32,
}

/// `cargo xtask kill-switch`.
#[derive(Debug, Clone, clap::Args)]
pub struct KillArgs {
    /// How many times a server is cut off and let go again.
    #[arg(long, default_value_t = 200)]
    pub times: u32,
}

/// `cargo xtask wire`: every attempt of `tests/wire/corpus`, against the binary as the tests build it.
pub fn wire() -> Result<(), Failed> {
    let words = ["test", "--quiet", "--package", "mcpz", "--test", "wire"];
    steps::run(Command::new(root::cargo()).args(words).current_dir(root::root()))
}

/// What the gateway adds to a call, built in release.
pub fn bench(args: &BenchArgs) -> Result<(), Failed> {
    let (calls, seconds) = (args.calls.to_string(), args.seconds.to_string());
    let mut words = vec!["bench", "--calls", &calls, "--seconds", &seconds];
    if args.format == "json" {
        words.push("--json");
    }
    load(true, &words)
}

/// Load with every answer checked, and reloads in the middle; built in release, or as the tests are.
pub fn soak(args: &SoakArgs, release: bool) -> Result<(), Failed> {
    load(release, &["soak", "--seconds", &args.seconds.to_string(), "--reloads", &args.reloads.to_string()])
}

/// From the kill switch to the last call that is forwarded.
pub fn kill(args: &KillArgs) -> Result<(), Failed> {
    load(true, &["kill", "--times", &args.times.to_string()])
}

fn load(release: bool, words: &[&str]) -> Result<(), Failed> {
    let mut build = Command::new(root::cargo());
    build.args(["build", "--quiet", "--package", "mcpz", "--package", "mcpz-load-tests", "--bins"]);
    if release {
        build.arg("--release");
    }
    steps::run(build.current_dir(root::root()))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root::root().join("target"), PathBuf::from);
    let folder = target.join(if release { "release" } else { "debug" });
    let mut command = Command::new(folder.join("mcpz-load-tests"));
    command.arg("--binary").arg(folder.join("mcpz")).args(words);
    steps::run(command.current_dir(root::root()))
}
