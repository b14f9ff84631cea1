//! `E0201` (manifest-syntax): `mcpz.toml` or `mcpz.lock` is not TOML.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0201",
    name: "manifest-syntax",
    severity: Severity::Error,
    summary: "`mcpz.toml` or `mcpz.lock` is not TOML",
    explanation: "The manifest and the lock are TOML files. The place shown is where reading stopped.",
    bad: r#"
-- mcpz.toml --
[package
name = "frame"
"#,
    good: r#"
-- mcpz.toml --
[package]
name = "frame"
version = "0.1.0"
edition = "2026"
"#,
};

/// What the TOML reader said.
pub fn manifest_syntax(span: Span, file: &str, message: &str) -> Diagnostic {
    let line = message.lines().next().unwrap_or_default();
    Diagnostic::new(&CODE, span, format!("{file} is not TOML: {line}")).label("here").help("mend the line shown")
}

/// The file is missing altogether.
pub fn manifest_missing(span: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "there is no mcpz.toml here")
        .help("`mcpz new NAME` makes a package that checks, tests and builds at once")
}
