//! `E0504` (bad-given): a `given` line that does not fit what it is about.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0504",
    name: "bad-given",
    severity: Severity::Error,
    summary: "a `given` line that does not fit what it is about",
    explanation: "\
What a test states of the world must be possible: a count is an integer, an answer of \
`session holds` needs none, a context fact has its declared type.",
    bad: r#"
test "count" {
  as analyst
  given count(calls to payments.refund, by: session, within: 5m) = "three"
  call payments.get_invoice { id: "i", customer_id: "c" }
  expect deny
}
"#,
    good: r#"
test "count" {
  as analyst
  given count(calls to payments.refund, by: session, within: 5m) = 3
  call payments.get_invoice { id: "i", customer_id: "c" }
  expect deny
}
"#,
};

/// The line is wrong.
pub fn bad_given(span: Span, message: &str, help: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, message).label("here").help(help)
}
