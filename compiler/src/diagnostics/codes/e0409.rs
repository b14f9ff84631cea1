//! `E0409` (bad-redaction): a redaction that is not well formed.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0409",
    name: "bad-redaction",
    severity: Severity::Error,
    summary: "a redaction that is not well formed",
    explanation: "\
A redaction names a part of the result, `result.field` or `result matching PATTERN`, and \
what becomes of it: `drop`, `replace \"text\"` or `keep first|last N` with N above zero.",
    bad: r#"
redact payments.get_invoice { result.note keep last 0 }
"#,
    good: r#"
redact payments.get_invoice { result.note keep last 4 }
"#,
};

/// Something is wrong with a redaction.
pub fn bad_redaction(span: Span, message: &str, help: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, message).label("here").help(help)
}
