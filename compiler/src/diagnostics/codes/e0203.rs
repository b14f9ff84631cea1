//! `E0203` (manifest-value): a value in `mcpz.toml` or `mcpz.lock` is missing or wrong.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0203",
    name: "manifest-value",
    severity: Severity::Error,
    summary: "a value in `mcpz.toml` or `mcpz.lock` is missing or wrong",
    explanation: "A package has a name, a version of three numbers and the edition \"2026\". A digest is \
                  `sha256:` and 64 hexadecimal digits.",
    bad: r#"
-- mcpz.toml --
[package]
name = "frame"
version = "0.1.0"
edition = "2025"
"#,
    good: r#"
-- mcpz.toml --
[package]
name = "frame"
version = "0.1.0"
edition = "2026"
"#,
};

/// What is wrong with the value.
pub fn bad_value(span: Span, message: String, help: Option<String>) -> Diagnostic {
    Diagnostic::new(&CODE, span, message).label("here").maybe_help(help)
}
