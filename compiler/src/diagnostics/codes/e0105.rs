//! `E0105` (unknown-import): a package does not declare what `use` asks for.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0105",
    name: "unknown-import",
    severity: Severity::Error,
    summary: "a package does not declare what `use` asks for",
    explanation: "`use base.analyst` brings the name `analyst` of package `base` into this file. The \
                  package declares nothing of that name.",
    bad: r#"
use base.anlyst
-- mcpz.toml --
[package]
name = "frame"
version = "0.1.0"
edition = "2026"
[dependencies]
base = { path = "../base" }
-- ../base/mcpz.toml --
[package]
name = "base"
version = "0.1.0"
edition = "2026"
-- ../base/policy/base.mcpz --
const analyst_group = "analysts"
const team = "payments"
"#,
    good: r#"
use base.team
-- mcpz.toml --
[package]
name = "frame"
version = "0.1.0"
edition = "2026"
[dependencies]
base = { path = "../base" }
-- ../base/mcpz.toml --
[package]
name = "base"
version = "0.1.0"
edition = "2026"
-- ../base/policy/base.mcpz --
const team = "payments"
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
