//! Tests written for a rule: one that it must decide, and the case that is missing.

use super::{Action, ActionKind};
use crate::Package;
use crate::describe;
use crate::place::TextEdit;
use crate::syntax::bytes;
use crate::tools::{self, Parameter};
use crate::who;
use mcpz_compiler::diagnostics::suggest::as_written;
use mcpz_compiler::hir::{ClassDefinition, SourceId, Subject};
use mcpz_compiler::index::RuleRow;
use mcpz_compiler::resolve::RuleVerb;
use mcpz_compiler::types::Type;

/// Tests for the rule at a cursor.
pub(super) fn actions(package: &Package, source: SourceId, at: u32) -> Vec<Action> {
    let rules = package.index.rules.iter().enumerate();
    let here =
        rules.into_iter().find(|(_, rule)| rule.span.source == source && rule.span.start <= at && at <= rule.span.end);
    let Some((row, rule)) = here else { return Vec::new() };
    let Some(request) = request(package, row) else { return Vec::new() };
    let caller = caller(package, rule);
    let decided = match rule.verb {
        RuleVerb::Forbid => "deny",
        RuleVerb::Require => "challenge",
        _ => "allow",
    };
    let by = if rule.id.contains('/') { String::new() } else { format!(" by {}", rule.id) };
    let what = short(rule);
    let main = test(&format!("{what}: {decided}"), &caller, &request, &format!("{decided}{by}"));
    let mut found = vec![action(package, source, rule, "Add a test for this rule", main)];
    let names = |expected: &mcpz_compiler::hir::Expectation| expected.by.as_deref() == Some(rule.id.as_str());
    let is_expected = package.index.program.tests.iter().any(|test| test.expect.iter().any(names));
    if is_expected && rule.verb == RuleVerb::Permit {
        let missing = test(&format!("{what}: not for others"), "anonymous", &request, "deny");
        found.push(action(package, source, rule, "Add the missing case: somebody else is denied", missing));
    }
    found
}

fn short(rule: &RuleRow) -> String {
    rule.id.rsplit('/').next().unwrap_or(&rule.id).replace('"', "'")
}

fn action(package: &Package, source: SourceId, rule: &RuleRow, title: &str, text: String) -> Action {
    let end = crate::definition::item_around(package, rule.span).map_or(rule.span.end, |item| {
        use mcpz_syntax::ast::AstNode;
        bytes(item.range()).end
    });
    Action::new(title, ActionKind::Rewrite).edit(source, TextEdit::insert(end, format!("\n\n{text}")))
}

fn test(title: &str, caller: &str, request: &str, expected: &str) -> String {
    format!(
        "test \"{title}\" {{\n    as {caller}\n    at 2026-03-02T10:00:00Z\n    {request}\n    expect {expected}\n}}"
    )
}

/// A caller that the rule is about.
fn caller(package: &Package, rule: &RuleRow) -> String {
    let program = &package.index.program;
    match &rule.subject {
        Some(Subject::ActingFor(actor, principal)) => {
            format!("{} acting for {}", describe::subject(package, actor), describe::subject(package, principal))
        }
        Some(subject) => match describe::classes(subject).first() {
            Some(id) => describe::class_name(package, *id).to_owned(),
            None => {
                let identity =
                    program.classes.iter().find(|class| matches!(class.definition, ClassDefinition::Identity { .. }));
                identity.map_or_else(|| "anonymous".to_owned(), |class| class.name.to_string())
            }
        },
        None => "anonymous".to_owned(),
    }
}

/// A call of the rule's first tool, with a value for each parameter that is required.
fn request(package: &Package, row: usize) -> Option<String> {
    let member = *who::tools_of(package, row).first()?;
    let tool = tools::tool(package, member)?;
    let required: Vec<String> = tools::parameters(tool)
        .iter()
        .filter(|parameter| parameter.is_required)
        .map(|parameter| format!("{}: {}", as_written(&parameter.name), sample(parameter)))
        .collect();
    let arguments = if required.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", required.join(", ")) };
    Some(format!("call {} {arguments}", tools::tool_name(package, member)))
}

/// A value of a parameter's type.
fn sample(parameter: &Parameter) -> String {
    match parameter.ty.as_ref() {
        Some(Type::Bool) => "true".to_owned(),
        Some(Type::Int | Type::Decimal) => "1".to_owned(),
        Some(Type::Enum(names)) => format!("\"{}\"", names.first().map_or("", |name| name.as_str())),
        Some(Type::List(_) | Type::Set(_)) => "[]".to_owned(),
        Some(Type::Record(_) | Type::Map(_)) => "{}".to_owned(),
        Some(Type::Path) => "\"/workspace/file\"".to_owned(),
        Some(Type::Url) => "\"https://example.org/\"".to_owned(),
        Some(Type::Host) => "\"example.org\"".to_owned(),
        _ => format!("\"{}\"", parameter.name.replace('"', "'")),
    }
}
