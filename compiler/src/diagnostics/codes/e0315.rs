//! `E0315` (not-a-value): a name that is no value in a condition.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0315",
    name: "not-a-value",
    severity: Severity::Error,
    summary: "a name that is no value in a condition",
    explanation: "\
Tags, labels and predicates without arguments are not values. A label is asked for with \
`session holds L` or `args.x carries L`, a predicate is called: `p(args.x)`.",
    bad: r#"
forbid anyone to call tag outbound when untrusted
"#,
    good: r#"
forbid anyone to call tag outbound when session holds untrusted
"#,
};

/// `name` is a `what`, which has no value.
pub fn not_a_value(span: Span, name: &str, what: &str, help: String) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("`{name}` is a {what}, which is no value"))
        .label(format!("a {what}"))
        .help(help)
}
