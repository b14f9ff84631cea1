//! `E0211` (pin-mismatch): a catalog or dependency is not what `mcpz.lock` pins.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0211",
    name: "pin-mismatch",
    severity: Severity::Error,
    summary: "a catalog or dependency is not what `mcpz.lock` pins",
    explanation: "The file changed after it was pinned. See what the change breaks with `mcpz catalog \
                  diff`, then pin it again.",
    bad: r#"
-- mcpz.toml --
[package]
name = "frame"
version = "0.1.0"
edition = "2026"
[dependencies]
base = { path = "../base", digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000" }
"#,
    good: r#"
use base.team
"#,
};

/// A digest that differs.
pub fn pin_mismatch(span: Span, what: &str, pin: Span, actual: &str, command: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("{what} is not what mcpz.lock pins"))
        .label("changed since it was pinned")
        .related(pin, format!("pinned here; it is {actual} now"))
        .help(format!("look at what changed, then run `{command}`"))
}
