//! `E0108` (class-cycle): roles are defined by one another in a circle.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0108",
    name: "class-cycle",
    severity: Severity::Error,
    summary: "roles are defined by one another in a circle",
    explanation: "A role narrows or joins classes that are defined before it. A circle of definitions says \
                  nothing about anybody.",
    bad: r#"
role first = second | analyst
role second = first | sre
"#,
    good: r#"
role first = second | analyst
role second = sre
"#,
};

/// A circle of roles, in order, the first repeated at the end.
pub fn class_cycle(span: Span, circle: &[String]) -> Diagnostic {
    Diagnostic::new(
        &CODE,
        span,
        format!("role `{}` is defined by itself: {}", circle.first().map_or("", String::as_str), circle.join(" -> ")),
    )
    .label("this definition leads back to itself")
    .help("define one of them without the others")
}
