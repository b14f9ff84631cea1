//! `E0114` (guard-authority): a guard package tries to open access.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0114",
    name: "guard-authority",
    severity: Severity::Error,
    summary: "a guard package tries to open access",
    explanation: "A package marked `authority = \"guard\"` may only narrow: restrictions, `forbid flow`, \
                  monitors and assertions. So it can bind every package that depends on it and open \
                  nothing.",
    bad: r#"
permit analyst to call payments.get_invoice
-- mcpz.toml --
[package]
name = "frame"
version = "0.1.0"
edition = "2026"
authority = "guard"
"#,
    good: r#"
forbid analyst to call payments.refund
-- mcpz.toml --
[package]
name = "frame"
version = "0.1.0"
edition = "2026"
authority = "guard"
"#,
};

/// An opening item in a guard package.
pub fn guard_authority(span: Span, word: &str, package: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("`{word}` opens access, and `{package}` is a guard package"))
        .label("not in a guard package")
        .help("move it to an ordinary package; a guard has `forbid`, `require`, `limit`, `redact`, `audit`, `forbid flow`, `monitor`, `assert`")
}
