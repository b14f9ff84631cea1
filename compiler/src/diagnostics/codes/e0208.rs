//! `E0208` (catalog-malformed): a catalog file is not a catalog.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0208",
    name: "catalog-malformed",
    severity: Severity::Error,
    summary: "a catalog file is not a catalog",
    explanation: "A catalog is what a server declared: a JSON object with `tools`, `resources`, \
                  `resourceTemplates` and `prompts`, as `mcpz catalog add` writes it, or a plain result of \
                  `tools/list`.",
    bad: r#"
server mail {
  command ["mcp-mail"]
  catalog "catalog/mail.json"
}
-- catalog/mail.json --
{ "tools": [ { "nome": "send" } ] }
"#,
    good: r#"
server mail {
  command ["mcp-mail"]
  catalog "catalog/mail.json"
}
-- catalog/mail.json --
{ "tools": [ { "name": "send", "inputSchema": { "type": "object" } } ] }
"#,
};

/// What is wrong in the file.
pub fn catalog_malformed(span: Span, path: &str, message: &str, help: Option<String>) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("catalog `{path}` cannot be used: {message}"))
        .label("this catalog")
        .help(help.unwrap_or_else(|| "run `mcpz catalog update` to fetch it again".to_owned()))
}
