//! `E0006` (bad-escape): a backslash sequence that is no escape.

use super::{CodeInfo, Severity};

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0006",
    name: "bad-escape",
    severity: Severity::Error,
    summary: "a backslash sequence that is no escape",
    explanation: "The escapes in a string are `\\n \\t \\r \\0 \\\\ \\\" \\/` and `\\u{1F600}`. A pattern \
                  is easier to write as a raw string: `r\"\\d+\"`.",
    bad: r#"
const digits = "\d+"
"#,
    good: r#"
const digits = r"\d+"
"#,
};
