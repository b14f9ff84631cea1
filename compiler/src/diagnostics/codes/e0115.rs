//! `E0115` (action-target-mismatch): an action does not fit its target.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0115",
    name: "action-target-mismatch",
    severity: Severity::Error,
    summary: "an action does not fit its target",
    explanation: "`call` is about tools, `read` and `subscribe` about resources, `get` about prompts, \
                  `complete` about prompts and resources; `sample`, `elicit` and `roots` are asked by a \
                  server and take no targets.",
    bad: r#"
permit analyst to read payments.get_invoice
"#,
    good: r#"
permit analyst to call payments.get_invoice
"#,
};

/// A target that the action cannot be about.
pub fn action_target(span: Span, action: &str, target: &str, help: String) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("`{action}` does not go with {target}")).label(target.to_owned()).help(help)
}
