//! Commands: what the contract in `docs/lsp.md` lists. Each takes one object and gives JSON.

use crate::view::{Snapshot, View};
use crate::workbench::{Explained, TestOutcome};
use mcpz_compiler::hir::{
    Class, ClassDefinition, ClassId, CredentialSource, Member, PrincipalKind, Program, ServerId, Span,
};
use mcpz_compiler::resolve::RuleVerb;
use mcpz_ide::{describe, outline, tools, who};
use serde_json::{Map, Value, json};
use tower_lsp_server::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp_server::ls_types::{self as lsp, Uri};

/// The names of all commands.
pub const NAMES: [&str; 7] = [
    "mcpz.describe",
    "mcpz.runTest",
    "mcpz.traceTest",
    "mcpz.evaluate",
    "mcpz.showGraph",
    "mcpz.showBytecode",
    "mcpz.whoMayCall",
];

/// The document that a command is about.
pub fn document(params: &lsp::ExecuteCommandParams) -> Option<Uri> {
    params.arguments.first()?.get("uri")?.as_str()?.parse().ok()
}

/// What a command works on.
struct Job<'s> {
    snapshot: &'s Snapshot,
    view: &'s View,
    uri: Uri,
    argument: &'s Value,
}

/// Runs a command.
pub fn run(snapshot: &Snapshot, params: &lsp::ExecuteCommandParams) -> Result<Option<Value>> {
    let argument = params.arguments.first().ok_or_else(|| failed("a command takes one object with `uri`"))?;
    let uri = document(params).ok_or_else(|| failed("`uri` names a document"))?;
    let (view, _) = snapshot.find(&uri).ok_or_else(|| failed("this document belongs to no package"))?;
    let job = Job { snapshot, view, uri, argument };
    let answer = match params.command.as_str() {
        "mcpz.describe" => describe_package(&job),
        "mcpz.runTest" => run_tests(&job)?,
        "mcpz.traceTest" => trace_test(&job)?,
        "mcpz.evaluate" => evaluate(&job)?,
        "mcpz.showGraph" => show_graph(&job)?,
        "mcpz.showBytecode" => json!({"text": workbench(&job)?.0.bytecode(workbench(&job)?.1).map_err(failed)?}),
        "mcpz.whoMayCall" => who_may_call(&job)?,
        other => return Err(failed(format!("there is no command `{other}`"))),
    };
    Ok(Some(answer))
}

/// A command that cannot be answered, in words.
fn failed(message: impl Into<String>) -> Error {
    Error { code: ErrorCode::ServerError(-32803), message: message.into().into(), data: None }
}

/// The workbench and the program, unless the package has errors.
fn workbench<'s>(job: &Job<'s>) -> Result<(&'s dyn crate::Workbench, &'s Program)> {
    let errors = job.view.package.diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
    let blocking = errors.filter(|diagnostic| !(job.view.is_single && diagnostic.code == "E0210")).count();
    if blocking > 0 {
        return Err(failed(format!("the package has {}", describe::count(blocking, "error"))));
    }
    Ok((job.snapshot.workbench.as_ref(), &job.view.package.index.program))
}

/// A member of the argument as text.
fn text<'s>(job: &Job<'s>, key: &str) -> Option<&'s str> {
    job.argument.get(key).and_then(Value::as_str)
}

/// The offset that the argument's position names.
fn offset(job: &Job<'_>) -> Option<(mcpz_compiler::hir::SourceId, u32)> {
    let position: lsp::Position = serde_json::from_value(job.argument.get("position")?.clone()).ok()?;
    let at = job.snapshot.at(&job.uri, position)?;
    Some((at.source, at.offset))
}

/// Where a span is, as members of an object.
fn place(job: &Job<'_>, span: Span) -> Map<String, Value> {
    let location = job.snapshot.span(job.view, span);
    let value = location.and_then(|location| serde_json::to_value(location).ok());
    value.and_then(|value| value.as_object().cloned()).unwrap_or_default()
}

fn with_place(job: &Job<'_>, span: Span, members: Value) -> Value {
    let mut object = members.as_object().cloned().unwrap_or_default();
    object.extend(place(job, span));
    Value::Object(object)
}

/// What a form for a request is made of.
fn describe_package(job: &Job<'_>) -> Value {
    let program = &job.view.package.index.program;
    let schema = |raw: &str| serde_json::from_str::<Value>(raw).unwrap_or(Value::Null);
    let servers: Vec<Value> = program
        .servers
        .iter()
        .map(|server| {
            let tools: Vec<Value> = server
                .tools
                .iter()
                .map(|tool| {
                    let hints = json!({"readOnly": tool.hints.read_only, "destructive": tool.hints.destructive,
                                       "idempotent": tool.hints.idempotent, "openWorld": tool.hints.open_world});
                    json!({"name": tool.name.as_str(), "description": tool.description, "inputSchema": schema(&tool.raw_schema), "hints": hints})
                })
                .collect();
            let prompts: Vec<Value> = server
                .prompts
                .iter()
                .map(|prompt| {
                    let arguments: Vec<Value> =
                        prompt.input.fields.iter().map(|(name, ty)| json!({"name": name.as_str(), "required": !ty.is_optional()})).collect();
                    json!({"name": prompt.name.as_str(), "arguments": arguments})
                })
                .collect();
            json!({"name": server.name.as_str(), "tools": tools, "prompts": prompts})
        })
        .collect();
    let identities: Vec<Value> =
        (0..program.classes.len()).filter_map(|row| identity(job, program, ClassId::new(row))).collect();
    let tests: Vec<Value> =
        program.tests.iter().map(|test| with_place(job, test.span, json!({"title": test.title}))).collect();
    let name = job.view.package.loaded.packages.first().map_or("", |package| package.name());
    json!({"package": name, "servers": servers, "identities": identities, "tests": tests})
}

/// A user, agent or role: where its credential comes from, the claims that it carries, and one to start from.
fn identity(job: &Job<'_>, program: &Program, id: ClassId) -> Option<Value> {
    let class = program.classes.get(id.index())?;
    let (root, source) = root_of(program, id, 0)?;
    let principal = if root.kind == PrincipalKind::User { "user" } else { "agent" };
    let kind = if matches!(class.definition, ClassDefinition::Identity { .. }) { principal } else { "role" };
    let (from, claims) = match source {
        CredentialSource::Issuer(issuer) => {
            let issuer = program.issuers.get(issuer.index())?;
            let claims: Vec<Value> = issuer
                .claims
                .fields
                .iter()
                .map(|(name, ty)| json!({"name": name.as_str(), "type": ty.required().to_string(), "required": !ty.is_optional()}))
                .collect();
            (issuer.name.to_string(), claims)
        }
        CredentialSource::Mtls => ("mtls".to_owned(), Vec::new()),
        CredentialSource::Local => ("local".to_owned(), Vec::new()),
    };
    let acts_for: Vec<&str> = class
        .acts_for
        .iter()
        .filter_map(|id| program.classes.get(id.index()))
        .map(|class| class.name.as_str())
        .collect();
    Some(json!({
        "name": class.name.as_str(), "kind": kind, "principal": principal, "of": root.name.as_str(), "from": from,
        "claims": claims, "actsFor": acts_for, "sample": job.snapshot.workbench.sample(program, id),
    }))
}

/// The identity at the bottom of a class: of a join, that of its first member. Classes only refer to earlier ones.
fn root_of(program: &Program, id: ClassId, depth: usize) -> Option<(&Class, CredentialSource)> {
    let class = program.classes.get(id.index()).filter(|_| depth < program.classes.len())?;
    match &class.definition {
        ClassDefinition::Identity { source, .. } => Some((class, *source)),
        ClassDefinition::Narrow { base, .. } => root_of(program, *base, depth + 1),
        ClassDefinition::Join(members) => root_of(program, *members.first()?, depth + 1),
    }
}

/// Runs one test or all.
fn run_tests(job: &Job<'_>) -> Result<Value> {
    let (workbench, program) = workbench(job)?;
    let outcomes = workbench.run_tests(program, text(job, "test")).map_err(failed)?;
    if let (Some(title), true) = (text(job, "test"), outcomes.is_empty()) {
        return Err(failed(format!("there is no test `{title}`")));
    }
    let tests: Vec<Value> = outcomes.iter().map(|outcome| test_json(job, program, outcome)).collect();
    let rules = job.view.package.index.rules.iter().filter(|rule| rule.package.0 == 0);
    let coverage: Vec<Value> = rules
        .map(|rule| {
            let hits = outcomes.iter().filter(|outcome| outcome.hits.contains(&rule.id)).count();
            with_place(job, rule.head_span, json!({"rule": rule.id, "hits": hits}))
        })
        .collect();
    if text(job, "test").is_none() {
        job.view.note_coverage(&outcomes);
    }
    Ok(json!({"tests": tests, "coverage": coverage}))
}

fn test_json(job: &Job<'_>, program: &Program, outcome: &TestOutcome) -> Value {
    let members = json!({
        "title": outcome.title, "passed": outcome.failures.is_empty(), "failures": outcome.failures, "decision": outcome.decision,
    });
    match program.tests.iter().find(|test| test.title == outcome.title) {
        Some(test) => with_place(job, test.span, members),
        None => members,
    }
}

/// The title of the test around the position.
fn test_around(job: &Job<'_>) -> Option<String> {
    let (source, at) = offset(job)?;
    let tests = &job.view.package.index.program.tests;
    let around =
        tests.iter().find(|test| test.span.source == source && test.span.start <= at && at <= test.span.end)?;
    Some(around.title.clone())
}

fn trace_test(job: &Job<'_>) -> Result<Value> {
    let (workbench, program) = workbench(job)?;
    let title = text(job, "test").map(str::to_owned).or_else(|| test_around(job));
    let title = title.ok_or_else(|| failed("`test` is the title of a test"))?;
    let outcome = workbench.run_tests(program, Some(&title)).map_err(failed)?;
    let failures = outcome.first().map(|outcome| outcome.failures.clone()).unwrap_or_default();
    let explained = workbench.explain_test(program, &title).map_err(failed)?;
    Ok(
        json!({"title": title, "passed": failures.is_empty(), "failures": failures, "why": explained.why, "text": explained.text}),
    )
}

fn evaluate(job: &Job<'_>) -> Result<Value> {
    let (workbench, program) = workbench(job)?;
    let explained = match job.argument.get("case") {
        Some(case) => workbench.explain_case(program, &case.to_string()),
        None => {
            let title =
                test_around(job).ok_or_else(|| failed("there is no `test` at the cursor, and no `case` was given"))?;
            workbench.explain_test(program, &title)
        }
    };
    let explained = explained.map_err(failed)?;
    let trail = trail(job, &explained);
    Ok(json!({"decision": explained.decision, "why": explained.why, "text": explained.text, "trail": trail}))
}

/// The rules that were looked at, with their places.
fn trail(job: &Job<'_>, explained: &Explained) -> Vec<Value> {
    let rules = |key: &str| explained.why[key].as_array().cloned().unwrap_or_default();
    let looked_at = rules("rules").into_iter().chain(rules("inner"));
    looked_at
        .filter_map(|trace| {
            let id = trace["id"].as_str()?;
            let rule = job.view.package.index.rules.iter().find(|rule| rule.id == id)?;
            Some(with_place(job, rule.head_span, json!({"rule": id, "outcome": trace["outcome"]})))
        })
        .collect()
}

fn show_graph(job: &Job<'_>) -> Result<Value> {
    let (workbench, program) = workbench(job)?;
    let tool = offset(job).and_then(|(source, at)| outline::tool_at(&job.view.package, source, at));
    let at_cursor = tool.map(|(member, _)| format!("call {}", tools::tool_name(&job.view.package, member)));
    let entry = text(job, "entry").map(str::to_owned).or(at_cursor);
    let case = job.argument.get("case").filter(|case| !case.is_null()).map(Value::to_string);
    let (svg, entries) = workbench.graph(program, entry.as_deref(), case.as_deref()).map_err(failed)?;
    Ok(json!({"svg": svg, "entries": entries}))
}

/// The tool that the argument names, or that stands at the position.
fn member(job: &Job<'_>) -> Option<Member> {
    let package = &job.view.package;
    if let Some(name) = text(job, "tool") {
        let servers = package.index.program.servers.iter().enumerate();
        let members = servers.flat_map(|(row, server)| {
            let rows = (0..server.tools.len()).filter_map(|index| u32::try_from(index).ok());
            rows.map(move |index| Member { server: ServerId::new(row), index })
        });
        return members.into_iter().find(|member| tools::tool_name(package, *member) == name);
    }
    let (source, at) = offset(job)?;
    outline::tool_at(package, source, at).map(|(member, _)| member)
}

fn who_may_call(job: &Job<'_>) -> Result<Value> {
    let member =
        member(job).ok_or_else(|| failed("there is no tool here: put the cursor on one, or name it in `tool`"))?;
    let package = &job.view.package;
    let reaches = who::rules_of(package, member);
    let one = |reach: &who::Reach<'_>| {
        let members = json!({
            "rule": reach.rule.id, "kind": reach.rule.verb.word(), "subject": reach.subject, "conditions": reach.conditions,
        });
        with_place(job, reach.rule.span, members)
    };
    let (permits, restrictions): (Vec<_>, Vec<_>) =
        reaches.iter().partition(|reach| reach.rule.verb == RuleVerb::Permit);
    Ok(json!({
        "tool": tools::tool_name(package, member),
        "permits": permits.into_iter().map(one).collect::<Vec<_>>(),
        "restrictions": restrictions.into_iter().map(one).collect::<Vec<_>>(),
        "text": who::lines(package, member).join("\n"),
    }))
}
