//! `E0102` (undeclared-name): a name that nothing declares.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0102",
    name: "undeclared-name",
    severity: Severity::Error,
    summary: "a name that nothing declares",
    explanation: "The name is not declared in this package and is not brought in by `use`. A name of \
                  another package is written with the package in front (`base.analyst`) or imported (`use \
                  base.analyst`). The nearest declared name is suggested.",
    bad: r#"
permit anlyst to call payments.get_invoice
"#,
    good: r#"
permit analyst to call payments.get_invoice
"#,
};

/// A name of this kind that is not known, with the near one or what there is.
pub fn unknown_name(span: Span, kind: &str, name: &str, near: Option<&str>, known: &str) -> Diagnostic {
    let error = Diagnostic::new(&CODE, span, format!("no {kind} is called `{name}`")).label("not declared");
    match near {
        Some(_) => error.did_you_mean(span, near),
        None if known.is_empty() => {
            error.help(format!("declare it, or bring it in with `use`; no {kind} is declared here"))
        }
        None => error.help(format!("declare it, or bring it in with `use`; there are {known}")),
    }
}
