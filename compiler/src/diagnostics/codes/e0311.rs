//! `E0311` (fact-not-here): a fact that this place cannot know.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0311",
    name: "fact-not-here",
    severity: Severity::Error,
    summary: "a fact that this place cannot know",
    explanation: "\
Each action brings its own facts: `args` belongs to `call`, `resource.uri` to `read` and \
`subscribe`, `prompt.args` to `get` and `complete`, `sample` and `elicit` to what servers \
ask. Conditions of roles see the credential alone (`claims`, `spiffe`, `uid`), constants see \
nothing, predicates see their parameters.",
    bad: r#"
permit analyst to read docs.uri("docs://handbook/*") where args.path under "/workspace"
"#,
    good: r#"
permit analyst to read docs.uri("docs://handbook/*") where resource.uri like "docs://handbook/*"
"#,
};

/// `root` is not available in this kind of place.
pub fn not_here(span: Span, root: &str, why: &str, help: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("`{root}` is not known here: {why}")).label("not known here").help(help)
}
