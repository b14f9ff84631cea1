//! `E0136` (identity-overlap): one credential could be a user and an agent.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0136",
    name: "identity-overlap",
    severity: Severity::Error,
    summary: "one credential could be a user and an agent",
    explanation: "Users and agents of one issuer are told apart by their conditions. When a credential \
                  could fit both, a program could pass for a person. Give the two subject patterns that \
                  cannot both match.",
    bad: r#"
agent robot from corp where claims.sub like "user:robot:*" acts for employee
"#,
    good: r#"
agent robot from corp where claims.sub like "agent:robot:*" acts for employee
"#,
};

/// Two identities that a credential could have at once.
pub fn identity_overlap(span: Span, name: &str, other: &str, issuer: &str, first: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("one credential of `{issuer}` could be both `{name}` and `{other}`"))
        .label("not told apart")
        .related(first, format!("`{other}` is declared here"))
        .help("give them `claims.sub like` patterns of which at most one can match")
}
