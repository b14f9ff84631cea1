//! `E0122` (server-without): a rule is about tools, resources or prompts of a server that has none.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0122",
    name: "server-without",
    severity: Severity::Error,
    summary: "a rule is about tools, resources or prompts of a server that has none",
    explanation: "The pinned catalog of the server lists nothing of the kind the action is about, so the \
                  rule would be about nothing.",
    bad: r#"
permit analyst to get payments.*
"#,
    good: r#"
permit analyst to get docs.*
"#,
};

/// A server without members of this kind.
pub fn server_without(span: Span, server: &str, kind: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("the catalog of `{server}` has no {kind}"))
        .label(format!("no {kind} here"))
        .help("run `mcpz catalog update` if the server has some now, or take it out")
}
