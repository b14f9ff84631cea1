//! `E0131` (duplicate-parameter): a predicate has two parameters of one name.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0131",
    name: "duplicate-parameter",
    severity: Severity::Error,
    summary: "a predicate has two parameters of one name",
    explanation: "Each parameter of a predicate has a name of its own.",
    bad: r#"
predicate both(x: int, x: int) = x > 0
"#,
    good: r#"
predicate both(x: int, y: int) = x > 0 and y > 0
"#,
};

/// The second parameter of this name.
pub fn duplicate_parameter(span: Span, name: &str, first: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("parameter `{name}` is given twice"))
        .label("given again here")
        .related(first, "first given here")
        .help("rename one of them")
}
