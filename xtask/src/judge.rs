//! Starts the judges: a program in `tests/` that compares, fuzzes and mutates.
//!
//! By themselves they are built for speed, as long runs want it. In a full test run they are what the
//! tests have built already: another build of everything would take longer than it saves, and overflow
//! checks are on besides.

use crate::root;
use crate::steps::{self, Failed};
use std::process::Command;

/// `cargo xtask oracle`.
#[derive(Debug, Clone, clap::Args)]
pub struct OracleArgs {
    /// How many pairs of package and request.
    #[arg(long, default_value_t = 50_000)]
    pub pairs: u64,
    /// Where the generator starts.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Run this one pair again and print it: the line that a failure printed.
    #[arg(long, value_name = "REPLAY")]
    pub replay: Option<String>,
}

/// `cargo xtask fuzz`.
#[derive(Debug, Clone, clap::Args)]
pub struct FuzzArgs {
    /// What is fed.
    #[arg(value_enum)]
    pub what: FuzzTarget,
    /// How many inputs.
    #[arg(long, default_value_t = 100_000)]
    pub runs: u64,
    /// Where the generator starts.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// What can be fuzzed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum FuzzTarget {
    /// Parser: no panic, the tree's text is the source, the normative grammar agrees.
    Parser,
    /// Formatter: parse, format, parse gives the same program; formatting twice changes nothing.
    Format,
    /// Schema validation against the `jsonschema` crate.
    Schema,
    /// Strict JSON reader against `serde_json`.
    Json,
    /// Bundle reader: random damage is refused or decides within bounds.
    Bundle,
}

impl FuzzTarget {
    /// Every target.
    pub const ALL: [FuzzTarget; 5] =
        [FuzzTarget::Parser, FuzzTarget::Format, FuzzTarget::Schema, FuzzTarget::Json, FuzzTarget::Bundle];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            FuzzTarget::Parser => "parser",
            FuzzTarget::Format => "format",
            FuzzTarget::Schema => "schema",
            FuzzTarget::Json => "json",
            FuzzTarget::Bundle => "bundle",
        }
    }
}

/// `cargo xtask mutate-bundles`.
#[derive(Debug, Clone, clap::Args)]
pub struct MutateArgs {
    /// Only the example of this name.
    #[arg(long)]
    pub example: Option<String>,
    /// Every n-th mutation only, for a quick look.
    #[arg(long, default_value_t = 1)]
    pub stride: u64,
}

/// How the judges are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Build {
    /// For speed.
    Release,
    /// As the tests are.
    Tests,
}

impl Build {
    /// A cargo command on the judges.
    fn command(self, verb: &str) -> Command {
        let mut command = Command::new(root::cargo());
        command.args([verb, "--package", "mcpz-judge"]).current_dir(root::root());
        if self == Build::Release {
            command.arg("--release");
        }
        command
    }

    /// Runs a judge.
    fn judge(self, words: &[&str]) -> Result<(), Failed> {
        steps::run(self.command("run").args(["--quiet", "--"]).args(words))
    }
}

/// Compares VM and reference interpreter.
pub fn oracle(build: Build, args: &OracleArgs) -> Result<(), Failed> {
    let (pairs, seed) = (args.pairs.to_string(), args.seed.to_string());
    match &args.replay {
        Some(replay) => build.judge(&["oracle", "--replay", replay]),
        None => build.judge(&["oracle", "--pairs", &pairs, "--seed", &seed]),
    }
}

/// Feeds a part with generated input.
pub fn fuzz(build: Build, args: &FuzzArgs) -> Result<(), Failed> {
    build.judge(&["fuzz", args.what.name(), "--runs", &args.runs.to_string(), "--seed", &args.seed.to_string()])
}

/// Damages the example bundles.
pub fn mutate_bundles(build: Build, args: &MutateArgs) -> Result<(), Failed> {
    let stride = args.stride.to_string();
    let mut words = vec!["mutate-bundles", "--stride", &stride];
    if let Some(example) = &args.example {
        words.extend(["--example", example]);
    }
    build.judge(&words)
}

/// Builds the judges, so that later runs start at once.
pub fn build(build: Build) -> Result<(), Failed> {
    steps::run(&mut build.command("build"))
}
