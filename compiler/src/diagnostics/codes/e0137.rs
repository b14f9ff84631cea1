//! `E0137` (for-without-server): `for` stands after targets, and the subject is no server.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0137",
    name: "for-without-server",
    severity: Severity::Error,
    summary: "`for` stands after targets, and the subject is no server",
    explanation: "`for SUBJECT` says whose client a server may ask. Other rules name their caller before \
                  `to`.",
    bad: r#"
permit analyst to call payments.get_invoice for sre
"#,
    good: r#"
permit server payments to sample for sre
"#,
};

/// `for` on another subject.
pub fn for_without_server(span: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "`for` goes with `server NAME` as the subject")
        .label("not here")
        .help("name the caller before `to`, or write `permit server NAME to sample for SUBJECT`")
}
