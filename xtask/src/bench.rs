//! `cargo xtask bench`: what a decision costs, beside the peers.
//!
//! The benches are a workspace of their own in `benches/`: the peers are built by this command, and by
//! no test. What is measured and how stands in `benches/README.md`.

use crate::root;
use crate::steps::{self, Failed};
use std::process::Command;

/// `cargo xtask bench`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Short measurements, and no peers at 100,000 rules: under five minutes once it is built.
    #[arg(long)]
    pub quick: bool,
    /// What to print: `table` or `json`.
    #[arg(long, default_value = "table")]
    pub format: String,
    /// Only these workloads, with commas between: W1 to W5, dense, wildcard, regex, range, forbid, deep, roles64, attack.
    #[arg(long)]
    pub workloads: Option<String>,
    /// Only these engines, with commas between.
    #[arg(long)]
    pub engines: Option<String>,
    /// Count instructions in a quick run too; valgrind is needed.
    #[arg(long)]
    pub instructions: bool,
    /// Measure nothing; say which functions mcpz' instructions go to, on these workloads (W1 by default); valgrind is needed.
    #[arg(long)]
    pub profile: bool,
    /// Compile every engine for this processor instead of for any of its kind.
    #[arg(long)]
    pub native: bool,
    /// Write `docs/PERFORMANCE.md` and its charts from this run.
    #[arg(long)]
    pub write_docs: bool,
}

/// Builds the benches and runs them. Standard output is theirs alone.
pub fn run(args: &Args) -> Result<(), Failed> {
    let folder = root::root().join("benches");
    steps::run(cargo(args).args(["build", "--release", "--bins"]).current_dir(&folder))?;
    let mut command = cargo(args);
    command.args(["run", "--quiet", "--release", "--bin", "bench", "--"]).args(words(args));
    if args.profile {
        return steps::run(command.current_dir(&folder));
    }
    if args.write_docs {
        command.arg("--docs").arg(root::root().join("docs"));
    } else {
        command.arg("--charts").arg(root::build().join("bench"));
    }
    steps::run(command.current_dir(&folder))
}

/// Cargo, with the flags that hold for every engine.
fn cargo(args: &Args) -> Command {
    let mut command = Command::new(root::cargo());
    if args.native {
        command.env("RUSTFLAGS", "-C target-cpu=native");
    }
    command
}

/// What the benches are told.
fn words(args: &Args) -> Vec<String> {
    let mut words = vec!["--format".to_owned(), args.format.clone()];
    for (flag, on) in [("--quick", args.quick), ("--instructions", args.instructions), ("--profile", args.profile)] {
        words.extend(on.then(|| flag.to_owned()));
    }
    for (flag, value) in [("--workloads", &args.workloads), ("--engines", &args.engines)] {
        words.extend(value.iter().flat_map(|value| [flag.to_owned(), value.clone()]));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_passed_on() {
        let args = Args {
            quick: true,
            format: "json".to_owned(),
            workloads: Some("W1,dense".to_owned()),
            engines: None,
            instructions: false,
            profile: false,
            native: false,
            write_docs: false,
        };
        assert_eq!(words(&args), ["--format", "json", "--quick", "--workloads", "W1,dense"]);
    }
}
