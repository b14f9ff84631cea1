//! `E0507` (bad-chain): a chain of callers that no credential can make.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0507",
    name: "bad-chain",
    severity: Severity::Error,
    summary: "a chain of callers that no credential can make",
    explanation: "\
A user calls alone, an agent calls alone, or an agent calls for a user it declares with \
`acts for`. Servers, `anyone` and `any agent` are no instances.",
    bad: r#"
test "wrong way round" {
  as analyst acting for copilot
  call payments.get_invoice { id: "i", customer_id: "c" }
  expect deny
}
"#,
    good: r#"
test "right way round" {
  as copilot acting for analyst
  call payments.get_invoice { id: "i", customer_id: "c" }
  expect deny
}
"#,
};

/// The chain is impossible.
pub fn bad_chain(span: Span, message: &str, help: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, message).label("not possible").help(help)
}
