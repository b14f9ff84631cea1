//! `W0605` (unused-data): a data set that nothing uses.

use super::prelude::*;
use crate::diagnostics::Tag;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "W0605",
    name: "unused-data",
    severity: Severity::Warning,
    summary: "a data set that nothing uses",
    explanation: "\
Nothing in the package names it. Drop it, or use it; something that only looks guarded is \
worse than nothing.",
    bad: r#"
data friends: set<string> from "data/friends.json"
permit sre to call payments.refund
-- data/friends.json --
["acct_a"]
"#,
    good: r#"
data friends: set<string> from "data/friends.json"
permit sre to call payments.refund where args.payee in friends
-- data/friends.json --
["acct_a"]
"#,
};

/// Nothing uses `name`.
pub fn unused(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("the data set `{name}` is never used"))
        .label("never used")
        .help("drop it, or use it")
        .tag(Tag::Unnecessary)
}
