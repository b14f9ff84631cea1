//! `E0333` (bad-history): a question about history that is not complete.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0333",
    name: "bad-history",
    severity: Severity::Error,
    summary: "a question about history that is not complete",
    explanation: "\
`count`, `sum` and `sequence` need `by:` (session, user, agent or caller) and `within:` (a \
duration); `sum` also needs `of:` with a parameter. `novel` is for monitors.",
    bad: r#"
forbid anyone to call payments.refund when count(calls to payments.refund, by: session) > 3
"#,
    good: r#"
forbid anyone to call payments.refund when count(calls to payments.refund, by: session, within: 5m) > 3
"#,
};

/// Something is missing or wrong in a question about history.
pub fn bad_history(span: Span, message: &str, help: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, message).label("here").help(help)
}
