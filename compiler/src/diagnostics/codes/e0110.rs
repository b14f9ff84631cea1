//! `E0110` (mixed-role): a role joins users and agents.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0110",
    name: "mixed-role",
    severity: Severity::Error,
    summary: "a role joins users and agents",
    explanation: "A role is a class of users or a class of agents, never both: permits and restrictions \
                  read the two ends of a caller's chain differently. Write the list `[a, b]` in the rule \
                  instead.",
    bad: r#"
role staff = analyst | copilot
"#,
    good: r#"
role staff = analyst | sre
"#,
};

/// A join of both kinds.
pub fn mixed_role(span: Span, role: &str, name: &str, kind: &str, others: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("role `{role}` joins {others} with `{name}`, a class of {kind}"))
        .label(format!("a class of {kind}"))
        .help("keep users and agents apart, and name both in the rule: `[a, b]`")
}
