//! `E0325` (empty-range): a range that holds nothing.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0325",
    name: "empty-range",
    severity: Severity::Error,
    summary: "a range that holds nothing",
    explanation: "\
The lower bound is above the upper one, or equal to it and excluded. A range of times does \
not wrap around midnight; `window(hours: 22:00..06:00)` does.",
    bad: r#"
permit sre to call payments.refund where args.amount in 100..=10
"#,
    good: r#"
permit sre to call payments.refund where args.amount in 10..=100
"#,
};

/// The range is empty.
pub fn empty_range(span: Span, swapped: Option<String>) -> Diagnostic {
    let error = Diagnostic::new(&CODE, span, "this range holds nothing").label("empty");
    match swapped {
        Some(text) => error.help("the lower bound stands first").fix_edit("swap the bounds", span, text),
        None => error.help("`a..b` leaves b out, `a..=b` holds it"),
    }
}
