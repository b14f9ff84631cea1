//! `E0008` (expected): something is missing, or something else stands in its place.

use super::{CodeInfo, Severity};

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0008",
    name: "expected",
    severity: Severity::Error,
    summary: "something is missing, or something else stands in its place",
    explanation: "The message says what can stand here. Often a word such as `to`, a target or a closing \
                  bracket was left out.",
    bad: r#"
permit analyst call payments.get_invoice
"#,
    good: r#"
permit analyst to call payments.get_invoice
"#,
};
