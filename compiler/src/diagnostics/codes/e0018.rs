//! `E0018` (source-too-long): a file longer than the limit.

use super::{CodeInfo, Severity};

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0018",
    name: "source-too-long",
    severity: Severity::Error,
    summary: "a file longer than the limit",
    explanation: "The files of a package share one namespace, so a long file is easily split.",
    bad: r#"
-- policy/example.mcpz (9 MiB) --
//
"#,
    good: r#"
// a short file
"#,
};
