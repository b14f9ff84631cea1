//! `E0501` (test-shape): a test that lacks a line, or has it twice.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0501",
    name: "test-shape",
    severity: Severity::Error,
    summary: "a test that lacks a line, or has it twice",
    explanation: "\
A test says who (`as`), what is asked (`call`, `read`, ...: once) and at least one thing to \
`expect`.",
    bad: r#"
test "nothing asked" {
  as analyst
  expect deny
}
"#,
    good: r#"
test "nothing permitted" {
  as analyst
  call payments.get_invoice { id: "i", customer_id: "c" }
  expect deny
}
"#,
};

/// The test lacks this line.
pub fn missing(span: Span, what: &str, help: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("this test does not say {what}")).label("incomplete").help(help)
}

/// The line stands twice.
pub fn repeated(span: Span, word: &str, first: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("a second `{word}` line in one test"))
        .label("second")
        .related(first, "first here")
        .help("split the test in two")
}
