//! `E0117` (server-action-subject): what servers ask of clients is permitted to somebody else.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0117",
    name: "server-action-subject",
    severity: Severity::Error,
    summary: "what servers ask of clients is permitted to somebody else",
    explanation: "`sample`, `elicit` and `roots` are requests that a server makes. Only `server NAME` can \
                  be permitted them; `for SUBJECT` says whose client may be asked.",
    bad: r#"
permit analyst to sample
"#,
    good: r#"
permit server payments to sample for analyst
"#,
};

/// A permit of a server's request for another subject.
pub fn server_action_subject(span: Span, action: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("`{action}` is asked by servers, and this subject is no server"))
        .label("not a server")
        .help(format!("write `permit server NAME to {action} for SUBJECT`"))
}
