//! Tests and assertions: from syntax to plain data for the runner and the prover.

mod assert;
mod chain;
mod expect;
mod given;
mod request;
mod values;

pub(crate) use assert::check_asserts;

use super::context::Context;
use super::expr::instant_ms;
use super::rule::test_scope;
use super::scope::{Known, Scope};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::{e0501, e0502, e0508};
use crate::hir::{Program, RuleKind, Span, Targets, Test, TestRequest};
use crate::resolve::{Placed, RuleVerb, Unit};
use crate::types::RecordType;
use mcpz_syntax::SyntaxKind;
use mcpz_syntax::ast::{self, AstNode, TestLine};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// Types the tests of the root package.
pub(crate) fn check_tests(unit: &Unit, program: &mut Program, next_var: &mut u32, sink: &mut Vec<Diagnostic>) {
    let ids = RuleIds::of(unit, program);
    let mut names: BTreeMap<String, Span> = BTreeMap::new();
    for Placed { place, ast } in &unit.tests {
        let mut cx = Context::new(unit, &unit.const_values, *place, next_var, sink);
        unique_name(&mut cx, "test", ast.name(), &mut names);
        if let Some(test) = test(&mut cx, ast, &ids) {
            program.tests.push(test);
        }
    }
}

/// Reports a second test or assertion of one name.
fn unique_name(cx: &mut Context<'_>, what: &str, name: Option<ast::StringLiteral>, names: &mut BTreeMap<String, Span>) {
    let Some(name) = name else { return };
    let span = cx.span(name.range);
    match names.get(name.text()) {
        Some(first) => cx.report(e0508::duplicate(span, what, name.text(), *first)),
        None => drop(names.insert(name.text().to_owned(), span)),
    }
}

/// The ids that expectations may name.
struct RuleIds {
    all: Vec<SmolStr>,
    limits: Vec<SmolStr>,
    /// Whether these are all: no dependency or import is missing.
    is_whole: bool,
}

impl RuleIds {
    fn of(unit: &Unit, program: &Program) -> RuleIds {
        let heads = unit.rules.iter();
        let limits = heads.clone().filter(|head| head.verb == RuleVerb::Limit).map(|head| SmolStr::new(&head.id));
        let checked = program.rules.iter().filter(|rule| matches!(rule.kind, RuleKind::Limit(_)));
        let limits = limits.chain(checked.map(|rule| SmolStr::new(&rule.id)));
        let all = heads.map(|head| SmolStr::new(&head.id)).collect();
        RuleIds { all, limits: limits.collect(), is_whole: unit.symbols.is_whole() }
    }

    /// Reports an id that no rule has, unless the rule may be in what is missing.
    fn report_unknown(&self, cx: &mut Context<'_>, span: Span, id: &str, near: Option<&str>) {
        if self.is_whole {
            cx.report(e0502::unknown_rule(span, id, near));
        }
    }
}

/// One test. `None` when a line of it is in error, which is reported.
fn test(cx: &mut Context<'_>, ast: &ast::Test, ids: &RuleIds) -> Option<Test> {
    let lines = ast.lines();
    let head = name_span(cx, ast);
    // What is missing may be in a line that the parser has refused.
    let complete = !ast.syntax().descendants().any(|node| node.kind() == SyntaxKind::Error);
    let asks = single(cx, &lines, "request", |line| matches!(line, TestLine::Act(_)));
    let caller = single(cx, &lines, "as", |line| matches!(line, TestLine::As(_)));
    let at = single(cx, &lines, "at", |line| matches!(line, TestLine::At(_)));
    let request = match &asks {
        Some(TestLine::Act(act)) => request::request(cx, act),
        _ => missing(cx, complete, head, "what is asked", "add a line such as `call payments.refund { ... }`"),
    };
    let chain = match &caller {
        Some(TestLine::As(caller)) => chain::chain(cx, caller),
        _ => missing(cx, complete, head, "who asks", "add a line such as `as analyst`, or `as anonymous`"),
    };
    let scope = given_scope(cx, request.as_ref());
    let given = given::given(cx, &lines, &scope, ids);
    let expect = expect::expect(cx, &lines, ids, request.as_ref());
    if expect.as_ref().is_some_and(Vec::is_empty) {
        missing::<()>(cx, complete, head, "what is expected", "add a line such as `expect deny`");
        return None;
    }
    let at_ms = match &at {
        Some(TestLine::At(at)) => Some(instant(cx, at)?),
        _ => None,
    };
    Some(Test {
        title: ast.name()?.text().to_owned(),
        package: cx.place.package,
        chain: chain?,
        at_ms,
        given: given?,
        request: request?,
        expect: expect?,
        span: cx.span_of(ast),
    })
}

fn name_span(cx: &Context<'_>, ast: &ast::Test) -> Span {
    ast.name().map_or_else(|| cx.span_of(ast), |name| cx.span(name.range))
}

fn missing<T>(cx: &mut Context<'_>, complete: bool, span: Span, what: &str, help: &str) -> Option<T> {
    if complete {
        cx.report_once("incomplete".to_owned(), e0501::missing(span, what, help));
    }
    None
}

/// The only line of a kind; more of them are reported.
fn single(cx: &mut Context<'_>, lines: &[TestLine], word: &str, wanted: fn(&TestLine) -> bool) -> Option<TestLine> {
    let mut found = lines.iter().filter(|line| wanted(line));
    let first = found.next()?;
    let first_span = cx.span(first.range());
    for again in found {
        cx.report(e0501::repeated(cx.place.span(again.range()), word, first_span));
    }
    Some(first.clone())
}

fn instant(cx: &mut Context<'_>, at: &ast::AtLine) -> Option<i64> {
    // A malformed instant has been reported by the parser.
    let parts = at.instant()?.ok()?;
    let span = at.instant_text().map_or_else(|| cx.span_of(at), |(_, range)| cx.span(range));
    instant_ms(cx, span, &parts)
}

/// What `given args.x ...` may speak of: the arguments of the request, all of them as if they were there.
fn given_scope(cx: &Context<'_>, request: Option<&TestRequest>) -> Scope {
    let actions = request.map(|request| [request.action].into()).unwrap_or_default();
    let targets = request.map(|request| Targets {
        tools: request::tool_of(cx.program(), request).into_iter().collect(),
        ..Targets::default()
    });
    let mut scope = test_scope(cx.program(), &actions, targets.as_ref(), None, false);
    if let Known::Yes(arguments) = &mut scope.args {
        arguments.record = all_present(&arguments.record);
    }
    if request.is_none() {
        scope.args = Known::Broken;
    }
    scope
}

fn all_present(record: &RecordType) -> RecordType {
    let fields = record.fields.iter().map(|(name, ty)| (name.clone(), present(ty)));
    RecordType { fields: fields.collect(), open: record.open }
}

fn present(ty: &crate::types::Type) -> crate::types::Type {
    match ty.required() {
        crate::types::Type::Record(inner) => crate::types::Type::Record(all_present(inner)),
        other => other.clone(),
    }
}
