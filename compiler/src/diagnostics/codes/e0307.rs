//! `E0307` (unknown-field): a field that the record does not have.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0307",
    name: "unknown-field",
    severity: Severity::Error,
    summary: "a field that the record does not have",
    explanation: "\
Records have the fields that the schema, the declaration or the language gives them.",
    bad: r#"
permit sre to call payments.refund when has context.device and context.device.mangaed
"#,
    good: r#"
permit sre to call payments.refund when has context.device and context.device.managed
"#,
};

/// `of` has no such field.
pub fn unknown_field(span: Span, name: &str, of: &str, near: Option<&str>, known: &str) -> Diagnostic {
    let error = Diagnostic::new(&CODE, span, format!("{of} has no field `{name}`")).label("not a field");
    match near {
        Some(near) => error.did_you_mean(span, Some(near)),
        None if known.is_empty() => error,
        None => error.help(format!("its fields are {known}")),
    }
}
