//! `E0013` (word-as-name): a word of the language in the place of a name.

use super::{CodeInfo, Severity};

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0013",
    name: "word-as-name",
    severity: Severity::Error,
    summary: "a word of the language in the place of a name",
    explanation: "Words that open items or clauses cannot be declared as names. After a dot any word is a \
                  name (`args.from`), and any other name is quoted (`github.\"get-issue\"`).",
    bad: r#"
tag where = payments.refund
"#,
    good: r#"
tag money = payments.refund
"#,
};
