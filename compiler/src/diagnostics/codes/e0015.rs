//! `E0015` (assign-for-equals): `=` in a condition.

use super::{CodeInfo, Severity};

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0015",
    name: "assign-for-equals",
    severity: Severity::Error,
    summary: "`=` in a condition",
    explanation: "`=` declares; equality is `==`.",
    bad: r#"
permit analyst to call payments.refund where args.currency = "EUR"
"#,
    good: r#"
permit analyst to call payments.refund where args.currency == "EUR"
"#,
};
