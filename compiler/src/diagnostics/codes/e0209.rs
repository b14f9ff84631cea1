//! `E0209` (catalog-keyword): a tool's schema has a keyword that is not enforced.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0209",
    name: "catalog-keyword",
    severity: Severity::Error,
    summary: "a tool's schema has a keyword that is not enforced",
    explanation: "Arguments are validated against the whole pinned schema before rules run. A keyword that \
                  the validator does not enforce would be dropped in silence, so it stops the build until a \
                  person acknowledges it in the catalog file: `\"acknowledged\": { \"TOOL\": [\"keyword\"] \
                  }`.",
    bad: r#"
server mail {
  command ["mcp-mail"]
  catalog "catalog/mail.json"
}
-- catalog/mail.json --
{ "tools": [ { "name": "send", "inputSchema": { "type": "object",
  "properties": { "to": { "type": "string" } }, "unevaluatedProperties": false } } ] }
"#,
    good: r#"
server mail {
  command ["mcp-mail"]
  catalog "catalog/mail.json"
}
-- catalog/mail.json --
{ "tools": [ { "name": "send", "inputSchema": { "type": "object",
  "properties": { "to": { "type": "string" } }, "unevaluatedProperties": false } } ],
  "acknowledged": { "send": ["unevaluatedProperties"] } }
"#,
};

/// A keyword of a tool's schema.
pub fn catalog_keyword(span: Span, path: &str, tool: &str, keyword: &str) -> Diagnostic {
    Diagnostic::new(
        &CODE,
        span,
        format!("tool `{tool}` in `{path}` uses schema keyword `{keyword}`, which is not enforced"),
    )
    .label("this catalog")
    .help(format!(
        "if the rules do not depend on it, add `\"acknowledged\": {{ {tool:?}: [{keyword:?}] }}` to the catalog file"
    ))
}
