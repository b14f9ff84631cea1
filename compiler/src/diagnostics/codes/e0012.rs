//! `E0012` (expected-item): something at the top level that opens no item.

use super::{CodeInfo, Severity};

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0012",
    name: "expected-item",
    severity: Severity::Error,
    summary: "something at the top level that opens no item",
    explanation: "A file is a sequence of items, and each opens with its word: `permit`, `forbid`, \
                  `server`, `role`, `tag`, `test` and so on.",
    bad: r#"
allow analyst to call payments.get_invoice
"#,
    good: r#"
permit analyst to call payments.get_invoice
"#,
};
