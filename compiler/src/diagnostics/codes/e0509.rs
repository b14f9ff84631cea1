//! `E0509` (bad-request): a request in a test that no client or server sends.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0509",
    name: "bad-request",
    severity: Severity::Error,
    summary: "a request in a test that no client or server sends",
    explanation: "\
`call`, `get` and `complete` name `server.tool` or `server.prompt` and take a record; `read` \
and `subscribe` take a server and a URI; `sample`, `elicit` and `roots` are asked by a \
server and name only it.",
    bad: r#"
test "no tool" {
  as analyst
  call payments { id: "i" }
  expect deny
}
"#,
    good: r#"
test "a tool" {
  as analyst
  call payments.get_invoice { id: "i", customer_id: "c" }
  expect deny
}
"#,
};

/// The request is not well formed.
pub fn bad_request(span: Span, message: &str, help: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, message).label("here").help(help)
}
