//! `E00xx`: syntax errors, which the parser makes and which become diagnostics here.

use super::{CodeInfo, e0008, find};
use crate::diagnostics::Diagnostic;
use crate::hir::{SourceId, Span};
use mcpz_syntax::{SyntaxError, TextRange};

/// The diagnostic of a syntax error in a source.
pub fn diagnostic(error: &SyntaxError, source: SourceId) -> Diagnostic {
    let span = |range: TextRange| Span { source, start: range.start().into(), end: range.end().into() };
    let info: &CodeInfo = find(error.code).unwrap_or(&e0008::CODE);
    let diagnostic = Diagnostic::new(info, span(error.range), error.message.clone()).maybe_help(error.help.clone());
    match &error.fix {
        Some((range, text)) if text.is_empty() => diagnostic.fix_edit("take it away", span(*range), ""),
        Some((range, text)) => diagnostic.fix_edit(format!("change to `{text}`"), span(*range), text.clone()),
        None => diagnostic,
    }
}
