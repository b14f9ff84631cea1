//! `E0124` (annotation): an annotation that is not known, or does not fit.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0124",
    name: "annotation",
    severity: Severity::Error,
    summary: "an annotation that is not known, or does not fit",
    explanation: "Rules take `@id(\"..\")`, `@message(\"..\")`, `@severity(low | medium | high | \
                  critical)`, `@deny(explain | hide | step_up)` and `@shadow`; every item takes \
                  `@allow(LINT, \"reason\")`.",
    bad: r#"
@severity(urgent)
forbid anyone to call payments.refund
"#,
    good: r#"
@severity(high)
forbid anyone to call payments.refund
"#,
};

/// What is wrong with an annotation.
pub fn annotation(span: Span, message: String, near: Option<&str>, help: &str) -> Diagnostic {
    let error = Diagnostic::new(&CODE, span, message).label("here");
    match near {
        Some(_) => error.did_you_mean(span, near),
        None => error.help(help),
    }
}
