//! `E0111` (duplicate-entry): an entry stands twice in one block.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0111",
    name: "duplicate-entry",
    severity: Severity::Error,
    summary: "an entry stands twice in one block",
    explanation: "Each entry of a block (`url`, `catalog`, a claim, a field) stands once; of two the \
                  meaning would depend on which is read last.",
    bad: r#"
server mail {
  command ["mcp-mail"]
  command ["mcp-mail", "--all"]
  catalog "catalog/web.json"
}
"#,
    good: r#"
server mail {
  command ["mcp-mail", "--all"]
  catalog "catalog/web.json"
}
"#,
};

/// The second of two entries.
pub fn duplicate_entry(span: Span, entry: &str, first: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("`{entry}` is given twice"))
        .label("given again here")
        .related(first, "first given here")
        .help("keep one of them")
}
