//! `E0003` (forbidden-character): a character that changes how text looks without being seen.

use super::{CodeInfo, Severity};

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0003",
    name: "forbidden-character",
    severity: Severity::Error,
    summary: "a character that changes how text looks without being seen",
    explanation: "Bidirectional controls, zero-width and control characters can make a policy read as \
                  something else than it is. They are errors anywhere, in comments and strings too. Write \
                  `\\u{200B}` in a string if you mean one.",
    bad: "const greeting = \"hel\u{200B}lo\"\n",
    good: r#"
const greeting = "hel\u{200B}lo"
"#,
};
