//! `E0016` (unknown-entry): an entry that the block does not have.

use super::{CodeInfo, Severity};

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0016",
    name: "unknown-entry",
    severity: Severity::Error,
    summary: "an entry that the block does not have",
    explanation: "Each kind of block has its own entries; the help lists them.",
    bad: r#"
segment office {
  network "10.30.0.0/16"
}
"#,
    good: r#"
segment office {
  networks "10.30.0.0/16"
}
"#,
};
