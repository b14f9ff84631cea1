//! `E0309` (unknown-name): a name in a condition that stands for nothing.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0309",
    name: "unknown-name",
    severity: Severity::Error,
    summary: "a name in a condition that stands for nothing",
    explanation: "\
A condition may name the facts of the request (`args`, `user.claims`, `context`, `now`, \
...), `data`, constants, predicates, roles, segments and the variables of `all` and `any`. \
Text stands in quotes.",
    bad: r#"
permit sre to call payments.refund where args.payee not in blocked_payee
"#,
    good: r#"
permit sre to call payments.refund where args.payee not in blocked_payees
"#,
};

/// Nothing has this name.
pub fn unknown_name(span: Span, name: &str, near: Option<&str>) -> Diagnostic {
    let error = Diagnostic::new(&CODE, span, format!("nothing here is called `{name}`")).label("not known");
    match near {
        Some(near) => error.did_you_mean(span, Some(near)),
        None => error.help(format!("text stands in quotes: `\"{name}\"`")),
    }
}
