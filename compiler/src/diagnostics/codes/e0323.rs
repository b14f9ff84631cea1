//! `E0323` (bad-arithmetic): arithmetic on values that do not add up.

use super::prelude::*;
use crate::types::Type;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0323",
    name: "bad-arithmetic",
    severity: Severity::Error,
    summary: "arithmetic on values that do not add up",
    explanation: "\
Numbers add, subtract and multiply; durations add, and multiply with an integer; an instant \
plus or minus a duration is an instant, and instants subtract to a duration.",
    bad: r#"
permit sre to call payments.refund where args.payee + args.invoice_id == "ab"
"#,
    good: r#"
permit sre to call payments.refund where args.payee == "a" and args.invoice_id == "b"
"#,
};

/// `left OP right` is not defined.
pub fn bad_arithmetic(span: Span, operator: &str, left: &Type, right: &Type) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("`{operator}` is not defined between `{left}` and `{right}`"))
        .label("not defined")
        .help("arithmetic is for numbers, durations and instants")
}
