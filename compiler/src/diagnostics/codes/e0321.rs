//! `E0321` (bad-operand): an operator on a value it is not defined for.

use super::prelude::*;
use crate::types::Type;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0321",
    name: "bad-operand",
    severity: Severity::Error,
    summary: "an operator on a value it is not defined for",
    explanation: "\
`like` is for strings, paths, URLs and hosts, `matches` for strings, `under` for paths (and \
strings that hold one), `contains` for collections and strings.",
    bad: r#"
permit sre to call payments.refund where args.amount like "1*"
"#,
    good: r#"
permit sre to call payments.refund where args.amount in 10..20
"#,
};

/// `operator` does not take a value of this type.
pub fn bad_operand(span: Span, operator: &str, ty: &Type, help: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("`{operator}` does not take a value of type `{ty}`"))
        .label(format!("of type `{ty}`"))
        .help(help)
}
