//! `W0608` (permit-everything): a permit without any bounds.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "W0608",
    name: "permit-everything",
    severity: Severity::Warning,
    summary: "a permit without any bounds",
    explanation: "\
A permit for everyone to use every tool, without a condition, switches off deny by default. \
Name the tools, or the people.",
    bad: r#"
permit anyone to call any tool
"#,
    good: r#"
permit sre to call payments.*
"#,
};

/// The permit opens everything.
pub fn everything(span: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "this permits everything to everyone")
        .label("no bounds")
        .help("name the servers or the people; what no rule names is denied")
}
