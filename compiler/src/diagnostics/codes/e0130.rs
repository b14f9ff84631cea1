//! `E0130` (recursion): predicates or constants refer to one another in a circle.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0130",
    name: "recursion",
    severity: Severity::Error,
    summary: "predicates or constants refer to one another in a circle",
    explanation: "A policy is total: every condition ends. Predicates and constants therefore only use what \
                  does not lead back to them.",
    bad: r#"
predicate first(x: int) = second(x)
predicate second(x: int) = first(x)
"#,
    good: r#"
predicate first(x: int) = second(x)
predicate second(x: int) = x > 0
"#,
};

/// A circle of definitions.
pub fn recursion(span: Span, kind: &str, circle: &[String]) -> Diagnostic {
    Diagnostic::new(
        &CODE,
        span,
        format!("{kind} `{}` uses itself: {}", circle.first().map_or("", String::as_str), circle.join(" -> ")),
    )
    .label("this definition leads back to itself")
    .help("write one of them without the others")
}
