//! `E0328` (not-a-collection): `all`, `any` or `count` over something that is no collection.

use super::prelude::*;
use crate::types::Type;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0328",
    name: "not-a-collection",
    severity: Severity::Error,
    summary: "`all`, `any` or `count` over something that is no collection",
    explanation: "\
`all`, `any` and `count` range over lists, sets and the values of maps. To range over every \
parameter of a kind use `paths(args)`, `urls(args)`, `hosts(args)` or `strings(args)`.",
    bad: r#"
forbid anyone to call payments.refund where any(p in args.payee: p == "acct_7")
"#,
    good: r#"
forbid anyone to call payments.refund where any(p in strings(args): p == "acct_7")
"#,
};

/// `function` over a value that is no collection.
pub fn not_a_collection(span: Span, function: &str, ty: &Type) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("`{function}` ranges over a list or set, and this has type `{ty}`"))
        .label(format!("of type `{ty}`"))
}
