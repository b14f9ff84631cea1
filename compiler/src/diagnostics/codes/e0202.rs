//! `E0202` (manifest-key): a key that `mcpz.toml` or `mcpz.lock` does not have.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0202",
    name: "manifest-key",
    severity: Severity::Error,
    summary: "a key that `mcpz.toml` or `mcpz.lock` does not have",
    explanation: "Unknown keys are refused, so that a misspelt `authority` cannot silently lift a guard.",
    bad: r#"
-- mcpz.toml --
[package]
name = "frame"
version = "0.1.0"
edition = "2026"
authorty = "guard"
"#,
    good: r#"
-- mcpz.toml --
[package]
name = "frame"
version = "0.1.0"
edition = "2026"
"#,
};

/// A key that is not known, with the near one.
pub fn unknown_key(span: Span, key: &str, context: &str, near: Option<&str>, known: &[&str]) -> Diagnostic {
    let error = Diagnostic::new(&CODE, span, format!("{context} has no key `{key}`")).label("not known");
    match near {
        Some(_) => error.did_you_mean(span, near),
        None => error.help(format!("the keys are {}", known.join(", "))),
    }
}
