//! `E0404` (limit-key): a limit counted by somebody the subject may not have.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0404",
    name: "limit-key",
    severity: Severity::Error,
    summary: "a limit counted by somebody the subject may not have",
    explanation: "\
`by user` needs a subject under which every caller has a user, `by agent` one under which \
every caller has an agent. `by caller` and `by session` always work.",
    bad: r#"
limit anyone to call payments.refund at most 3 per 1h by user
"#,
    good: r#"
limit anyone to call payments.refund at most 3 per 1h by caller
"#,
};

/// Not every caller of the subject has the key.
pub fn no_key(span: Span, key: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("not every caller of this subject has {} {key}", article(key)))
        .label("may be missing")
        .help(format!("count `by caller`, or make the subject imply {} {key}: `any {key}`", article(key)))
        .fix_edit("count by caller", span, "caller")
}

/// A word that is no key of history.
pub fn unknown_key(span: Span, key: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("nothing can be counted by `{key}`"))
        .label("not a key")
        .help("count by `session`, `user`, `agent` or `caller`")
}

fn article(word: &str) -> &'static str {
    if word.starts_with('a') { "an" } else { "a" }
}
