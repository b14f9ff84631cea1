//! `W0616` (redundant-anchor): an anchor in a pattern that matches the whole value anyhow.

use super::prelude::*;
use crate::diagnostics::Tag;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "W0616",
    name: "redundant-anchor",
    severity: Severity::Warning,
    summary: "an anchor in a pattern that matches the whole value anyhow",
    explanation: "\
`matches` looks at the whole value, so that `^` at the start and `$` at the end say nothing.",
    bad: r#"
permit sre to call payments.get_invoice where args.id matches r"^inv_[0-9]+$"
"#,
    good: r#"
permit sre to call payments.get_invoice where args.id matches r"inv_[0-9]+"
"#,
};

/// An anchor that says nothing.
pub fn redundant(span: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "`matches` looks at the whole value, so that this anchor says nothing")
        .label("says nothing")
        .fix_edit("drop it", span, "")
        .tag(Tag::Unnecessary)
}
