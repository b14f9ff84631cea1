//! `E0138` (subject-shape): subjects are combined in a way that can never match.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0138",
    name: "subject-shape",
    severity: Severity::Error,
    summary: "subjects are combined in a way that can never match",
    explanation: "`anonymous` and `server NAME` are whole callers: they are no part of `a acting for b` and \
                  no operand of `&`. In `a acting for b`, a is an agent and b is whom it acts for.",
    bad: r#"
forbid anonymous acting for analyst to call payments.refund
"#,
    good: r#"
forbid copilot acting for analyst to call payments.refund
"#,
};

/// What does not fit.
pub fn subject_shape(span: Span, message: String) -> Diagnostic {
    Diagnostic::new(&CODE, span, message)
        .label("does not fit here")
        .help("use agents, users and roles here; list alternatives with `[a, b]`")
}
