//! `W0603` (unused-tag): a tag that nothing uses.

use super::prelude::*;
use crate::diagnostics::Tag;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "W0603",
    name: "unused-tag",
    severity: Severity::Warning,
    summary: "a tag that nothing uses",
    explanation: "\
Nothing in the package names it. Drop it, or use it; something that only looks guarded is \
worse than nothing.",
    bad: r#"
tag writes = fs.write_file
permit sre to call payments.refund
"#,
    good: r#"
tag writes = fs.write_file
forbid anyone to call tag writes
"#,
};

/// Nothing uses `name`.
pub fn unused(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("the tag `{name}` is never used"))
        .label("never used")
        .help("drop it, or use it")
        .tag(Tag::Unnecessary)
}
