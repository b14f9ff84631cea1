//! `W0613` (like-without-wildcard): `like` with a pattern that has no wildcard.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "W0613",
    name: "like-without-wildcard",
    severity: Severity::Warning,
    summary: "`like` with a pattern that has no wildcard",
    explanation: "\
Without `*` or `?` the pattern matches one text only, and `==` says so.",
    bad: r#"
permit sre to call payments.refund where args.payee like "acct_7"
"#,
    good: r#"
permit sre to call payments.refund where args.payee == "acct_7"
"#,
};

/// The pattern has no wildcard. `operator` is where `like` stands.
pub fn no_wildcard(span: Span, operator: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "this pattern has no wildcard")
        .label("matches one text only")
        .help("write `==`, or a pattern such as `\"inv_*\"`")
        .fix_edit("write `==`", operator, "==")
}
