//! `E0302` (type-mismatch): a value of one type stands where another is expected.

use super::prelude::*;
use crate::types::Type;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0302",
    name: "type-mismatch",
    severity: Severity::Error,
    summary: "a value of one type stands where another is expected",
    explanation: "\
Every place expects a type: a condition a `bool`, an argument of a predicate its parameter's \
type, `len` a string. A string is not a path, URL or host until `path()`, `url()` or \
`host()` has read it.",
    bad: r#"
permit sre to call payments.refund where args.amount
"#,
    good: r#"
permit sre to call payments.refund where args.amount > 0
"#,
};

/// A value of type `found` where `wanted` is expected.
pub fn mismatch(span: Span, wanted: &str, found: &Type) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("this has type `{found}`, and `{wanted}` is expected here"))
        .label(format!("of type `{found}`"))
}
