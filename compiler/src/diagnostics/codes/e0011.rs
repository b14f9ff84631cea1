//! `E0011` (unclosed): a bracket that is never closed.

use super::{CodeInfo, Severity};

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0011",
    name: "unclosed",
    severity: Severity::Error,
    summary: "a bracket that is never closed",
    explanation: "Every `(`, `[` and `{` has its partner. The place shown is the bracket that has none.",
    bad: r#"
segment office {
  networks "10.30.0.0/16"
"#,
    good: r#"
segment office {
  networks "10.30.0.0/16"
}
"#,
};
