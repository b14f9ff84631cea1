//! `E0214` (source-not-text): a source file is not UTF-8 text.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0214",
    name: "source-not-text",
    severity: Severity::Error,
    summary: "a source file is not UTF-8 text",
    explanation: "Sources are UTF-8. A file of other bytes is refused as a whole.",
    bad: r#"
-- mcpz.toml --
[package]
name = "frame"
version = "0.1.0"
edition = "2026"
-- policy/broken.mcpz (latin-1) --
// café
"#,
    good: r#"
// cafe
"#,
};

/// A file that is not text.
pub fn source_not_text(span: Span, path: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("`{path}` is not UTF-8 text")).help("save it as UTF-8")
}

/// A file that could not be read.
pub fn source_not_read(span: Span, path: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("`{path}` could not be read")).help("see whether it is there and may be read")
}
