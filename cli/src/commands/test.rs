//! `mcpz test`: run the tests written in the package.

use crate::escape;
use crate::exit::{Failure, Outcome};
use crate::output::{BAD, DIM, GOOD, styled};
use crate::package;
use crate::pipeline;
use crate::shell::Shell;
use crate::testing::{self, TestResult};
use serde_json::json;
use std::path::PathBuf;

/// Run the tests written in the package.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit code 0: all pass; 1: one failed, or the package does not check.

Examples:
  mcpz test
  mcpz test --filter refund       # tests whose title contains the text
  mcpz test --quiet               # failures and totals only")]
pub struct Args {
    /// The package. By default the current one.
    package: Option<PathBuf>,

    /// Only tests whose title contains this text.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,

    /// Show failures and totals only.
    #[arg(short, long)]
    quiet: bool,
}

/// Compiles and runs.
pub fn run(args: &Args, shell: &mut Shell) -> Result<Outcome, Failure> {
    let start = shell.path(args.package.as_deref().unwrap_or_else(|| "".as_ref()));
    let loaded = package::load(&start)?;
    let Some(compiled) = pipeline::compile(&loaded, shell) else {
        return Ok(Outcome::No);
    };
    let engine = pipeline::engine(&compiled)?;
    let results = testing::run(&compiled.program, &engine, args.filter.as_deref())?;
    let all = compiled.program.tests.len();
    if shell.out.is_json() {
        shell.out.json(&to_json(&results, all));
    } else {
        show(&results, all, args.quiet, shell);
    }
    if results.is_empty() && args.filter.is_some() {
        return Err(Failure::input("no test has a title that contains the filter")
            .with_help("`mcpz test` without `--filter` lists every title"));
    }
    Ok(Outcome::yes_if(results.iter().all(TestResult::passed)))
}

/// Prints one line a test, failures with what was expected, and totals.
pub fn show(results: &[TestResult], all: usize, quiet: bool, shell: &mut Shell) {
    for result in results {
        if result.passed() {
            if !quiet {
                shell.out.line(format!("  {}    {}", styled(GOOD, "ok"), escape::inline(&result.title)));
            }
            continue;
        }
        let place = styled(DIM, escape::inline(&result.place));
        shell.out.line(format!("  {}  {}  {place}", styled(BAD, "FAIL"), escape::inline(&result.title)));
        for failure in &result.failures {
            shell.out.line(format!("        {}", escape::inline(failure)));
        }
    }
    let failed = results.iter().filter(|result| !result.passed()).count();
    let passed = results.len() - failed;
    let filtered = all - results.len();
    let style = if failed == 0 { GOOD } else { BAD };
    let word = styled(style, if failed == 0 { "ok" } else { "FAILED" });
    let rest = if filtered > 0 { format!(", {filtered} filtered out") } else { String::new() };
    shell.out.line(format!("tests: {word}. {passed} passed, {failed} failed{rest}"));
}

fn to_json(results: &[TestResult], all: usize) -> serde_json::Value {
    let list: Vec<_> = results
        .iter()
        .map(|r| json!({"title": r.title, "place": r.place, "passed": r.passed(), "failures": r.failures}))
        .collect();
    let failed = results.iter().filter(|result| !result.passed()).count();
    json!({"passed": results.len() - failed, "failed": failed, "filtered_out": all - results.len(), "tests": list})
}
