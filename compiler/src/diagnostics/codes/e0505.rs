//! `E0505` (contradicting-expectations): expectations that cannot all hold.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0505",
    name: "contradicting-expectations",
    severity: Severity::Error,
    summary: "expectations that cannot all hold",
    explanation: "\
A request is allowed, denied or challenged: one of them. What an allowed call obliges to \
(`redact`, `label`, `audit`) can only be expected of an allowed call.",
    bad: r#"
test "both" {
  as analyst
  call payments.get_invoice { id: "i", customer_id: "c" }
  expect allow
  expect deny
}
"#,
    good: r#"
test "one" {
  as analyst
  call payments.get_invoice { id: "i", customer_id: "c" }
  expect deny
}
"#,
};

/// Two lines contradict each other.
pub fn contradiction(span: Span, first: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "this cannot hold together with an earlier expectation")
        .label("contradicts")
        .related(first, "this one")
        .help("a request is allowed, denied or challenged, and only an allowed one is redacted, labelled or audited")
}
