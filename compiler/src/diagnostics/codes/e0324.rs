//! `E0324` (number-out-of-range): a constant number outside the domain of numbers.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0324",
    name: "number-out-of-range",
    severity: Severity::Error,
    summary: "a constant number outside the domain of numbers",
    explanation: "\
Integers have 64 bits; decimals have at most 18 digits after the point and are smaller than \
10^20. A constant calculation must stay inside as well.",
    bad: r#"
permit sre to call payments.refund where args.amount < 0.1234567890123456789
"#,
    good: r#"
permit sre to call payments.refund where args.amount < 0.12
"#,
};

/// A number or the result of a constant calculation is outside the domain.
pub fn out_of_range(span: Span, what: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("{what} is outside the domain of numbers"))
        .label("out of range")
        .help("decimals have at most 18 digits after the point and are smaller than 10^20; integers have 64 bits")
}
