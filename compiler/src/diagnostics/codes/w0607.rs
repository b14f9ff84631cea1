//! `W0607` (clause-convention): a condition in the other clause.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "W0607",
    name: "clause-convention",
    severity: Severity::Warning,
    summary: "a condition in the other clause",
    explanation: "\
By convention `where` is about what is asked (parameters, resources) and `when` about the \
circumstances (time, context, network, history). Both must hold, so that nothing changes but \
how the rule reads.",
    bad: r#"
permit sre to call payments.refund where context.geo is string
"#,
    good: r#"
permit sre to call payments.refund when context.geo is string
"#,
};

/// The clause `word` holds a condition for the other one.
pub fn convention(span: Span, word: Span, is: &str, should: &str, about: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("this `{is}` is about {about}; by convention that is `{should}`"))
        .label(format!("about {about}"))
        .fix_edit(format!("write `{should}`"), word, should)
}
