//! `E0105` (unknown-import): a package does not declare what `use` asks for.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0105",
    name: "unknown-import",
    severity: Severity::Error,
    summary: "a package does not declare what `use` asks for",
    explanation: "`use base.team` brings the name `team` of package `base` into this file. The \
                  package declares nothing of that name.",
    bad: r#"
use base.taem
"#,
    good: r#"
use base.team
"#,
};

/// A name that the package does not declare.
pub fn unknown_import(span: Span, package: &str, name: &str, near: Option<&str>, known: &str) -> Diagnostic {
    let message = format!("package `{package}` declares nothing called `{name}`");
    let error = Diagnostic::new(&CODE, span, message).label("not declared there");
    match near {
        Some(_) => error.did_you_mean(span, near),
        None if known.is_empty() => error.help(format!("`{package}` declares no names")),
        None => error.help(format!("`{package}` declares {known}")),
    }
}
