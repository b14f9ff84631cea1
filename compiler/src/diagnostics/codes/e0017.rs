//! `E0017` (missing-comma): two elements of a list with no comma between.

use super::{CodeInfo, Severity};

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0017",
    name: "missing-comma",
    severity: Severity::Error,
    summary: "two elements of a list with no comma between",
    explanation: "Elements are separated by commas; a list ends where no comma follows.",
    bad: r#"
const regions = ["eu" "us"]
"#,
    good: r#"
const regions = ["eu", "us"]
"#,
};
