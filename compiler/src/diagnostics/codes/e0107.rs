//! `E0107` (wrong-kind): a name stands for something else than its place wants.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0107",
    name: "wrong-kind",
    severity: Severity::Error,
    summary: "a name stands for something else than its place wants",
    explanation: "The name exists, but it is of another kind: a server where a role is wanted, a label \
                  where a tag is wanted. Often the place wants another word in front (`tag NAME`, `server \
                  NAME`).",
    bad: r#"
permit payments to call payments.get_invoice
"#,
    good: r#"
permit analyst to call payments.get_invoice
"#,
};

/// A name of the wrong kind.
pub fn wrong_kind(span: Span, name: &str, found: &str, wanted: &str, declared: Option<Span>) -> Diagnostic {
    let error = Diagnostic::new(&CODE, span, format!("`{name}` is a {found}, and a {wanted} is wanted here"))
        .label(format!("a {found}"))
        .help(format!("put a {wanted} here"));
    match declared {
        Some(declared) => error.related(declared, format!("{found} `{name}` is declared here")),
        None => error,
    }
}
