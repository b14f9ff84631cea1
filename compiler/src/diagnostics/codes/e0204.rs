//! `E0204` (package-not-found): a dependency is not where the manifest says.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0204",
    name: "package-not-found",
    severity: Severity::Error,
    summary: "a dependency is not where the manifest says",
    explanation: "`path` leads, from the folder of the package that names it, to the folder of another \
                  package with a `mcpz.toml`.",
    bad: r#"
-- mcpz.toml --
[package]
name = "frame"
version = "0.1.0"
edition = "2026"
[dependencies]
base = { path = "../bsae" }
"#,
    good: r#"
use base.team
"#,
};

/// Nothing at that place.
pub fn package_not_found(span: Span, name: &str, path: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("dependency `{name}` is not at `{path}`"))
        .label("nothing there")
        .help("the path is relative to this mcpz.toml and names a folder that has a mcpz.toml")
}
