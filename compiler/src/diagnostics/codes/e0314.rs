//! `E0314` (wrong-arguments): a function gets too few, too many or wrongly named arguments.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0314",
    name: "wrong-arguments",
    severity: Severity::Error,
    summary: "a function gets too few, too many or wrongly named arguments",
    explanation: "\
Functions and predicates take the arguments they declare, in order; only `window`, `dates` \
and the questions about history have named ones.",
    bad: r#"
permit sre to call payments.get_invoice where len(args.id, 3) < 20
"#,
    good: r#"
permit sre to call payments.get_invoice where len(args.id) < 20
"#,
};

/// The number of arguments is wrong.
pub fn wrong_count(span: Span, function: &str, signature: &str, found: usize) -> Diagnostic {
    let word = if found == 1 { "argument" } else { "arguments" };
    Diagnostic::new(&CODE, span, format!("`{function}` does not take {found} {word}"))
        .label(format!("{found} {word}"))
        .help(format!("write `{signature}`"))
}

/// An argument has a name that the function does not know, or lacks one that it needs.
pub fn wrong_name(span: Span, function: &str, message: &str, signature: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("{message} of `{function}`"))
        .label("here")
        .help(format!("write `{signature}`"))
}
