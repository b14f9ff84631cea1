//! `E0331` (duplicate-key): a key that stands twice in a record.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0331",
    name: "duplicate-key",
    severity: Severity::Error,
    summary: "a key that stands twice in a record",
    explanation: "\
A record has each key once; of two values for one key none could be meant for sure.",
    bad: r#"
test "twice" {
  as analyst
  call payments.get_invoice { id: "i", id: "j", customer_id: "c" }
  expect deny
}
"#,
    good: r#"
test "once" {
  as analyst
  call payments.get_invoice { id: "i", customer_id: "c" }
  expect deny
}
"#,
};

/// The key stands twice.
pub fn duplicate_key(span: Span, key: &str, first: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("the key `{key}` stands twice"))
        .label("again")
        .related(first, "first here")
        .help("drop one of them")
}
