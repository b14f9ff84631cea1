//! `E0313` (unknown-function): a function that the language does not have.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0313",
    name: "unknown-function",
    severity: Severity::Error,
    summary: "a function that the language does not have",
    explanation: "\
There are the functions of the language reference and the predicates you declare; there are \
no methods.",
    bad: r#"
permit sre to call payments.get_invoice where lenght(args.id) < 20
"#,
    good: r#"
permit sre to call payments.get_invoice where len(args.id) < 20
"#,
};

/// No function or predicate has this name.
pub fn unknown_function(span: Span, name: &str, near: Option<&str>, help: Option<&str>) -> Diagnostic {
    let error = Diagnostic::new(&CODE, span, format!("there is no function `{name}`")).label("not a function");
    match (help, near) {
        (Some(help), _) => error.help(help),
        (None, Some(near)) => error.did_you_mean(span, Some(near)),
        (None, None) => error.help("declare it with `predicate`, or see the functions in the language reference"),
    }
}
