//! Code lenses: what can be run at a test, what a rule, tag or server stands for.

use crate::Package;
use crate::describe::count;
use crate::outline;
use crate::syntax::bytes;
use crate::tools;
use crate::who;
use mcpz_compiler::hir::{SourceId, Span, Subject};
use mcpz_compiler::resolve::RuleVerb;
use mcpz_syntax::ast::{AstNode, Documented, Item};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// What a lens does when it is chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LensAction {
    /// Runs the test of this title.
    RunTest(String),
    /// Traces the test of this title.
    TraceTest(String),
    /// Shows who may call this tool.
    WhoMayCall(String),
    /// Draws the decision trees of this entry point.
    ShowGraph(String),
    /// Nothing: it only says something.
    Say,
}

/// A lens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lens {
    /// Above which line.
    pub range: Range<u32>,
    /// Its text.
    pub title: String,
    /// What it does.
    pub action: LensAction,
}

/// What a run of all tests showed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// How many tests there were.
    pub tests: usize,
    /// In how many each rule was true, by id.
    pub hits: BTreeMap<String, usize>,
}

impl Coverage {
    /// In how many tests a rule was true, in words.
    pub fn of(&self, rule: &str) -> String {
        let hits = self.hits.get(rule).copied().unwrap_or(0);
        format!("true in {hits} of {}", count(self.tests, "test"))
    }
}

/// The lenses of a source.
pub fn lenses(package: &Package, source: SourceId, coverage: Option<&Coverage>) -> Vec<Lens> {
    let Some(parse) = package.parse(source) else { return Vec::new() };
    let mut lenses = Vec::new();
    for item in parse.source_file().items() {
        let range = bytes(item.keyword_range());
        match &item {
            Item::Test(test) => {
                let Some(title) = test.name().map(|name| name.text().to_owned()) else { continue };
                lenses.push(Lens {
                    range: range.clone(),
                    title: "Run".to_owned(),
                    action: LensAction::RunTest(title.clone()),
                });
                lenses.push(Lens { range, title: "Trace".to_owned(), action: LensAction::TraceTest(title) });
            }
            Item::Server(_) => lenses.extend(server(package, source, &item, &range)),
            _ => lenses.extend(rule(package, source, &range, coverage)),
        }
    }
    lenses
}

/// `7 tools, 2 roles`, and whether a test expects the rule.
fn rule(package: &Package, source: SourceId, keyword: &Range<u32>, coverage: Option<&Coverage>) -> Vec<Lens> {
    let rules = package.index.rules.iter();
    let Some(row) =
        rules.into_iter().position(|rule| rule.head_span.source == source && rule.head_span.start == keyword.start)
    else {
        return Vec::new();
    };
    let Some(rule) = package.index.rules.get(row) else { return Vec::new() };
    let members = who::tools_of(package, row);
    let mut parts = Vec::new();
    if !members.is_empty() {
        parts.push(count(members.len(), "tool"));
    }
    let roles = rule.subject.as_ref().map(crate::describe::classes).unwrap_or_default();
    let roles: BTreeSet<_> = roles.into_iter().collect();
    match &rule.subject {
        Some(Subject::Anyone) => parts.push("anyone".to_owned()),
        Some(_) if !roles.is_empty() => parts.push(count(roles.len(), "role")),
        _ => {}
    }
    let expecting = package
        .index
        .program
        .tests
        .iter()
        .filter(|test| test.expect.iter().any(|expected| expected.by.as_deref() == Some(&rule.id)));
    let tests = expecting.count();
    if !package.has_errors() {
        parts.push(if tests == 0 {
            "no test expects it".to_owned()
        } else {
            format!("expected by {}", count(tests, "test"))
        });
    }
    parts.extend(coverage.map(|coverage| coverage.of(&rule.id)));
    let action = match members.as_slice() {
        [only] if rule.verb == RuleVerb::Permit => LensAction::WhoMayCall(tools::tool_name(package, *only)),
        _ => LensAction::Say,
    };
    let mut lenses = vec![Lens { range: keyword.clone(), title: parts.join(", "), action }];
    if let [only] = members.as_slice() {
        let entry = format!("call {}", tools::tool_name(package, *only));
        lenses.push(Lens {
            range: keyword.clone(),
            title: "Decision graph".to_owned(),
            action: LensAction::ShowGraph(entry),
        });
    }
    lenses.retain(|lens| !lens.title.is_empty());
    lenses
}

fn server(package: &Package, source: SourceId, item: &Item, keyword: &Range<u32>) -> Option<Lens> {
    let around = bytes(item.range());
    let inside = |span: &Span| span.source == source && around.start <= span.start && span.end <= around.end;
    let servers = &package.index.program.servers;
    let row = servers.iter().position(|server| inside(&server.span))?;
    let server = servers.get(row)?;
    let reached =
        package.index.scopes.iter().flat_map(|scope| &scope.facts.tools).filter(|member| member.server.index() == row);
    let reached: BTreeSet<_> = reached.collect();
    let title = format!("{}, {} named by rules", count(server.tools.len(), "tool"), reached.len());
    Some(Lens { range: keyword.clone(), title, action: LensAction::Say })
}

/// The tool that is at a place, as commands name it.
pub fn tool_name_at(package: &Package, source: SourceId, at: u32) -> Option<String> {
    outline::tool_at(package, source, at).map(|(member, _)| tools::tool_name(package, member))
}
