//! `E0002` (unclosed-string): a string that its line does not close.

use super::{CodeInfo, Severity};

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0002",
    name: "unclosed-string",
    severity: Severity::Error,
    summary: "a string that its line does not close",
    explanation: "A string stands on one line, between two `\"`. Write `\\n` for a line break inside it, \
                  and `\\\"` for a quote.",
    bad: r#"
const greeting = "hello
"#,
    good: r#"
const greeting = "hello"
"#,
};
