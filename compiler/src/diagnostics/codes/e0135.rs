//! `E0135` (segment-overlap): two segments share addresses.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0135",
    name: "segment-overlap",
    severity: Severity::Error,
    summary: "two segments share addresses",
    explanation: "An address belongs to one segment, else a flow that is closed for one could be open for \
                  the other.",
    bad: r#"
segment office { networks "10.10.3.0/24" }
"#,
    good: r#"
segment office { networks "10.30.3.0/24" }
"#,
};

/// A network inside another segment.
pub fn segment_overlap(span: Span, segment: &str, other: &str, first: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("segments `{segment}` and `{other}` share addresses"))
        .label(format!("overlaps `{other}`"))
        .related(first, format!("`{other}` has them here"))
        .help("split the networks so that every address is in one segment")
}
