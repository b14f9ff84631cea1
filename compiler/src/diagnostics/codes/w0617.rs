//! `W0617` (glob-as-regex): a glob written as a regular expression.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "W0617",
    name: "glob-as-regex",
    severity: Severity::Warning,
    summary: "a glob written as a regular expression",
    explanation: "\
`like` takes globs: `*` is any run of characters, `?` is one, and everything else is itself. \
For a regular expression use `matches`.",
    bad: r#"
permit sre to call payments.get_invoice where args.id like "^inv_.*$"
"#,
    good: r#"
permit sre to call payments.get_invoice where args.id like "inv_*"
"#,
};

/// The glob looks like a regular expression. `operator` is where `like` stands.
pub fn looks_like_regex(span: Span, operator: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "this looks like a regular expression, and `like` takes a glob")
        .label("an ordinary character in a glob")
        .help("write a glob (`*` any run, `?` one character), or use `matches`")
        .fix_edit("use `matches`", operator, "matches")
}
