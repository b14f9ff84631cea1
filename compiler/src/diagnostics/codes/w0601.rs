//! `W0601` (unused-predicate): a predicate that nothing uses.

use super::prelude::*;
use crate::diagnostics::Tag;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "W0601",
    name: "unused-predicate",
    severity: Severity::Warning,
    summary: "a predicate that nothing uses",
    explanation: "\
Nothing in the package names it. Drop it, or use it; something that only looks guarded is \
worse than nothing.",
    bad: r#"
predicate small(amount: decimal) = amount < 10
permit sre to call payments.refund
"#,
    good: r#"
predicate small(amount: decimal) = amount < 10
permit sre to call payments.refund where small(args.amount)
"#,
};

/// Nothing uses `name`.
pub fn unused(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("the predicate `{name}` is never used"))
        .label("never used")
        .help("drop it, or use it")
        .tag(Tag::Unnecessary)
}
