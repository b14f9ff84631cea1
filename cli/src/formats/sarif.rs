//! `mcpz check --format sarif`: SARIF 2.1.0, one run.
//!
//! Columns count characters (`unicodeCodePoints`). Fixes are replacements, so that a viewer can offer them. The rules that are
//! listed are the codes that were found.

use super::uri;
use mcpz_compiler::diagnostics::{Diagnostic, Fix, Severity, codes, plain};
use mcpz_compiler::hir::{Source, Span};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The log.
pub fn log(diagnostics: &[Diagnostic], sources: &[Source]) -> Value {
    let found: BTreeSet<&str> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    let found: Vec<&str> = found.into_iter().collect();
    let results: Vec<Value> = diagnostics.iter().map(|diagnostic| result(diagnostic, &found, sources)).collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "mcpz",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": found.iter().map(|code| rule(code)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

/// What is known about a code.
fn rule(code: &str) -> Value {
    let Some(info) = codes::ALL.iter().find(|info| info.code == code) else {
        return json!({"id": code});
    };
    json!({
        "id": code,
        "name": info.name,
        "shortDescription": {"text": info.summary},
        "fullDescription": {"text": info.explanation.trim()},
        "help": {"text": format!("`mcpz explain {code}` shows the mistake and the same text mended")},
        "defaultConfiguration": {"level": level(info.severity)},
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn result(diagnostic: &Diagnostic, found: &[&str], sources: &[Source]) -> Value {
    let mut text = diagnostic.message.clone();
    for more in
        [Some(&diagnostic.label), diagnostic.help.as_ref()].into_iter().flatten().filter(|more| !more.is_empty())
    {
        text.push_str(". ");
        text.push_str(more);
    }
    let mut value = json!({
        "ruleId": diagnostic.code,
        "ruleIndex": found.iter().position(|code| *code == diagnostic.code),
        "level": level(diagnostic.severity),
        "message": {"text": text},
        "locations": [{"physicalLocation": location(diagnostic.span, sources)}],
    });
    let related: Vec<Value> = diagnostic
        .related
        .iter()
        .enumerate()
        .map(|(id, related)| {
            json!({
                "id": id,
                "message": {"text": related.message},
                "physicalLocation": location(related.span, sources),
            })
        })
        .collect();
    if !related.is_empty() {
        value["relatedLocations"] = related.into();
    }
    let fixes: Vec<Value> = diagnostic.fixes.iter().map(|each| fix(each, sources)).collect();
    if !fixes.is_empty() {
        value["fixes"] = fixes.into();
    }
    value
}

fn location(span: Span, sources: &[Source]) -> Value {
    json!({"artifactLocation": {"uri": artifact(span, sources)}, "region": region(span, sources)})
}

fn artifact(span: Span, sources: &[Source]) -> String {
    sources.get(span.source.index()).map_or_else(|| "unknown".to_owned(), |source| uri(&source.path))
}

fn region(span: Span, sources: &[Source]) -> Value {
    let text = sources.get(span.source.index()).map_or("", |source| source.text.as_str());
    let (line, column, _) = plain::locate(text, span.start);
    let (end_line, end_column, _) = plain::locate(text, span.end);
    json!({"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column})
}

/// A fix, its edits gathered by file.
fn fix(fix: &Fix, sources: &[Source]) -> Value {
    let mut changes: Map<String, Value> = Map::new();
    for edit in &fix.edits {
        let replacement = json!({"deletedRegion": region(edit.span, sources), "insertedContent": {"text": edit.text}});
        let entry = changes.entry(artifact(edit.span, sources)).or_insert_with(|| json!([]));
        if let Value::Array(list) = entry {
            list.push(replacement);
        }
    }
    let changes: Vec<Value> = changes
        .into_iter()
        .map(|(file, replacements)| json!({"artifactLocation": {"uri": file}, "replacements": replacements}))
        .collect();
    json!({"description": {"text": fix.title}, "artifactChanges": changes})
}
