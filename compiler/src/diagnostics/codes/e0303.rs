//! `E0303` (optional-value): a value that may be absent or null is used as if it were there.

use super::prelude::*;
use crate::diagnostics::{Edit, Fix};

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0303",
    name: "optional-value",
    severity: Severity::Error,
    summary: "a value that may be absent or null is used as if it were there",
    explanation: "\
A parameter that its schema does not require, a claim or context field declared with `?`, \
and a parameter that only some of the targets have may be missing. Say what then: `has p and \
...` demands that it is there, `p ?? default` puts a value in its place. In a restriction, \
decide what should hold when the value is missing.",
    bad: r#"
permit analyst to call payments.list_invoices where args.limit <= 20
"#,
    good: r#"
permit analyst to call payments.list_invoices where (args.limit ?? 100) <= 20
"#,
};

/// `what` may be absent or null.
pub fn optional(span: Span, what: &str, why: &str, condition: Option<(Span, bool)>) -> Diagnostic {
    let error = Diagnostic::new(&CODE, span, format!("`{what}` may be absent or null"))
        .label("may not be there")
        .help(format!("{why}; write `has {what} and ...`, or `{what} ?? DEFAULT`"));
    match condition {
        Some((at, parenthesised)) => error.fix(guarded(what, at, parenthesised)),
        None => error,
    }
}

/// Puts `has WHAT and` before the condition at `at`.
fn guarded(what: &str, at: Span, parenthesised: bool) -> Fix {
    let start = Span { end: at.start, ..at };
    let end = Span { start: at.end, ..at };
    let (open, close) = if parenthesised { ("(", ")") } else { ("", "") };
    let mut edits = vec![Edit { span: start, text: format!("{open}has {what} and ") }];
    if parenthesised {
        edits.push(Edit { span: end, text: close.to_owned() });
    }
    Fix { title: format!("demand `{what}` with `has`"), edits }
}
