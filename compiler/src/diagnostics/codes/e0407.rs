//! `E0407` (bad-duration): a length of time that is none, or too short.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0407",
    name: "bad-duration",
    severity: Severity::Error,
    summary: "a length of time that is none, or too short",
    explanation: "\
Limits, grants, expiry, freshness and `within` take a constant duration above zero, with its \
unit: `30s`, `15m`, `12h`, `7d`.",
    bad: r#"
limit sre to call payments.refund at most 3 per 60 by user
"#,
    good: r#"
limit sre to call payments.refund at most 3 per 60s by user
"#,
};

/// What stands here is no duration above zero.
pub fn bad_duration(span: Span, message: &str, fix: Option<String>) -> Diagnostic {
    let error = Diagnostic::new(&CODE, span, message)
        .label("not a duration")
        .help("write a number and a unit: `30s`, `15m`, `12h`, `7d`");
    match fix {
        Some(text) => error.fix_edit(format!("write `{text}`"), span, text.clone()),
        None => error,
    }
}
