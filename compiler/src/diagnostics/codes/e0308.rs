//! `E0308` (no-fields): a field of a value that has none.

use super::prelude::*;
use crate::types::Type;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0308",
    name: "no-fields",
    severity: Severity::Error,
    summary: "a field of a value that has none",
    explanation: "\
Only records, maps, URLs, paths and SQL statements have fields. A string has none until it \
is read: `url(s).host`.",
    bad: r#"
permit sre to call payments.refund where args.payee.length < 20
"#,
    good: r#"
permit sre to call payments.refund where len(args.payee) < 20
"#,
};

/// A value of this type has no fields.
pub fn no_fields(span: Span, name: &str, ty: &Type, help: Option<String>) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("a value of type `{ty}` has no fields, and so no `{name}`"))
        .label("no such field")
        .maybe_help(help)
}
