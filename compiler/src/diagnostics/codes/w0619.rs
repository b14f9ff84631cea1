//! `W0619` (always-present): a test for the presence of what is always there.

use super::prelude::*;
use crate::diagnostics::Tag;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "W0619",
    name: "always-present",
    severity: Severity::Warning,
    summary: "a test for the presence of what is always there",
    explanation: "\
The schema requires this parameter, so that a call without it is refused before any rule \
runs.",
    bad: r#"
permit sre to call payments.refund where has args.amount and args.amount < 5
"#,
    good: r#"
permit sre to call payments.refund where args.amount < 5
"#,
};

/// The value is always there. `what` is `has` or `??`.
pub fn always_present(span: Span, what: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("this is always there, so that `{what}` says nothing"))
        .label("always there")
        .help(format!("drop the `{what}`"))
        .tag(Tag::Unnecessary)
}
