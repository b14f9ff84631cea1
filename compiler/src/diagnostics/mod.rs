//! Diagnostics as plain data, and the table of codes.
//!
//! A [`Diagnostic`] is what every stage of the compiler returns beside its value. Rendering it for
//! a terminal, an editor or a machine is the caller's work. Each code has a file of its own in
//! [`codes`] which holds its explanation, a bad and a good example and the functions that make it;
//! the error index and `mcpz explain` are generated from that table.

pub mod codes;
pub mod example;
pub mod levels;
pub mod plain;
pub mod suggest;

pub use codes::CodeInfo;

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

impl Diagnostic {
    /// A diagnostic of this code, without label, help or fix.
    pub fn new(info: &CodeInfo, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code: info.code,
            severity: info.severity,
            message: message.into(),
            span,
            label: String::new(),
            related: Vec::new(),
            help: None,
            fixes: Vec::new(),
            tag: None,
        }
    }

    /// A few words shown at the span.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Diagnostic {
        self.label = label.into();
        self
    }

    /// What to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// What to do, when there is something to say.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<impl Into<String>>) -> Diagnostic {
        if let Some(help) = help {
            self.help = Some(help.into());
        }
        self
    }

    /// Another place that matters.
    #[must_use]
    pub fn related(mut self, span: Span, message: impl Into<String>) -> Diagnostic {
        self.related.push(Related { span, message: message.into() });
        self
    }

    /// A set of edits that mends it.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Diagnostic {
        self.fixes.push(fix);
        self
    }

    /// One edit that mends it.
    #[must_use]
    pub fn fix_edit(self, title: impl Into<String>, span: Span, text: impl Into<String>) -> Diagnostic {
        self.fix(Fix { title: title.into(), edits: vec![Edit { span, text: text.into() }] })
    }

    /// How an editor may render it.
    #[must_use]
    pub fn tag(mut self, tag: Tag) -> Diagnostic {
        self.tag = Some(tag);
        self
    }

    /// `did you mean X?` with the edit, when there is a near name.
    #[must_use]
    pub fn did_you_mean(self, span: Span, near: Option<&str>) -> Diagnostic {
        match near {
            Some(near) => {
                let fixed = suggest::fix(span, near);
                self.help(format!("did you mean `{near}`?")).fix(fixed)
            }
            None => self,
        }
    }

    /// Whether it stops the build.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Sorts diagnostics as a reader meets them: by source, place, code; and drops exact repetitions.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| (a.span, a.code, &a.message).cmp(&(b.span, b.code, &b.message)));
    diagnostics.dedup();
}
