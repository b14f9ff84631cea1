//! `E0310` (claims-not-known): claims of somebody the subject does not speak of.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0310",
    name: "claims-not-known",
    severity: Severity::Error,
    summary: "claims of somebody the subject does not speak of",
    explanation: "\
`user.claims` and `agent.claims` are known when every caller that the subject covers has a \
user or an agent. A bare agent acts alone, so that a permit for it knows no user; `anyone` \
says nothing at all.",
    bad: r#"
permit copilot to call payments.list_invoices where args.customer_id in user.claims.customers
"#,
    good: r#"
permit copilot acting for analyst to call payments.list_invoices where args.customer_id in user.claims.customers
"#,
};

/// `root` (`user.claims`, `agent.claims`) is not known under this rule's subject.
pub fn not_known(span: Span, root: &str, why: &str, help: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("`{root}` is not known here: {why}"))
        .label("not known under this subject")
        .help(help)
}
