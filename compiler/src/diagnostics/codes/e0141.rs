//! `E0141` (declassify-by-key): `declassify ... from ... by` is not supported yet.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0141",
    name: "declassify-by-key",
    severity: Severity::Error,
    summary: "`declassify ... from ... by` is not supported yet",
    explanation: "Cleaning one stored value by its key needs the store of labels. Until that is there, \
                  `declassify LABEL in TARGETS` says that the results of a tool do not carry the label on, and \
                  `label LABEL from TOOL: result.field` labels fewer fields in the first place.",
    bad: r#"
declassify untrusted from web.fetch by args.url
"#,
    good: r#"
declassify untrusted in web.fetch
"#,
};

/// The key of a `declassify LABEL from TARGETS by KEY`.
pub fn declassify_by_key(span: Span, label: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, "one stored value cannot be declassified by its key yet").label("this key").help(
        format!(
            "if all results of these tools are clean, write `declassify {label} in TARGETS`; if only some fields carry \
             `{label}`, name them where it comes from: `label {label} from TOOL: result.field`"
        ),
    )
}
