//! `E0019` (too-many-errors): more syntax errors than are shown.

use super::{CodeInfo, Severity};

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0019",
    name: "too-many-errors",
    severity: Severity::Error,
    summary: "more syntax errors than are shown",
    explanation: "After a fixed number of errors in one file the rest are counted only. Mend the first \
                  ones; the others often follow from them.",
    bad: r#"
-- policy/example.mcpz (300 lines) --
permit
"#,
    good: r#"
const fine = 1
"#,
};
