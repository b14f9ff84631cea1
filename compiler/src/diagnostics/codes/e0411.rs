//! `E0411` (unknown-audit-level): a word that is no audit level.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0411",
    name: "unknown-audit-level",
    severity: Severity::Error,
    summary: "a word that is no audit level",
    explanation: "\
Audit levels are `full` (with the arguments, redacted), `summary` (with their digest) and \
`none` (the decision alone).",
    bad: r#"
audit everything for anyone to call payments.*
"#,
    good: r#"
audit full for anyone to call payments.*
"#,
};

/// No audit level has this name.
pub fn unknown_level(span: Span, word: &str, near: Option<&str>) -> Diagnostic {
    let error = Diagnostic::new(&CODE, span, format!("`{word}` is no audit level")).label("not a level");
    match near {
        Some(near) => error.did_you_mean(span, Some(near)),
        None => error.help("the levels are `full`, `summary` and `none`"),
    }
}
