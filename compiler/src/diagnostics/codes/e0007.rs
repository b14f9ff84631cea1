//! `E0007` (foreign-syntax): a sign of another language.

use super::{CodeInfo, Severity};

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0007",
    name: "foreign-syntax",
    severity: Severity::Error,
    summary: "a sign of another language",
    explanation: "Conditions are written with words: `and`, `or`, `not`; comments start with `//`; items \
                  need no semicolon.",
    bad: r#"
permit analyst to call payments.refund where args.amount > 1 && args.amount < 5
"#,
    good: r#"
permit analyst to call payments.refund where args.amount > 1 and args.amount < 5
"#,
};
