//! `mcpz test`: run the tests written in the package.

mod watch;

use crate::escape;
use crate::exit::{Failure, Outcome};
use crate::formats::{junit, tap};
use crate::output::{BAD, DIM, Format, GOOD, styled};
use crate::package::{self, Loaded};
use crate::pipeline::{self, Checked, Compiled};
use crate::shell::Shell;
use crate::testing::coverage::{self, RuleCoverage};
use crate::testing::{self, TestResult};
use mcpz_compiler::BuildOptions;
use serde_json::json;
use std::path::PathBuf;

/// Run the tests written in the package.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit code 0: all pass; 1: one failed, or the package does not check.

Examples:
  mcpz test
  mcpz test --filter refund       # tests whose title contains the text
  mcpz test --quiet               # failures and totals only
  mcpz test --coverage            # and the rules that no test shows
  mcpz test --watch               # again whenever a file of the package changes, until Ctrl-C
  mcpz test --format junit > tests.xml
  mcpz test --format tap")]
pub struct Args {
    /// The package. By default the current one.
    package: Option<PathBuf>,

    /// Only tests whose title contains this text.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,

    /// Show failures and totals only.
    #[arg(short, long)]
    quiet: bool,

    /// Say in how many tests each rule was true; rules that never were are listed.
    #[arg(long)]
    coverage: bool,

    /// Run again whenever a file of the package or of a path dependency changes.
    #[arg(short, long)]
    watch: bool,
}

/// Compiles and runs, once or again and again.
pub fn run(args: &Args, shell: &mut Shell) -> Result<Outcome, Failure> {
    let start = shell.path(args.package.as_deref().unwrap_or_else(|| "".as_ref()));
    if !args.watch {
        return once(args, &package::load(&start)?, shell);
    }
    if shell.out.format() != Format::Human {
        return Err(Failure::input("`--watch` writes for people only")
            .with_help("leave `--format` out, or run without `--watch`"));
    }
    watch::run(&package::find_root(&start)?, shell, |loaded, shell| once(args, loaded, shell))
}

/// Runs the tests once, in the format asked for.
fn once(args: &Args, loaded: &Loaded, shell: &mut Shell) -> Result<Outcome, Failure> {
    let Some(compiled) = compile(loaded, shell) else {
        return Ok(Outcome::No);
    };
    let engine = pipeline::engine(&compiled)?;
    let mut results = testing::run(&compiled.program, &engine, args.filter.as_deref())?;
    testing::locate(&mut results, loaded);
    let all = compiled.program.tests.len();
    let rules = if args.coverage || shell.out.is_json() {
        let mut rules = coverage::coverage(&compiled.program, &engine, args.filter.as_deref())?;
        coverage::locate(&mut rules, loaded);
        rules
    } else {
        Vec::new()
    };
    match shell.out.format() {
        Format::Json => shell.out.json(&to_json(&results, all, &rules)),
        Format::Junit => shell.out.text(&junit::document(loaded.name(), &results)),
        Format::Tap => tap::lines(&results).into_iter().for_each(|line| shell.out.line(line)),
        _ => {
            show(&results, all, args.quiet, shell);
            if args.coverage {
                show_coverage(&rules, shell);
            }
        }
    }
    if results.is_empty() && args.filter.is_some() {
        return Err(Failure::input("no test has a title that contains the filter")
            .with_help("`mcpz test` without `--filter` lists every title"));
    }
    Ok(Outcome::yes_if(results.iter().all(TestResult::passed)))
}

/// Compiles; a package with errors is reported in the form that the tests would have been.
fn compile(loaded: &Loaded, shell: &mut Shell) -> Option<Compiled> {
    let format = shell.out.format();
    if !matches!(format, Format::Junit | Format::Tap) {
        return pipeline::compile(loaded, shell);
    }
    let mut checked = pipeline::check(loaded);
    let build = pipeline::build(&mut checked, &BuildOptions::default());
    if let (Some(build), Some(program)) = (build, checked.program.take()) {
        return Some(Compiled { program, build });
    }
    let Checked { diagnostics, sources, .. } = checked;
    if format == Format::Junit {
        shell.out.text(&junit::unchecked(loaded.name(), &diagnostics, &sources));
    } else {
        tap::unchecked(&diagnostics, &sources).into_iter().for_each(|line| shell.out.line(line));
    }
    None
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
        let place = styled(DIM, format!("{}:{}", escape::inline(&result.path), result.line));
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

/// Prints how many rules were true in a test, and those that never were.
fn show_coverage(rules: &[RuleCoverage], shell: &mut Shell) {
    let shown = rules.iter().filter(|rule| rule.hits > 0).count();
    let style = if shown == rules.len() { GOOD } else { DIM };
    shell.out.line(format!("rules: {} of {} true in a test", styled(style, shown), rules.len()));
    for rule in rules.iter().filter(|rule| rule.hits == 0) {
        let place = styled(DIM, format!("{}:{}", escape::inline(&rule.path), rule.line));
        shell.out.line(format!("  {}  {}  {place}", styled(DIM, "never"), escape::inline(&rule.rule)));
    }
}

fn to_json(results: &[TestResult], all: usize, rules: &[RuleCoverage]) -> serde_json::Value {
    let list: Vec<_> = results
        .iter()
        .map(|r| {
            json!({
                "title": r.title,
                "place": r.place,
                "path": r.path,
                "line": r.line,
                "passed": r.passed(),
                "failures": r.failures,
            })
        })
        .collect();
    let covered: Vec<_> = rules
        .iter()
        .map(|r| json!({"rule": r.rule, "place": r.place, "path": r.path, "line": r.line, "hits": r.hits}))
        .collect();
    let failed = results.iter().filter(|result| !result.passed()).count();
    json!({
        "passed": results.len() - failed, "failed": failed, "filtered_out": all - results.len(), "tests": list,
        "coverage": covered,
    })
}
