//! `W0615` (negated-word): a set of characters that reads like a word.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "W0615",
    name: "negated-word",
    severity: Severity::Warning,
    summary: "a set of characters that reads like a word",
    explanation: "\
`[^evil.com]` is one character that is none of `e v i l . c o m`; it does not mean \"not this \
domain\". Say what is excluded with `not` and `==` or `like`.",
    bad: r#"
permit sre to call web.fetch where args.url matches r"https://[^evil.com]+/.*"
"#,
    good: r#"
permit sre to call web.fetch where url(args.url).host != "evil.com"
"#,
};

/// A negated class that reads like a word.
pub fn negated_word(span: Span, text: &str) -> Diagnostic {
    Diagnostic::new(
        &CODE,
        span,
        format!("`{text}` is one character that is none of these, not \"anything but this word\""),
    )
    .label("one character")
    .help("exclude a host with `not (url(x).host like \"...\")`")
}
