//! `E0109` (acts-for-no-user): `acts for` names something that is no class of users.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0109",
    name: "acts-for-no-user",
    severity: Severity::Error,
    summary: "`acts for` names something that is no class of users",
    explanation: "An agent acts for people. `acts for` takes a user or a role of users.",
    bad: r#"
agent helper from corp where claims.sub like "agent:helper:*" acts for copilot
"#,
    good: r#"
agent helper from corp where claims.sub like "agent:helper:*" acts for employee
"#,
};

/// `acts for` with a class of agents.
pub fn acts_for_no_user(span: Span, name: &str, declared: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("an agent acts for users, and `{name}` is a class of agents"))
        .label("a class of agents")
        .related(declared, format!("`{name}` is declared here"))
        .help("name a user or a role of users")
}
