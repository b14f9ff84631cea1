//! `W0612` (shadow-permit): a permit in shadow.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "W0612",
    name: "shadow-permit",
    severity: Severity::Warning,
    summary: "a permit in shadow",
    explanation: "\
`@shadow` evaluates and logs a rule without any effect. On a restriction that is a \
rehearsal; a permit in shadow never grants, which is easily forgotten.",
    bad: r#"
@shadow
permit sre to call payments.refund
"#,
    good: r#"
@shadow
forbid sre to call payments.refund
permit sre to call payments.get_invoice
"#,
};

/// A permit in shadow.
pub fn shadow(span: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "a permit in shadow never grants anything")
        .label("has no effect")
        .help("drop `@shadow` when the rehearsal is over")
}
