//! `E0506` (bad-expectation): an expectation of something that the language does not have.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0506",
    name: "bad-expectation",
    severity: Severity::Error,
    summary: "an expectation of something that the language does not have",
    explanation: "\
`expect` takes `allow`, `deny` (shown as `explain`, `hide` or `step_up`), `challenge` \
(`approval`, `mfa`, `scope` or `grant NAME`), `listed`, `hidden`, `redact PATH`, `label L` \
and `audit LEVEL`. `listed` and `hidden` are asked with `list`.",
    bad: r#"
test "hidden" {
  as analyst
  list payments.get_invoice
  expect deny
}
"#,
    good: r#"
test "hidden" {
  as analyst
  list payments.get_invoice
  expect hidden
}
"#,
};

/// The expectation does not fit.
pub fn bad_expectation(span: Span, message: &str, help: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, message).label("here").help(help)
}
