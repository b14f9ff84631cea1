//! `E0326` (no-provenance): provenance of a value that does not come from the arguments.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0326",
    name: "no-provenance",
    severity: Severity::Error,
    summary: "provenance of a value that does not come from the arguments",
    explanation: "\
`carries` and `seen in` ask where a value in the arguments came from: their left side is a \
parameter, or the variable of `any`/`all` over one.",
    bad: r#"
forbid anyone to call payments.refund where "acct_7" carries untrusted
"#,
    good: r#"
forbid anyone to call payments.refund where args.payee carries untrusted
"#,
};

/// The operand is no place below `args`.
pub fn no_provenance(span: Span, operator: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("`{operator}` asks about a parameter, and this is none"))
        .label("not from `args`")
        .help("write a parameter, such as `args.payee`")
}
