//! `cargo demo`: the whole path on one example, from sources to a decision explained.
//!
//! Nothing here decides or renders by itself: checking, testing, evaluating and explaining are the
//! library functions behind `mcpz check`, `test`, `eval` and `why`. It ends at the gateway: [`crate::gateway_demo`].

use crate::gateway_demo;
use crate::root;
use crate::steps::Failed;
use mcpz::case::{self, Case};
use mcpz::commands::inspect::entry_name;
use mcpz::decision::hex;
use mcpz::engine::{Engine, direction_of};
use mcpz::output::{BOLD, Color, DIM, Format, GOOD, NAME, Output, styled};
use mcpz::pipeline::{self, Compiled};
use mcpz::shell::Shell;
use mcpz::{commands, package, testing, transcript, why};
use mcpz_compiler::BuildOptions;
use mcpz_runtime::decision::{Decision, Effect, Reason};
use std::path::Path;
use std::time::{Duration, Instant};

/// How often a message is decided to tell how long that takes.
const REPEATS: usize = 301;

/// The package that is shown.
const EXAMPLE: &str = "payments";

/// `cargo demo`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The example package.
    #[arg(long, default_value = EXAMPLE)]
    pub example: String,
    /// When to use colour.
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
}

impl Default for Args {
    fn default() -> Self {
        Args { example: EXAMPLE.to_owned(), color: Color::Auto }
    }
}

/// Runs the demo.
pub fn run(args: &Args) -> Result<(), Failed> {
    let folder = root::root().join("examples").join(&args.example);
    let mut shell = Shell { out: Output::stdout(Format::Human, args.color), directory: folder.clone() };
    let result = show(&folder, &args.example, &mut shell);
    match (result, shell.out.finish()) {
        (Ok(()), Some(error)) => Err(Failed(format!("output cannot be written: {error}"))),
        (result, _) => result,
    }
}

fn show(folder: &Path, name: &str, shell: &mut Shell) -> Result<(), Failed> {
    let compiled = check(folder, name, shell)?;
    let engine = pipeline::engine(&compiled)?;
    tests(&compiled, &engine, shell)?;
    bundle(&compiled, &engine, shell)?;
    let (cases, decisions) = session(folder, &engine, shell)?;
    explain(&cases, &decisions, &engine, shell)?;
    gateway(shell)
}

/// The same decisions where they are enforced: in front of a real server.
fn gateway(shell: &mut Shell) -> Result<(), Failed> {
    let command = "mcpz gateway --config gateway.toml";
    heading(shell, 6, "Enforce: examples/gateway in front of a real server-filesystem", command);
    match gateway_demo::ready() {
        Ok(()) => gateway_demo::show(shell),
        Err(Failed(why)) => {
            shell.out.line(format!("  left out: {}", mcpz::escape::inline(&why)));
            Ok(())
        }
    }
}

fn heading(shell: &mut Shell, number: usize, text: &str, command: &str) {
    shell.out.line("");
    shell.out.line(format!("{} {}  {}", styled(NAME, number), styled(BOLD, text), styled(DIM, command)));
    shell.out.line("");
}

fn check(folder: &Path, name: &str, shell: &mut Shell) -> Result<Compiled, Failed> {
    heading(shell, 1, &format!("Check examples/{name}"), "mcpz check");
    let loaded = package::load(folder)?;
    let start = Instant::now();
    let compiled =
        pipeline::compile(&loaded, shell).ok_or_else(|| Failed("the example does not compile".to_owned()))?;
    let took = start.elapsed();
    let program = &compiled.program;
    let tools: usize = program.servers.iter().map(|server| server.tools.len()).sum();
    let packages: Vec<&str> = program.packages.iter().map(|package| package.name.as_str()).collect();
    shell.out.line(format!("  packages  {}", packages.join(", ")));
    shell.out.line(format!(
        "  holds     {} rules over {} servers with {tools} tools, {} identities and roles",
        program.rules.len(),
        program.servers.len(),
        program.classes.len()
    ));
    shell.out.line(format!("  result    {} in {}", styled(GOOD, "no errors"), transcript::time_text(took)));
    Ok(compiled)
}

fn tests(compiled: &Compiled, engine: &Engine, shell: &mut Shell) -> Result<(), Failed> {
    heading(shell, 2, "Run the tests written in the package", "mcpz test");
    let results = testing::run(&compiled.program, engine, None)?;
    commands::test::show(&results, results.len(), false, shell);
    if results.iter().all(testing::TestResult::passed) {
        Ok(())
    } else {
        Err(Failed("a test of the example failed".to_owned()))
    }
}

fn bundle(compiled: &Compiled, engine: &Engine, shell: &mut Shell) -> Result<(), Failed> {
    heading(shell, 3, "Compile to a bundle", "mcpz build && mcpz inspect");
    let lean = mcpz_compiler::build(&compiled.program, &BuildOptions { debug: false, ..BuildOptions::default() })
        .map_err(|_| Failed("the example does not build without debug data".to_owned()))?;
    shell.out.line(format!("  size      {} bytes, {} without source texts", engine.size(), lean.bytes.len()));
    shell.out.line(format!("  digest    sha256:{}", hex(&engine.program().digest())));
    shell.out.line(format!(
        "  bounds    {}",
        styled(DIM, "the most steps that one decision can take, checked by the verifier")
    ));
    for entry in &engine.image().entries {
        let steps = engine.entry_steps(entry);
        shell.out.line(format!("            {:<44} {steps:>6} steps", entry_name(engine.image(), entry)));
    }
    Ok(())
}

fn session(folder: &Path, engine: &Engine, shell: &mut Shell) -> Result<(Vec<Case>, Vec<Decision>), Failed> {
    heading(shell, 4, "Decide a recorded session", "mcpz eval --session traffic/session.jsonl");
    let text = shell.read_text(&folder.join("traffic/session.jsonl"))?;
    let mut cases = case::session(&text, 0, "session.jsonl")?;
    let mut decisions = Vec::new();
    for (index, case) in cases.iter_mut().enumerate() {
        case.direction = direction_of(&case.message, case.direction);
        let (decision, took) = engine.repeat(case, measure)?;
        transcript::message(index + 1, case, &decision, engine.image(), Some(took), shell);
        decisions.push(decision);
    }
    shell.out.line("");
    transcript::totals(&decisions, shell);
    Ok((cases, decisions))
}

/// The decision, and the median time it takes.
fn measure(decide: &mut dyn FnMut() -> Decision) -> (Decision, Duration) {
    let decision = decide();
    let mut times: Vec<Duration> = (0..REPEATS)
        .map(|_| {
            let start = Instant::now();
            let again = decide();
            let took = start.elapsed();
            // The comparison keeps the optimiser from leaving the work out.
            assert_eq!(again, decision, "the same message is decided the same");
            took
        })
        .collect();
    times.sort();
    (decision, times[REPEATS / 2])
}

fn explain(cases: &[Case], decisions: &[Decision], engine: &Engine, shell: &mut Shell) -> Result<(), Failed> {
    let denied = |reason: Reason| {
        let found = |d: &Decision| d.effect == Effect::Deny && d.reason == reason;
        decisions.iter().position(found)
    };
    let Some(index) = denied(Reason::NoPermit).or_else(|| denied(Reason::Forbidden)) else {
        return Ok(());
    };
    heading(shell, 5, &format!("Explain message {}", index + 1), "mcpz why");
    let why = engine.why(&cases[index])?;
    for line in why::lines(engine.image(), &why) {
        shell.out.line(if line.is_empty() { line } else { format!("  {line}") });
    }
    Ok(())
}
