//! `E0332` (impossible-type-test): a test for a type that the value cannot have.

use super::prelude::*;
use crate::types::Type;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0332",
    name: "impossible-type-test",
    severity: Severity::Error,
    summary: "a test for a type that the value cannot have",
    explanation: "\
`x is T` asks which of its possible types a value has. Here the declared type rules T out, \
so that the test is always false.",
    bad: r#"
permit sre to call payments.refund where args.payee is int
"#,
    good: r#"
permit sre to call payments.refund where args.payee is string
"#,
};

/// The value is never of the type asked for.
pub fn impossible(span: Span, found: &Type, asked: &Type) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("this has type `{found}`, which is never `{asked}`")).label("always false")
}
