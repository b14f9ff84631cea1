//! `E0206` (duplicate-package): two packages of a bundle have one name.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0206",
    name: "duplicate-package",
    severity: Severity::Error,
    summary: "two packages of a bundle have one name",
    explanation: "Names in decisions, logs and diagnostics start with the package's name, so it is unique \
                  in a bundle.",
    bad: r#"
-- ../base/mcpz.toml --
[package]
name = "frame"
version = "0.1.0"
edition = "2026"
"#,
    good: r#"
use base.team
"#,
};

/// The second package of this name.
pub fn duplicate_package(span: Span, name: &str, first: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("two packages are called `{name}`"))
        .label("used again here")
        .related(first, "first used here")
        .help("rename one of them in its mcpz.toml")
}
