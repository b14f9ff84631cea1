//! `E0129` (unknown-place): a declaration names a parameter or result field that is not there.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0129",
    name: "unknown-place",
    severity: Severity::Error,
    summary: "a declaration names a parameter or result field that is not there",
    explanation: "`stores`, `sensitive` and labels name places in a tool's parameters or result. The pinned \
                  catalog says which there are; a misspelt one would protect nothing.",
    bad: r#"
sensitive payments.refund: args.paye
"#,
    good: r#"
sensitive payments.refund: args.payee
"#,
};

/// A step of a path that does not exist.
pub fn unknown_place(span: Span, what: &str, name: &str, near: Option<&str>, known: &str) -> Diagnostic {
    let error = Diagnostic::new(&CODE, span, format!("{what} has no `{name}`")).label("not there");
    match near {
        Some(_) => error.did_you_mean(span, near),
        None if known.is_empty() => error.help("name a place that the pinned catalog has"),
        None => error.help(format!("there are {known}")),
    }
}
