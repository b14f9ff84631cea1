//! Diagnostics for machines. The form is documented in `docs/cli.md`; it only grows.

use mcpz_compiler::diagnostics::{Diagnostic, Severity, plain};
use mcpz_compiler::hir::{Source, Span};
use serde_json::{Value, json};

/// All diagnostics, in order.
pub fn all(diagnostics: &[Diagnostic], sources: &[Source]) -> Value {
    diagnostics.iter().map(|diagnostic| one(diagnostic, sources)).collect()
}

fn one(diagnostic: &Diagnostic, sources: &[Source]) -> Value {
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let related: Vec<Value> = diagnostic
        .related
        .iter()
        .map(|related| json!({"place": place(related.span, sources), "message": related.message}))
        .collect();
    let fixes: Vec<Value> = diagnostic
        .fixes
        .iter()
        .map(|fix| {
            let edits: Vec<Value> =
                fix.edits.iter().map(|edit| json!({"place": place(edit.span, sources), "text": edit.text})).collect();
            json!({"title": fix.title, "edits": edits})
        })
        .collect();
    json!({
        "code": diagnostic.code,
        "severity": severity,
        "message": diagnostic.message,
        "place": place(diagnostic.span, sources),
        "label": diagnostic.label,
        "related": related,
        "help": diagnostic.help,
        "fixes": fixes,
    })
}

/// A place: path, bytes from zero, line and column (in characters) from one.
pub fn place(span: Span, sources: &[Source]) -> Value {
    let Some(source) = sources.get(span.source.index()) else {
        return Value::Null;
    };
    let (line, column, _) = plain::locate(&source.text, span.start);
    let (end_line, end_column, _) = plain::locate(&source.text, span.end);
    json!({
        "path": source.path,
        "start": span.start,
        "end": span.end,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    })
}
