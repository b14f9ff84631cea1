//! `E0120` (hints-outside-tag): `tools where` stands outside a tag.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0120",
    name: "hints-outside-tag",
    severity: Severity::Error,
    summary: "`tools where` stands outside a tag",
    explanation: "`tools where hints.destructive` selects tools by what their servers say of them. It is a \
                  tag's definition; rules then use the tag, so that a reader sees that hints are behind it.",
    bad: r#"
forbid anyone to call tools where hints.destructive
"#,
    good: r#"
tag hinted = tools where hints.destructive
forbid anyone to call tag hinted
"#,
};

/// `tools where` in a rule.
pub fn hints_outside_tag(span: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "`tools where` defines a tag and cannot stand here")
        .label("only in a tag")
        .help("declare `tag NAME = tools where ...` and write `tag NAME` here")
}
