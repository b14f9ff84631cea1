//! `cargo xtask test`: everything that must hold, in one command. CI runs this and nothing else.

use crate::judge::{self, Build, FuzzArgs, FuzzTarget, MutateArgs, OracleArgs};
use crate::loads::{self, SoakArgs};
use crate::steps::{self, Failed, Steps};
use crate::{clients, codegen, conformance, demo, editors, root, setup, tidy};
use std::process::Command;

/// Pairs for the oracle in a full test run.
const PAIRS: u64 = 50_000;
/// Every how many-th damaged bundle is tried in a full test run; `cargo xtask mutate-bundles` tries all.
const MUTATION_STRIDE: u64 = 64;
/// Inputs for each fuzz target in a full test run.
const FUZZ_RUNS: u64 = 5_000;

/// How long the gateway is under load in a full test run, and how often its policy is exchanged.
const SOAK_SECONDS: u32 = 6;
const SOAK_RELOADS: u32 = 20;

/// `cargo xtask test`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Leave out the judges (oracle, fuzz smoke, bundle mutation), the soak and the demo.
    #[arg(long)]
    pub quick: bool,
    /// Put the gateway between programs of others too: the MCP conformance suite, and the table of real clients and servers.
    /// They install 330 MB and take minutes, so they are asked for.
    #[arg(long)]
    pub peers: bool,
}

/// Runs every step and reports all of them; only a failed set-up or build stops early.
pub fn run(args: &Args) -> Result<(), Failed> {
    let mut steps = Steps::default();
    steps.step("set-up: MCP servers for tests", setup::run);
    let has_editors = steps.step("set-up: packages of the VS Code extension", editors::set_up);
    steps.step("formatting", || cargo(&["fmt", "--all", "--check"]));
    steps.step("tidy", tidy::run);
    steps.step("lints", || cargo(&["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]));
    steps.step("links of the documentation", documentation);
    steps.step("generated files are fresh", || codegen::run(&codegen::Args { check: true }));
    steps.step("tests", || cargo(&["test", "--workspace", "--no-fail-fast"]));
    if has_editors {
        steps.step("VS Code extension: types, unit tests, grammar, bundle", editors::test);
    }
    if !args.quick {
        judges(&mut steps);
    }
    if args.peers {
        peers(&mut steps);
    }
    steps.finish()
}

fn judges(steps: &mut Steps) {
    if !steps.step("build the judges", || judge::build(Build::Tests)) {
        return;
    }
    let oracle = OracleArgs { pairs: PAIRS, seed: 2026, replay: None };
    steps.step(&format!("oracle: {PAIRS} pairs"), || judge::oracle(Build::Tests, &oracle));
    for what in FuzzTarget::ALL {
        let args = FuzzArgs { what, runs: FUZZ_RUNS, seed: 2026 };
        steps.step(&format!("fuzz {}: {FUZZ_RUNS} runs", what.name()), || judge::fuzz(Build::Tests, &args));
    }
    let mutate = MutateArgs { example: None, stride: MUTATION_STRIDE };
    steps.step("mutate bundles", || judge::mutate_bundles(Build::Tests, &mutate));
    let soak = SoakArgs { seconds: SOAK_SECONDS, reloads: SOAK_RELOADS };
    steps.step(&format!("soak: the gateway under load for {SOAK_SECONDS} s"), || loads::soak(&soak, false));
    // As the tests are built; by itself `cargo demo` is built for speed, which would be everything once more.
    steps.step("demo", || demo::run(&demo::Args::default()));
}

fn peers(steps: &mut Steps) {
    let suite = conformance::Args { scenario: None };
    steps.step("MCP conformance suite: direct and through the gateway", || conformance::run(&suite));
    let matrix = clients::Args { server: None, client: None };
    steps.step("real clients and servers through mcpz", || clients::run(&matrix));
}

/// Every link in the documentation of the code leads somewhere.
fn documentation() -> Result<(), Failed> {
    let words = ["doc", "--quiet", "--workspace", "--no-deps", "--document-private-items"];
    steps::run(Command::new(root::cargo()).args(words).env("RUSTDOCFLAGS", "-D warnings").current_dir(root::root()))
}

fn cargo(words: &[&str]) -> Result<(), Failed> {
    steps::run(Command::new(root::cargo()).args(words).current_dir(root::root()))
}
