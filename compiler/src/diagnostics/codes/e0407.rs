//! `E0407` (bad-duration): a length of time that is none, or too short.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0407",
    name: "bad-duration",
    severity: Severity::Error,
    summary: "a length of time that is none, or too short",
    explanation: "\
Lifetimes, limits, grants, expiry, freshness and `within` take a constant duration above zero, with its \
unit: `30s`, `15m`, `12h`, `7d`.",
    bad: r#"
limit sre to call payments.refund at most 3 per 60 by user
"#,
    good: r#"
limit sre to call payments.refund at most 3 per 60s by user
"#,
};

/// A number alone; `what` wants the duration.
pub fn without_unit(span: Span, what: &str, number: impl std::fmt::Display) -> Diagnostic {
    let text = format!("{number}s");
    bad_duration(span, format!("{what} lacks its unit")).fix_edit(format!("write `{text}`"), span, text)
}

/// A duration of zero.
pub fn too_short(span: Span, what: &str) -> Diagnostic {
    bad_duration(span, format!("{what} is longer than nothing"))
}

/// Something else, or nothing that is known at build time.
pub fn not_a_duration(span: Span, what: &str) -> Diagnostic {
    bad_duration(span, format!("{what} is a constant duration"))
}

fn bad_duration(span: Span, message: String) -> Diagnostic {
    Diagnostic::new(&CODE, span, message)
        .label("not a duration")
        .help("write a number and a unit: `30s`, `15m`, `12h`, `7d`")
}
