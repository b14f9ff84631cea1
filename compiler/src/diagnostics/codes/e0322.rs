//! `E0322` (compared-with-null): a comparison with `null`.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0322",
    name: "compared-with-null",
    severity: Severity::Error,
    summary: "a comparison with `null`",
    explanation: "\
An operator on a value that is absent or null is an error at run time, so that `x == null` \
is never true. Ask `x is null` for an explicit null, `not has x` for absent or null.",
    bad: r#"
forbid anyone to call payments.refund where args.reason == null
"#,
    good: r#"
forbid anyone to call payments.refund where not has args.reason
"#,
};

/// A comparison with `null`.
pub fn compared_with_null(span: Span, operator: &str, fix: Option<String>) -> Diagnostic {
    let error = Diagnostic::new(&CODE, span, format!("`{operator}` cannot compare with `null`"))
        .label("in error whenever it would be true")
        .help("`not has x` holds when x is absent or null, `x is null` when it is there and null");
    match fix {
        Some(text) => error.fix_edit(format!("write `{text}`"), span, text.clone()),
        None => error,
    }
}
