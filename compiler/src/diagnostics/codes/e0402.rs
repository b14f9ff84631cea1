//! `E0402` (never-matches): a condition that can never be true.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0402",
    name: "never-matches",
    severity: Severity::Error,
    summary: "a condition that can never be true",
    explanation: "\
Two parts of the condition contradict each other, or a part is constantly false: the rule \
does nothing. A `permit` like this locks out, a `forbid` like this guards nothing.",
    bad: r#"
permit sre to call payments.refund where args.amount > 100 and args.amount < 50
"#,
    good: r#"
permit sre to call payments.refund where args.amount > 100 or args.amount < 50
"#,
};

/// The condition is never true.
pub fn never_matches(span: Span, why: &str, other: Option<Span>) -> Diagnostic {
    let error = Diagnostic::new(&CODE, span, format!("this rule can never match: {why}")).label("never true");
    let error = match other {
        Some(other) => error.related(other, "because of this"),
        None => error,
    };
    error.help("mend the condition, or drop the rule")
}
