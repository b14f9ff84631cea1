//! `E0301` (incomparable-types): a comparison between values that can never be of one type.

use super::prelude::*;
use crate::types::Type;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0301",
    name: "incomparable-types",
    severity: Severity::Error,
    summary: "a comparison between values that can never be of one type",
    explanation: "\
A comparison between different types is false whatever the request says, or means that one \
side was written wrongly: `args.amount < \"100\"` compares a number with text. Write a literal \
of the other side's type, or convert with `path()`, `url()`, `host()`, `ip()` or \
`instant()`.",
    bad: r#"
permit sre to call payments.refund where args.amount < "100"
"#,
    good: r#"
permit sre to call payments.refund where args.amount < 100
"#,
};

/// `left OP right` compares different types.
pub fn incomparable(span: Span, operator: &str, left: &Type, right: &Type) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("`{operator}` cannot compare `{left}` with `{right}`"))
        .label(format!("`{left}` {operator} `{right}`"))
}
