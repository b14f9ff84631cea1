//! `E0403` (approver-not-user): approval by something that is no person.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0403",
    name: "approver-not-user",
    severity: Severity::Error,
    summary: "approval by something that is no person",
    explanation: "\
Approvals are given by people: users and roles of users. An agent cannot approve.",
    bad: r#"
require approval by copilot for anyone to call payments.refund
"#,
    good: r#"
require approval by sre for anyone to call payments.refund
"#,
};

/// The approver is no class of users.
pub fn not_a_user(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("`{name}` is no class of users, and only people approve"))
        .label("cannot approve")
        .help("name a user or a role of users")
}
