//! `E0217` (unknown-lint): `[lints]` or `@allow` names a lint that is not there.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0217",
    name: "unknown-lint",
    severity: Severity::Error,
    summary: "`[lints]` or `@allow` names a lint that is not there",
    explanation: "A lint is named by its code (`W0601`) or by its name. Errors have no level: they cannot \
                  be allowed.",
    bad: r#"
@allow(W9999, "not a lint")
permit analyst to call payments.get_invoice
"#,
    good: r#"
@id("R-1")
permit analyst to call payments.get_invoice
"#,
};

/// A name that is no lint.
pub fn unknown_lint(span: Span, name: &str, near: Option<&str>) -> Diagnostic {
    let error = Diagnostic::new(&CODE, span, format!("no lint is called `{name}`")).label("not a lint");
    match near {
        Some(_) => error.did_you_mean(span, near),
        None => error.help("`mcpz explain` lists the lints: codes that start with `W`"),
    }
}
