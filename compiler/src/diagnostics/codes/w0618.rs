//! `W0618` (always-true): a condition that is always true.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "W0618",
    name: "always-true",
    severity: Severity::Warning,
    summary: "a condition that is always true",
    explanation: "\
The condition says nothing: it holds whatever the request is.",
    bad: r#"
permit sre to call payments.refund where true or args.amount < 5
"#,
    good: r#"
permit sre to call payments.refund where args.amount < 5
"#,
};

/// The condition is always true.
pub fn always_true(span: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "this condition is always true").label("says nothing").help("drop it, or mend it")
}
