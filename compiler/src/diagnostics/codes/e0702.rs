//! E0702: quantifiers nested too deeply.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0702",
    name: "quantifiers-too-deep",
    severity: Severity::Error,
    summary: "more than three quantifiers stand inside each other",
    explanation: "\
Each `all` or `any` inside another multiplies the work of a decision by the length of its list. A \
decision must be bounded, so at most three may stand inside each other, those of called predicates \
included. Flatten the data, or test with `in`.",
    bad: "\
forbid anyone to call fs.*
  where any(a in strings(args): any(b in strings(args): any(c in strings(args): any(d in strings(args): a == b and c == d))))
",
    good: "\
forbid anyone to call fs.* where any(a in strings(args): any(b in strings(args): a == b))
",
};

/// The collection at `span` is ranged over inside three quantifiers.
pub fn quantifiers_too_deep(span: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "more than three quantifiers stand inside each other")
        .label("the fourth ranges over this")
        .help("flatten the condition, or test with `in`")
}
