//! E0703: a condition that a bundle cannot hold.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0703",
    name: "rule-too-costly",
    severity: Severity::Error,
    summary: "a condition needs more code, registers or steps than a bundle may hold",
    explanation: "\
Every rule has a bound on its steps that the compiler computes and the verifier checks. One condition may \
have 65,536 instructions and 4,096 values. Split the rule into several, or move a long list of \
comparisons into a literal list or a `data` set and test with `in`.",
    bad: BAD,
    good: "\
forbid anyone to call payments.refund when (context.device.risk ?? 0) in 1..=65_536
",
};

/// A chain of predicates that fits the limits of terms but not of registers.
const BAD: &str = "\
predicate p0(x: int) = x == 1 or x == 2
predicate p1(x: int) = p0(x + 1) or p0(x * 3)
predicate p2(x: int) = p1(x + 1) or p1(x * 3)
predicate p3(x: int) = p2(x + 1) or p2(x * 3)
predicate p4(x: int) = p3(x + 1) or p3(x * 3)
predicate p5(x: int) = p4(x + 1) or p4(x * 3)
predicate p6(x: int) = p5(x + 1) or p5(x * 3)
predicate p7(x: int) = p6(x + 1) or p6(x * 3)
predicate p8(x: int) = p7(x + 1) or p7(x * 3)
predicate p9(x: int) = p8(x + 1) or p8(x * 3)
predicate p10(x: int) = p9(x + 1) or p9(x * 3)
forbid anyone to call payments.refund when p10(context.device.risk ?? 0)
";

/// The rule at `span` needs more `what` than a bundle may hold.
pub fn rule_too_costly(span: Span, what: &str, needed: usize, limit: usize) -> Diagnostic {
    Diagnostic::new(
        &CODE,
        span,
        format!("this condition needs {needed} {what}, more than the {limit} a bundle may hold"),
    )
    .label("too costly")
    .help("split the rule, or test with `in` against a list or a `data` set")
}
