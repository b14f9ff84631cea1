//! E0701: a condition that grows beyond all bounds when its predicates are put in place.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0701",
    name: "condition-too-large",
    severity: Severity::Error,
    summary: "a condition is too large once its predicates are put in place",
    explanation: "\
A predicate stands for its body, with the arguments in place of its parameters. Calls with equal \
arguments cost nothing twice, but predicates that call others several times with different arguments \
double at each step. A condition may have at most 65,536 distinct parts and 160 levels. Compare against \
a list or a range instead, or split the rule.",
    bad: "\
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
predicate p11(x: int) = p10(x + 1) or p10(x * 3)
predicate p12(x: int) = p11(x + 1) or p11(x * 3)
predicate p13(x: int) = p12(x + 1) or p12(x * 3)
predicate p14(x: int) = p13(x + 1) or p13(x * 3)
predicate p15(x: int) = p14(x + 1) or p14(x * 3)
forbid anyone to call payments.refund when p15(context.device.risk ?? 0)
",
    good: "\
predicate p0(x: int) = x in 1..=65_536
forbid anyone to call payments.refund when p0(context.device.risk ?? 0)
",
};

/// The condition at `span` is too large.
pub fn condition_too_large(span: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "this condition is too large once its predicates are put in place")
        .label("too large")
        .help("call predicates with fewer different arguments, or compare against a list or range")
}
