//! `E0508` (duplicate-test): two tests or assertions of one name.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0508",
    name: "duplicate-test",
    severity: Severity::Error,
    summary: "two tests or assertions of one name",
    explanation: "\
The name of a test is how it is chosen and reported; two of one name cannot be told apart.",
    bad: r#"
test "one" {
  as analyst
  call payments.get_invoice { id: "i", customer_id: "c" }
  expect deny
}
test "one" {
  as sre
  call payments.get_invoice { id: "i", customer_id: "c" }
  expect deny
}
"#,
    good: r#"
test "one" {
  as analyst
  call payments.get_invoice { id: "i", customer_id: "c" }
  expect deny
}
test "two" {
  as sre
  call payments.get_invoice { id: "i", customer_id: "c" }
  expect deny
}
"#,
};

/// A second test or assertion of this name.
pub fn duplicate(span: Span, what: &str, name: &str, first: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("a second {what} is called `{name}`"))
        .label("second")
        .related(first, "first here")
        .help("give each its own name")
}
