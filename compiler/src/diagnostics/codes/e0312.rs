//! `E0312` (unknown-claim): a claim that the issuer does not declare.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0312",
    name: "unknown-claim",
    severity: Severity::Error,
    summary: "a claim that the issuer does not declare",
    explanation: "\
Claims are typed by the `claims` block of the issuer (`sub` and `scope` are always there). \
When a subject covers identities of several issuers, only what all of them declare is known.",
    bad: r#"
permit analyst to call payments.list_invoices where args.customer_id in user.claims.customer
"#,
    good: r#"
permit analyst to call payments.list_invoices where args.customer_id in user.claims.customers
"#,
};

/// No such claim.
pub fn unknown_claim(span: Span, name: &str, near: Option<&str>, known: &str) -> Diagnostic {
    let error = Diagnostic::new(&CODE, span, format!("no claim `{name}` is declared")).label("not a claim");
    match near {
        Some(near) => error.did_you_mean(span, Some(near)),
        None => error.help(format!("declare it in the issuer's `claims`; known are {known}")),
    }
}
