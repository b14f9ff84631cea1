//! `E0406` (bad-limit): a limit that does not limit sensibly.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0406",
    name: "bad-limit",
    severity: Severity::Error,
    summary: "a limit that does not limit sensibly",
    explanation: "\
A limit takes a constant number above zero, and sums numbers. An amount below zero would \
give room back: at run time it is an error that denies.",
    bad: r#"
limit sre to call payments.refund at most 0 per 1d by user
"#,
    good: r#"
limit sre to call payments.refund at most 5_000 of args.amount per 1d by user
"#,
};

/// Something is wrong with the amounts of a limit.
pub fn bad_limit(span: Span, message: &str, help: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, message).label("here").help(help)
}
