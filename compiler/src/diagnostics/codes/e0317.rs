//! `E0317` (bad-literal): a string that is not what its place expects.

use super::prelude::*;
use crate::check::literal::LiteralError;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0317",
    name: "bad-literal",
    severity: Severity::Error,
    summary: "a string that is not what its place expects",
    explanation: "\
A string literal is read as what its place asks for, there and then: a network, a host or \
host pattern, a URL, a clean absolute path, a SPIFFE id, a weekday, a zone. The error points \
at the part that is wrong.",
    bad: r#"
segment lab { networks "10.300.0.0/16" }
"#,
    good: r#"
segment lab { networks "10.30.0.0/16" }
"#,
};

/// What is wrong inside a literal. `whole` is the literal with its quotes, for the fix.
pub fn bad_literal(span: Span, whole: Span, error: &LiteralError) -> Diagnostic {
    let diagnostic = Diagnostic::new(&CODE, span, error.message.clone()).label("here").maybe_help(error.help.clone());
    match &error.replacement {
        Some(text) => {
            let diagnostic =
                if error.help.is_some() { diagnostic } else { diagnostic.help(format!("did you mean `{text}`?")) };
            diagnostic.fix_edit(format!("change to `{text}`"), whole, format!("{text:?}"))
        }
        None => diagnostic,
    }
}
