//! `E0305` (unknown-enum-value): a value that the enum does not have.

use super::prelude::*;
use crate::diagnostics::suggest;
use crate::types::Type;
use smol_str::SmolStr;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0305",
    name: "unknown-enum-value",
    severity: Severity::Error,
    summary: "a value that the enum does not have",
    explanation: "\
The schema of the tool (or the declared type) lists the values that can stand here. \
Comparing with any other is never true, which is nearly always a spelling mistake.",
    bad: r#"
permit sre to call payments.refund where args.currency == "EURO"
"#,
    good: r#"
permit sre to call payments.refund where args.currency == "EUR"
"#,
};

/// `value` is none of the enum's values.
pub fn unknown_value(span: Span, value: &str, near: Option<&str>, values: &[SmolStr]) -> Diagnostic {
    let known = suggest::listing(values);
    let error = Diagnostic::new(&CODE, span, format!("`{value}` is not one of the values that can stand here"))
        .label("never equal");
    match near {
        Some(near) => error.help(format!("did you mean `{near}`? the values are {known}")).fix_edit(
            format!("change to `{near}`"),
            span,
            format!("{near:?}"),
        ),
        None => error.help(format!("the values are {known}")),
    }
}

/// Two enums without a common value are compared.
pub fn disjoint(span: Span, left: &Type, right: &Type) -> Diagnostic {
    Diagnostic::new(&CODE, span, "these two can never be equal: they have no value in common")
        .label(format!("`{left}` and `{right}`"))
}
