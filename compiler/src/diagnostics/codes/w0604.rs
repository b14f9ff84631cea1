//! `W0604` (unused-label): a label that nothing uses.

use super::prelude::*;
use crate::diagnostics::Tag;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "W0604",
    name: "unused-label",
    severity: Severity::Warning,
    summary: "a label that nothing uses",
    explanation: "\
Nothing in the package names it. Drop it, or use it; something that only looks guarded is \
worse than nothing.",
    bad: r#"
label secret from fs.read_file
permit sre to call payments.refund
"#,
    good: r#"
label secret from fs.read_file
forbid anyone to call web.fetch when session holds secret
"#,
};

/// Nothing uses `name`.
pub fn unused(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("the label `{name}` is never used"))
        .label("never used")
        .help("drop it, or use it")
        .tag(Tag::Unnecessary)
}
