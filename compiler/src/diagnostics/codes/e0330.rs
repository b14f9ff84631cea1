//! `E0330` (not-constant): a value that must be known when the policy is compiled.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0330",
    name: "not-constant",
    severity: Severity::Error,
    summary: "a value that must be known when the policy is compiled",
    explanation: "\
Constants, durations, limits, zones and the values in tests are fixed at compile time: they \
cannot depend on a request.",
    bad: r#"
const house = blocked_payees
permit sre to call payments.refund where args.payee in house
"#,
    good: r#"
const house = ["acct_a", "acct_b"]
permit sre to call payments.refund where args.payee in house
"#,
};

/// The value must be constant.
pub fn not_constant(span: Span, what: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("{what} must be known when the policy is compiled"))
        .label("not constant")
        .help("write a literal, or a constant made of literals")
}
