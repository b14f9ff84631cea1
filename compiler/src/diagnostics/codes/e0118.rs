//! `E0118` (tag-cycle): tags contain one another in a circle.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0118",
    name: "tag-cycle",
    severity: Severity::Error,
    summary: "tags contain one another in a circle",
    explanation: "A tag is a set of tools. It may contain other tags, but not, on any way, itself.",
    bad: r#"
tag first  = tag second
tag second = tag first
"#,
    good: r#"
tag first  = tag second
tag second = payments.refund
"#,
};

/// A circle of tags.
pub fn tag_cycle(span: Span, circle: &[String]) -> Diagnostic {
    Diagnostic::new(
        &CODE,
        span,
        format!("tag `{}` contains itself: {}", circle.first().map_or("", String::as_str), circle.join(" -> ")),
    )
    .label("this tag leads back to itself")
    .help("take one of them out of the other")
}
