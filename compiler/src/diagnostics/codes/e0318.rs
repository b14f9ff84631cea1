//! `E0318` (bad-regex): a regular expression that cannot be read.

use super::prelude::*;
use crate::check::literal::LiteralError;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0318",
    name: "bad-regex",
    severity: Severity::Error,
    summary: "a regular expression that cannot be read",
    explanation: "\
Regular expressions run in linear time over the whole value: there is no look-around and \
there are no backreferences; `\\d`, `\\w` and `\\s` are ASCII. Raw strings keep the \
backslashes: `r\"\\d+\"`.",
    bad: r#"
permit sre to call payments.get_invoice where args.id matches r"inv_([0-9]+"
"#,
    good: r#"
permit sre to call payments.get_invoice where args.id matches r"inv_([0-9]+)"
"#,
};

/// The regular expression is wrong at `span`.
pub fn bad_regex(span: Span, error: &LiteralError) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("in this regular expression: {}", error.message))
        .label("here")
        .maybe_help(error.help.clone())
}
