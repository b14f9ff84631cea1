//! `E0216` (package-limits): a package is too large.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0216",
    name: "package-limits",
    severity: Severity::Error,
    summary: "a package is too large",
    explanation: "A bundle has at most 256 packages, a package 2,000 files of at most 16 MiB. The bounds \
                  keep checking fast and predictable.",
    bad: r#"
-- policy/huge.mcpz (17 MiB) --
//
"#,
    good: r#"
// a small file
"#,
};

/// What is too large.
pub fn package_limits(span: Span, message: String) -> Diagnostic {
    Diagnostic::new(&CODE, span, message).help("split it")
}
