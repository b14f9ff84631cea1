//! `E0141` (declassify-by-key): `declassify ... from ... by` is not supported yet.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0141",
    name: "declassify-by-key",
    severity: Severity::Error,
    summary: "`declassify ... from ... by` is not supported yet",
    explanation: "Cleaning one stored value by its key needs the store of labels. Until that is there, \
                  `declassify LABEL in TARGETS` says that the results of a tool do not carry the label on.",
    bad: r#"
declassify untrusted from web.fetch by args.url
"#,
    good: r#"
declassify untrusted in web.fetch
"#,
};

/// The key.
pub fn declassify_by_key(span: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "`declassify ... from ... by` is not supported yet")
        .label("this key")
        .help("write `declassify LABEL in TARGETS`, for tools whose results are clean")
}
