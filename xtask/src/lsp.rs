//! Loads for the language server: a client in `tests/lsp`, and the binary in release.

use crate::root;
use crate::steps::{self, Failed};
use std::process::Command;

/// `cargo xtask bench-lsp`.
#[derive(Debug, Clone, clap::Args)]
pub struct BenchArgs {
    /// How many edits and completions are measured.
    #[arg(long, default_value_t = 200)]
    pub rounds: u32,
    /// `json`, or text for people.
    #[arg(long, default_value = "human")]
    pub format: String,
}

/// `cargo xtask lsp-torture`.
#[derive(Debug, Clone, clap::Args)]
pub struct TortureArgs {
    /// How many edits.
    #[arg(long, default_value_t = 100_000)]
    pub edits: u64,
    /// Where the generator starts.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Measures latency and memory.
pub fn bench(args: &BenchArgs) -> Result<(), Failed> {
    let rounds = args.rounds.to_string();
    let mut words = vec!["bench", "--rounds", &rounds];
    if args.format == "json" {
        words.push("--json");
    }
    load(&words)
}

/// Random edits between random requests.
pub fn torture(args: &TortureArgs) -> Result<(), Failed> {
    load(&["torture", "--edits", &args.edits.to_string(), "--seed", &args.seed.to_string()])
}

fn load(words: &[&str]) -> Result<(), Failed> {
    let build = ["build", "--quiet", "--release", "--package", "mcpz", "--package", "mcpz-lsp-tests", "--bins"];
    steps::run(Command::new(root::cargo()).args(build).current_dir(root::root()))?;
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root::root().join("target"), std::path::PathBuf::from);
    let folder = target.join("release");
    let mut command = Command::new(folder.join("mcpz-lsp-tests"));
    command.arg("--binary").arg(folder.join("mcpz")).args(words);
    steps::run(command.current_dir(root::root()))
}
