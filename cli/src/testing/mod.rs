//! The runner of tests written in the language.
//!
//! A `test` block of the typed program becomes a [`crate::case::Case`]: [`links`] makes the credential,
//! [`given`] the state and facts, [`message`] the JSON-RPC message. The case is decided by the same
//! engine as any message, and [`expect`] compares the decision with the block's `expect` lines. [`coverage`] says which rules the
//! tests show.

pub mod coverage;
pub mod expect;
pub mod given;
pub mod json;
pub mod links;
pub mod message;

use crate::case::Case;
use crate::engine::Engine;
use crate::exit::Failure;
use crate::package::{Loaded, relative};
use expect::Observed;
use mcpz_compiler::diagnostics::plain;
use mcpz_compiler::hir::{Program, Test};
use mcpz_runtime::decision::Decision;

/// When a test does not say: a Monday morning in UTC.
pub const DEFAULT_NOW: &str = "2026-03-02T10:00:00Z";

/// What became of one test.
#[derive(Debug, Clone)]
pub struct TestResult {
    /// Its title.
    pub title: String,
    /// `path:line:column`, the path as the bundle has it.
    pub place: String,
    /// Its file, as the bundle has it until [`locate`] makes it a file on disk.
    pub path: String,
    /// The line where it starts, from one.
    pub line: usize,
    /// Expectations that did not hold, in words; empty when it passed.
    pub failures: Vec<String>,
    /// The decision, unless the test asks for a listing.
    pub decision: Option<Decision>,
}

impl TestResult {
    /// Whether every expectation held.
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// Runs every test whose title contains `filter`.
pub fn run(program: &Program, engine: &Engine, filter: Option<&str>) -> Result<Vec<TestResult>, Failure> {
    let wanted = |test: &&Test| filter.is_none_or(|part| test.title.contains(part));
    program.tests.iter().filter(wanted).map(|test| run_one(program, engine, test)).collect()
}

/// Runs one test.
pub fn run_one(program: &Program, engine: &Engine, test: &Test) -> Result<TestResult, Failure> {
    let case = case_of(program, test)?;
    let observed = if test.request.list {
        Observed::Listing(engine.is_listed(&case, test.request.action, &test.request.name)?)
    } else {
        Observed::Decision(Box::new(engine.decide(&case)?))
    };
    let failures = expect::compare(program, engine.image(), &test.expect, &observed);
    let decision = match observed {
        Observed::Decision(decision) => Some(*decision),
        Observed::Listing(_) => None,
    };
    let place = plain::place(test.span, &program.sources);
    let source = program.sources.get(test.span.source.index());
    let (path, text) = source.map_or(("", ""), |source| (source.path.as_str(), source.text.as_str()));
    let (line, _, _) = plain::locate(text, test.span.start);
    Ok(TestResult { title: test.title.clone(), place, path: path.to_owned(), line, failures, decision })
}

/// Gives each result the path of its file on disk, as a person sees it from where the command runs.
pub fn locate(results: &mut [TestResult], loaded: &Loaded) {
    for result in results {
        if let Some(file) = loaded.file(&result.path) {
            result.path = relative(&file, &crate::package::here());
        }
    }
}

/// The case that a test describes.
pub fn case_of(program: &Program, test: &Test) -> Result<Case, Failure> {
    let now_ms = match test.at_ms {
        Some(ms) => ms,
        None => crate::durations::instant_ms(DEFAULT_NOW)?,
    };
    let mut case = Case::at(now_ms);
    case.title = Some(test.title.clone());
    case.principal.chain = test.chain.iter().map(|link| links::link(program, link)).collect();
    case.server = program.servers.get(test.request.server.index()).map(|server| server.name.to_string());
    case.direction = message::direction(test.request.action);
    case.message = message::message(&test.request);
    given::apply(program, test, &mut case);
    Ok(case)
}
