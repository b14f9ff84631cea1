//! `E0132` (reserved-name): a name is declared that the language keeps for itself.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0132",
    name: "reserved-name",
    severity: Severity::Error,
    summary: "a name is declared that the language keeps for itself",
    explanation: "Words of the language and the facts of a request (`args`, `user`, `now`, `context` and so \
                  on) cannot be declared, so that a reader always knows what they mean. `mtls` and `local` \
                  are the credential sources that need no issuer.",
    bad: r#"
const args = 5
"#,
    good: r#"
const max_args = 5
"#,
};

/// A reserved name.
pub fn reserved_name(span: Span, name: &str, why: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("`{name}` cannot be declared: it is {why}"))
        .label("reserved")
        .help(format!("use another name, such as `my_{name}`"))
}
