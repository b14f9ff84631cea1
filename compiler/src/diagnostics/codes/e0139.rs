//! `E0139` (not-a-duration): a duration is wanted.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0139",
    name: "not-a-duration",
    severity: Severity::Error,
    summary: "a duration is wanted",
    explanation: "A lifetime or a grant's window is a duration literal above zero: `30s`, `15m`, `12h`, \
                  `7d`, or several joined: `1h30m`.",
    bad: r#"
grant window to sre for at most 60 approved by analyst {
  permit to call payments.refund
}
"#,
    good: r#"
grant window to sre for at most 60m approved by analyst {
  permit to call payments.refund
}
"#,
};

/// Something else than a duration.
pub fn not_a_duration(span: Span, what: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("{what} wants a duration above zero"))
        .label("not a duration")
        .help("write one such as `30s`, `15m`, `12h` or `7d`")
}
