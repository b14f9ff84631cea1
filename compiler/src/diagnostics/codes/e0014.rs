//! `E0014` (chained-comparison): two comparisons in a row.

use super::{CodeInfo, Severity};

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0014",
    name: "chained-comparison",
    severity: Severity::Error,
    summary: "two comparisons in a row",
    explanation: "Comparisons do not chain: `1 < x < 5` would compare a bool with a number. Write a range, \
                  `x in 1..5`, or two comparisons joined by `and`.",
    bad: r#"
permit analyst to call payments.refund where 1 < args.amount < 5
"#,
    good: r#"
permit analyst to call payments.refund where 1 < args.amount and args.amount < 5
"#,
};
