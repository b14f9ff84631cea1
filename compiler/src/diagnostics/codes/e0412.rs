//! `E0412` (bad-scope): a required scope that no token can carry.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0412",
    name: "bad-scope",
    severity: Severity::Error,
    summary: "a required scope that no token can carry",
    explanation: "\
A scope is a word without blanks, quotes and backslashes (RFC 6749, section 3.3). Several \
scopes are several strings.",
    bad: r#"
require scope "pay read" for anyone to call payments.refund
"#,
    good: r#"
require scope "pay" "read" for anyone to call payments.refund
"#,
};

/// The text is no scope.
pub fn bad_scope(span: Span, text: &str) -> Diagnostic {
    let parts: Vec<String> = text.split_whitespace().map(|part| format!("{part:?}")).collect();
    let error = Diagnostic::new(&CODE, span, format!("`{text}` is no scope")).label("not a scope");
    if parts.len() > 1 {
        let mended = parts.join(" ");
        return error.help(format!("several scopes are several strings: `{mended}`")).fix_edit(
            "split into scopes",
            span,
            mended,
        );
    }
    error.help("a scope is a word without blanks, quotes and backslashes")
}
