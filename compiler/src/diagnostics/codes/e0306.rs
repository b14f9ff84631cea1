//! `E0306` (unknown-parameter): a parameter that the targets do not have.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0306",
    name: "unknown-parameter",
    severity: Severity::Error,
    summary: "a parameter that the targets do not have",
    explanation: "\
`args` has the parameters that the pinned catalog declares. With several targets a parameter \
that some lack is optional, and one that none has is an error.",
    bad: r#"
permit sre to call payments.refund where args.ammount < 10
"#,
    good: r#"
permit sre to call payments.refund where args.amount < 10
"#,
};

/// No target has a parameter of this name; `of` is the only one, where there is but one.
pub fn unknown_parameter(span: Span, name: &str, near: Option<&str>, known: &str, of: Option<&str>) -> Diagnostic {
    let message = match of {
        Some(tool) => format!("`{tool}` has no parameter `{name}`"),
        None => format!("no target of this rule has a parameter `{name}`"),
    };
    let error = Diagnostic::new(&CODE, span, message).label("not a parameter");
    match near {
        Some(near) => error.did_you_mean(span, Some(near)),
        None if known.is_empty() => error.help("it declares no parameters"),
        None => error.help(format!("its parameters are {known}")),
    }
}
