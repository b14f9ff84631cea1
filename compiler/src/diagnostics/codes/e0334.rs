//! `E0334` (substring-with-in): `in` between two strings.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0334",
    name: "substring-with-in",
    severity: Severity::Error,
    summary: "`in` between two strings",
    explanation: "\
`in` is for collections, ranges, networks and windows. A substring test is `contains`, with \
the sides the other way round.",
    bad: r#"
permit sre to call payments.refund where "acct_" in args.payee
"#,
    good: r#"
permit sre to call payments.refund where args.payee contains "acct_"
"#,
};

/// `needle in text` between strings.
pub fn substring(span: Span, negated: bool, left: &str, right: &str) -> Diagnostic {
    let not = if negated { "not " } else { "" };
    let text = format!("{not}{right} contains {left}");
    Diagnostic::new(&CODE, span, "`in` does not look inside a string")
        .label("two strings")
        .help(format!("for a substring write `{text}`"))
        .fix_edit(format!("write `{text}`"), span, text.clone())
}
