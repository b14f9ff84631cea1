//! `E0205` (dependency-cycle): packages depend on one another in a circle.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0205",
    name: "dependency-cycle",
    severity: Severity::Error,
    summary: "packages depend on one another in a circle",
    explanation: "Packages form a tree of authority: a guard binds those that depend on it. A circle has no \
                  order, so it is refused.",
    bad: r#"
-- ../base/mcpz.toml --
[package]
name = "base"
version = "0.1.0"
edition = "2026"
[dependencies]
self = { path = "../base" }
"#,
    good: r#"
use base.team
"#,
};

/// A circle of packages, the first repeated at the end.
pub fn dependency_cycle(span: Span, circle: &[String]) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("packages depend on one another in a circle: {}", circle.join(" -> ")))
        .label("this dependency closes the circle")
        .help("move what both need into a third package")
}
