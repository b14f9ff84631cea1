//! `W0620` (letter-range): a range of letters with punctuation in it.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "W0620",
    name: "letter-range",
    severity: Severity::Warning,
    summary: "a range of letters with punctuation in it",
    explanation: "\
Between `Z` and `a` lie the characters `[ \\ ] ^ _` and the backquote, so that `[A-z]` holds \
them too.",
    bad: r#"
permit sre to call payments.get_invoice where args.id matches r"[A-z]+"
"#,
    good: r#"
permit sre to call payments.get_invoice where args.id matches r"[A-Za-z]+"
"#,
};

/// `A-z` in a class.
pub fn letter_range(span: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "`A-z` also holds punctuation: `[ \\ ] ^ _` and the backquote")
        .label("more than letters")
        .help("write `A-Za-z`")
}
