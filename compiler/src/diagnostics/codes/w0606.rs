//! `W0606` (unused-role): a role, user or agent that no rule speaks of.

use super::prelude::*;
use crate::diagnostics::Tag;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "W0606",
    name: "unused-role",
    severity: Severity::Warning,
    summary: "a role, user or agent that no rule speaks of",
    explanation: "\
Nothing in the package names it, so that holding it gives or forbids nothing.",
    bad: r#"
role auditor of employee where claims.groups contains "audit"
permit sre to call payments.refund
"#,
    good: r#"
role auditor of employee where claims.groups contains "audit"
permit auditor to call payments.get_invoice
"#,
};

/// Nothing speaks of `name`.
pub fn unused(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("nothing speaks of `{name}`"))
        .label("never used")
        .help("drop it, or write the rule that it is for")
        .tag(Tag::Unnecessary)
}
