//! `E0329` (shadowed-name): a variable that hides a name.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0329",
    name: "shadowed-name",
    severity: Severity::Error,
    summary: "a variable that hides a name",
    explanation: "\
The variable of `all` or `any` has the name of a fact or an enclosing variable, so that a \
reader cannot tell which is meant.",
    bad: r#"
forbid anyone to call fs.* where any(now in paths(args): now under "/etc")
"#,
    good: r#"
forbid anyone to call fs.* where any(p in paths(args): p under "/etc")
"#,
};

/// `name` is taken.
pub fn shadowed(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("`{name}` means something else already"))
        .label("hides another meaning")
        .help("choose another name for the variable")
}
