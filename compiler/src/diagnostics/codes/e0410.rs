//! `E0410` (approval-count): an approval by fewer than one person.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0410",
    name: "approval-count",
    severity: Severity::Error,
    summary: "an approval by fewer than one person",
    explanation: "\
An approval is given by at least one person, and at most 16.",
    bad: r#"
require approval by 0 of sre for anyone to call payments.refund
"#,
    good: r#"
require approval by 2 of sre for anyone to call payments.refund
"#,
};

/// The number of approvers makes no sense.
pub fn bad_count(span: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "approval takes from 1 to 16 people")
        .label("not a sensible number")
        .help("write `approval by 2 of ...`")
}
