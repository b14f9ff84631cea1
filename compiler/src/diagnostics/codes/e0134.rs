//! `E0134` (context-conflict): a context field is declared with two types.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0134",
    name: "context-conflict",
    severity: Severity::Error,
    summary: "a context field is declared with two types",
    explanation: "The context blocks of all packages are one record that the enforcement point supplies. A \
                  field that two of them declare has the same type in both.",
    bad: r#"
context { geo: int }
"#,
    good: r#"
context { geo: string? }
"#,
};

/// The second declaration of a field.
pub fn context_conflict(span: Span, field: &str, ty: &str, first_ty: &str, first: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("context field `{field}` is {ty} here and {first_ty} elsewhere"))
        .label(ty.to_owned())
        .related(first, format!("declared as {first_ty} here"))
        .help("declare it with one type")
}
