//! `E0001` (unknown-character): a character that starts nothing in this language.

use super::{CodeInfo, Severity};

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0001",
    name: "unknown-character",
    severity: Severity::Error,
    summary: "a character that starts nothing in this language",
    explanation: "Outside of strings and comments a policy is made of ASCII words, numbers, brackets and a \
                  few signs. This character is none of them.",
    bad: r#"
const ceiling = $5
"#,
    good: r#"
const ceiling = 5
"#,
};
