//! `E0215` (no-sources): a package has no sources.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0215",
    name: "no-sources",
    severity: Severity::Error,
    summary: "a package has no sources",
    explanation: "A package's policies are the `.mcpz` files below its source folder, `policy` unless \
                  `[build] sources` says otherwise.",
    bad: r#"
-- mcpz.toml --
[package]
name = "frame"
version = "0.1.0"
edition = "2026"
[build]
sources = "polcy"
"#,
    good: r#"
-- mcpz.toml --
[package]
name = "frame"
version = "0.1.0"
edition = "2026"
[build]
sources = "policy"
"#,
};

/// An empty package.
pub fn no_sources(span: Span, package: &str, folder: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("package `{package}` has no `.mcpz` file below `{folder}`"))
        .help("put the policies there, or name another folder: `[build]` `sources = \"..\"`")
}
