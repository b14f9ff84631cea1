//! Diagnostics as plain data, and the table of codes.
//!
//! A [`Diagnostic`] is what every stage of the compiler returns beside its value. Rendering it for
//! a terminal, an editor or a machine is the caller's work. Each code has a file of its own in
//! [`codes`] which holds its explanation, a bad and a good example and the functions that make it;
//! the error index and `mcpz explain` are generated from that table.

use crate::hir::Span;

/// How serious a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// No bundle is made.
    Error,
    /// Suspicious; a bundle is made.
    Warning,
}

/// A diagnostic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable code, `E0102` or `W0301`.
    pub code: &'static str,
    /// Error or warning.
    pub severity: Severity,
    /// One line: lower case, no final period, the author's words in backticks.
    pub message: String,
    /// The smallest span that shows the mistake.
    pub span: Span,
    /// A few words shown at that span.
    pub label: String,
    /// Other places that matter.
    pub related: Vec<Related>,
    /// What to do.
    pub help: Option<String>,
    /// Edits that a machine can make.
    pub fixes: Vec<Fix>,
    /// What editors show it as.
    pub tag: Option<Tag>,
}

/// A place that a diagnostic refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// Where.
    pub span: Span,
    /// What is there.
    pub message: String,
}

/// A set of edits that mends the mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does: "change to `payments`".
    pub title: String,
    /// Replacements; they do not overlap.
    pub edits: Vec<Edit>,
}

/// One replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty to insert.
    pub span: Span,
    /// By what.
    pub text: String,
}

/// How an editor may render the span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// Faded.
    Unnecessary,
    /// Struck out.
    Deprecated,
}
