//! `E0106` (import-conflict): `use` brings in a name that is already taken.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0106",
    name: "import-conflict",
    severity: Severity::Error,
    summary: "`use` brings in a name that is already taken",
    explanation: "No package can shadow or replace a name of another. When an imported name meets a local \
                  one, or two imports meet, import one of them under another name with `as`.",
    bad: r#"
use base.team
const team = "refunds"
"#,
    good: r#"
use base.team as base_team
const team = "refunds"
"#,
};

/// An import whose name is taken.
pub fn import_conflict(span: Span, name: &str, first: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("`{name}` is already a name of this file"))
        .label("brought in here")
        .related(first, format!("`{name}` comes from here"))
        .help(format!("import it under another name: `as other_{name}`"))
}
