//! `E0121` (uri-pattern): a resource pattern that cannot be read.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0121",
    name: "uri-pattern",
    severity: Severity::Error,
    summary: "a resource pattern that cannot be read",
    explanation: "A pattern is a URI with `*` (within one segment), `**` (across segments) and `{name}` \
                  (one non-empty segment, captured as `resource.uri.name`). It starts with a literal \
                  scheme, so that one pattern never crosses from `file:` to `https:`.",
    bad: r#"
permit analyst to read docs.uri("file:///workspace/{team/**")
"#,
    good: r#"
permit analyst to read docs.uri("file:///workspace/{team}/**")
"#,
};

/// What is wrong inside the pattern.
pub fn uri_pattern(span: Span, message: &str, help: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, message).label("in this pattern").help(help)
}
