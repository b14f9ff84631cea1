//! `W0609` (anonymous-permit): a permit for callers without a credential.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "W0609",
    name: "anonymous-permit",
    severity: Severity::Warning,
    summary: "a permit for callers without a credential",
    explanation: "\
`anonymous` covers everybody who can reach the enforcement point. If that is meant, say so \
with `@allow(W0609, \"...\")`.",
    bad: r#"
permit anonymous to call web.fetch
"#,
    good: r#"
permit any user to call web.fetch
"#,
};

/// The permit is for callers without a credential.
pub fn anonymous(span: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "this permit is for callers without a credential")
        .label("everybody who can connect")
        .help("write `any user` or a role; or keep it with `@allow(W0609, \"reason\")`")
}
