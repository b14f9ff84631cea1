//! `E0009` (misplaced-doc): a doc comment that documents nothing.

use super::{CodeInfo, Severity};

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0009",
    name: "misplaced-doc",
    severity: Severity::Error,
    summary: "a doc comment that documents nothing",
    explanation: "`///` documents the item that follows it, and `//!` the file, at its top. Anywhere else \
                  write `//`.",
    bad: r#"
permit analyst to call payments.get_invoice
  /// her own
  where args.customer_id in user.claims.customers
"#,
    good: r#"
permit analyst to call payments.get_invoice
  // her own
  where args.customer_id in user.claims.customers
"#,
};
