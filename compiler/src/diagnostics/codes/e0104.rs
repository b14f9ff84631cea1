//! `E0104` (unknown-package): `use` names a package that is not there.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0104",
    name: "unknown-package",
    severity: Severity::Error,
    summary: "`use` names a package that is not there",
    explanation: "A path in `use` starts with the name of a dependency in `mcpz.toml`, or with `std` for \
                  the standard library.",
    bad: r#"
use bsae.analyst
"#,
    good: r#"
-- policy/more.mcpz --
role lead of analyst where claims.on_call ?? false
"#,
};

/// The root of a `use` path that is no dependency.
pub fn unknown_package(span: Span, name: &str, near: Option<&str>, known: &str) -> Diagnostic {
    let error = Diagnostic::new(&CODE, span, format!("no package is called `{name}`")).label("not a dependency");
    match near {
        Some(_) => error.did_you_mean(span, near),
        None if known.is_empty() => error.help("add it under `[dependencies]` in mcpz.toml"),
        None => error.help(format!("add it under `[dependencies]` in mcpz.toml; there are {known}")),
    }
}
