//! `E0123` (duplicate-rule-id): two rules have one id.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0123",
    name: "duplicate-rule-id",
    severity: Severity::Error,
    summary: "two rules have one id",
    explanation: "A rule's `@id` names it in decisions, tests and logs, so it is unique in the whole \
                  bundle.",
    bad: r#"
@id("R-1")
permit analyst to call payments.get_invoice
@id("R-1")
permit analyst to call payments.list_invoices
"#,
    good: r#"
@id("R-1")
permit analyst to call payments.get_invoice
@id("R-2")
permit analyst to call payments.list_invoices
"#,
};

/// The second rule with this id.
pub fn duplicate_rule_id(span: Span, id: &str, first: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("the id `{id}` is taken by another rule"))
        .label("used again here")
        .related(first, "first used here")
        .help("give this rule an id of its own")
}
