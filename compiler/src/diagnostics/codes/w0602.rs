//! `W0602` (unused-constant): a constant that nothing uses.

use super::prelude::*;
use crate::diagnostics::Tag;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "W0602",
    name: "unused-constant",
    severity: Severity::Warning,
    summary: "a constant that nothing uses",
    explanation: "\
Nothing in the package names it. Drop it, or use it; something that only looks guarded is \
worse than nothing.",
    bad: r#"
const house = ["acct_a", "acct_b"]
permit sre to call payments.refund
"#,
    good: r#"
const house = ["acct_a", "acct_b"]
permit sre to call payments.refund where args.payee in house
"#,
};

/// Nothing uses `name`.
pub fn unused(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("the constant `{name}` is never used"))
        .label("never used")
        .help("drop it, or use it")
        .tag(Tag::Unnecessary)
}
