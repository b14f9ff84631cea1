//! `E0502` (unknown-rule-id): an expectation by a rule that does not exist.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0502",
    name: "unknown-rule-id",
    severity: Severity::Error,
    summary: "an expectation by a rule that does not exist",
    explanation: "\
`expect ... by ID` names the `@id` of a rule, or `none` for a decision that no rule \
determined.",
    bad: r#"
@id("INV-1")
permit analyst to call payments.get_invoice
test "by the rule" {
  as analyst
  call payments.get_invoice { id: "i", customer_id: "c" }
  expect allow by INV-2
}
"#,
    good: r#"
@id("INV-1")
permit analyst to call payments.get_invoice
test "by the rule" {
  as analyst
  call payments.get_invoice { id: "i", customer_id: "c" }
  expect allow by INV-1
}
"#,
};

/// No rule has this id.
pub fn unknown_rule(span: Span, id: &str, near: Option<&str>) -> Diagnostic {
    let error = Diagnostic::new(&CODE, span, format!("no rule has the id `{id}`")).label("not a rule");
    match near {
        Some(near) => error.did_you_mean(span, Some(near)),
        None => error.help("give the rule an `@id(\"...\")`"),
    }
}
