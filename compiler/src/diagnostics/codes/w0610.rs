//! `W0610` (duplicate-rule): a rule that says the same as another.

use super::prelude::*;
use crate::diagnostics::Tag;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "W0610",
    name: "duplicate-rule",
    severity: Severity::Warning,
    summary: "a rule that says the same as another",
    explanation: "\
Two rules of one meaning: one of them will be forgotten when the other is changed.",
    bad: r#"
permit sre to call payments.refund where args.amount < 10
permit sre to call payments.refund where args.amount < 10
"#,
    good: r#"
permit sre to call payments.refund where args.amount < 10
"#,
};

/// The rule repeats `first`.
pub fn duplicate(span: Span, first: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "this rule says the same as an earlier one")
        .label("the same again")
        .related(first, "first here")
        .help("drop one of them")
        .tag(Tag::Unnecessary)
}
