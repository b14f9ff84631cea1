//! `E0320` (pattern-not-literal): a pattern that is not written out.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0320",
    name: "pattern-not-literal",
    severity: Severity::Error,
    summary: "a pattern that is not written out",
    explanation: "\
The pattern of `like`, `matches` and `result matching` is compiled into the bundle, so that \
it must be a string literal or a constant: a pattern from the request would let the caller \
choose what matches.",
    bad: r#"
permit sre to call payments.refund where args.payee like args.invoice_id
"#,
    good: r#"
permit sre to call payments.refund where args.payee like "acct_*"
"#,
};

/// The right side of `operator` must be a literal.
pub fn not_literal(span: Span, operator: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("the pattern of `{operator}` must be a string literal or a constant"))
        .label("not a literal")
        .help("compare computed values with `==` or `in`")
}
