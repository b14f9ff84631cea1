//! Diagnostics as plain text: for snapshots, logs and places without colours.
//!
//! One diagnostic is a headline `error[E0102]: message`, a line ` --> path:line:column` with the
//! label, the source line with the span underlined, related places, help, and fixes as edits.

use super::{Diagnostic, Severity};
use crate::hir::{Source, Span};
use std::fmt::Write;

/// All diagnostics, in the order given, separated by empty lines.
pub fn render(diagnostics: &[Diagnostic], sources: &[Source]) -> String {
    let texts: Vec<String> = diagnostics.iter().map(|diagnostic| render_one(diagnostic, sources)).collect();
    texts.join("\n")
}

/// One diagnostic.
pub fn render_one(diagnostic: &Diagnostic, sources: &[Source]) -> String {
    let mut out = String::new();
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let _ = writeln!(out, "{severity}[{}]: {}", diagnostic.code, diagnostic.message);
    let _ = writeln!(out, " --> {}", place(diagnostic.span, sources));
    underline(&mut out, diagnostic, sources);
    for related in &diagnostic.related {
        let _ = writeln!(out, "  see {}: {}", place(related.span, sources), related.message);
    }
    if let Some(help) = &diagnostic.help {
        let _ = writeln!(out, "  help: {help}");
    }
    for fix in &diagnostic.fixes {
        let _ = writeln!(out, "  fix: {}", fix.title);
        for edit in &fix.edits {
            let old = slice(edit.span, sources);
            let _ = writeln!(out, "    {} {old:?} -> {:?}", place(edit.span, sources), edit.text);
        }
    }
    out
}

/// `path:line:column`, both counted from one; columns in characters.
pub fn place(span: Span, sources: &[Source]) -> String {
    let Some(source) = sources.get(span.source.index()) else {
        return "?:0:0".to_owned();
    };
    let (line, column, _) = locate(&source.text, span.start);
    format!("{}:{line}:{column}", source.path)
}

/// Line and column of a byte offset, from one, and the text of that line.
pub fn locate(text: &str, offset: u32) -> (usize, usize, &str) {
    let offset = usize::try_from(offset).unwrap_or(usize::MAX).min(text.len());
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before.get(start..).unwrap_or_default().chars().count() + 1;
    let rest = text.get(start..).unwrap_or_default();
    (line, column, rest.lines().next().unwrap_or_default())
}

/// Writes the source line and a line of `^` under the span, followed by the label.
fn underline(out: &mut String, diagnostic: &Diagnostic, sources: &[Source]) {
    let span = diagnostic.span;
    let Some(source) = sources.get(span.source.index()) else {
        return;
    };
    let (_, column, line) = locate(&source.text, span.start);
    let width = slice(span, sources).lines().next().unwrap_or_default().chars().count().max(1);
    let _ = writeln!(out, "  | {line}");
    let text = format!("  | {}{} {}", " ".repeat(column - 1), "^".repeat(width), diagnostic.label);
    let _ = writeln!(out, "{}", text.trim_end());
}

/// The source text of a span.
fn slice(span: Span, sources: &[Source]) -> &str {
    let range = usize::try_from(span.start).unwrap_or(0)..usize::try_from(span.end).unwrap_or(0);
    sources.get(span.source.index()).and_then(|source| source.text.get(range)).unwrap_or_default()
}
