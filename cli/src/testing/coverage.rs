//! Which rules the tests of a package show: in how many of them each rule was true.

use super::case_of;
use crate::engine::Engine;
use crate::exit::Failure;
use crate::package::{Loaded, here, relative};
use mcpz_compiler::diagnostics::plain;
use mcpz_compiler::hir::{PackageId, Program, Rule, Test};
use mcpz_runtime::vm::value::Truth;
use std::collections::BTreeMap;

/// A rule of the package, and what tests show of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleCoverage {
    /// Its id.
    pub rule: String,
    /// `path:line:column`, the path as the bundle has it.
    pub place: String,
    /// Its file, as the bundle has it until [`locate`] makes it a file on disk.
    pub path: String,
    /// The line where it starts, from one.
    pub line: usize,
    /// In how many tests it was true.
    pub hits: usize,
}

/// The ids of the rules that were true for a test's request.
pub fn hits(engine: &Engine, program: &Program, test: &Test) -> Result<Vec<String>, Failure> {
    if test.request.list {
        return Ok(Vec::new());
    }
    let explanation = engine.why(&case_of(program, test)?)?;
    let traces = explanation.rules.iter().chain(&explanation.inner).filter(|trace| trace.outcome == Truth::True);
    let ids = traces.filter_map(|trace| engine.image().rule(trace.rule).map(|rule| rule.id().into_owned()));
    Ok(ids.collect())
}

/// The rules of the root package with the tests whose title contains `filter`, in the order of the bundle.
pub fn coverage(program: &Program, engine: &Engine, filter: Option<&str>) -> Result<Vec<RuleCoverage>, Failure> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for test in program.tests.iter().filter(|test| filter.is_none_or(|part| test.title.contains(part))) {
        for id in hits(engine, program, test)? {
            *counts.entry(id).or_default() += 1;
        }
    }
    let own = program.rules.iter().filter(|rule| rule.package == PackageId(0));
    let row = |rule: &Rule| {
        let source = program.sources.get(rule.head_span.source.index());
        let (path, text) = source.map_or(("", ""), |source| (source.path.as_str(), source.text.as_str()));
        RuleCoverage {
            rule: rule.id.clone(),
            place: plain::place(rule.head_span, &program.sources),
            path: path.to_owned(),
            line: plain::locate(text, rule.head_span.start).0,
            hits: counts.get(&rule.id).copied().unwrap_or(0),
        }
    };
    Ok(own.map(row).collect())
}

/// Gives each rule the path of its file on disk, as a person sees it from where the command runs.
pub fn locate(rules: &mut [RuleCoverage], loaded: &Loaded) {
    for rule in rules {
        if let Some(file) = loaded.file(&rule.path) {
            rule.path = relative(&file, &here());
        }
    }
}
