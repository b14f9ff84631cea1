//! `E0327` (several-types): a value of several possible types is used as if it had one.

use super::prelude::*;
use crate::types::Type;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0327",
    name: "several-types",
    severity: Severity::Error,
    summary: "a value of several possible types is used as if it had one",
    explanation: "\
The schema allows values of different types here. Ask with `is` first: `args.v is int and \
args.v < 3`.",
    bad: r#"
server mixed { command ["mixed"] catalog "catalog/mixed.json" }
permit sre to call mixed.set where args.value < 3
-- catalog/mixed.json --
{"tools": [{"name": "set", "inputSchema": {"type": "object", "properties": {"value": {"type": ["integer", "string"]}}, "required": ["value"]}}]}
"#,
    good: r#"
server mixed { command ["mixed"] catalog "catalog/mixed.json" }
permit sre to call mixed.set where args.value is int and args.value < 3
-- catalog/mixed.json --
{"tools": [{"name": "set", "inputSchema": {"type": "object", "properties": {"value": {"type": ["integer", "string"]}}, "required": ["value"]}}]}
"#,
};

/// The value may have any of several types, and `operator` wants one.
pub fn several_types(span: Span, operator: &str, ty: &Type, what: Option<&str>) -> Diagnostic {
    let what = what.unwrap_or("x");
    Diagnostic::new(&CODE, span, format!("`{operator}` wants one type, and this is `{ty}`"))
        .label("has several types")
        .help(format!("ask first: `{what} is string and ...`"))
}
