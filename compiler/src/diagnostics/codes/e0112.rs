//! `E0112` (missing-entry): a declaration lacks an entry that it must have.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0112",
    name: "missing-entry",
    severity: Severity::Error,
    summary: "a declaration lacks an entry that it must have",
    explanation: "An issuer has a `url`; a server has a `catalog` and one of `endpoint` and `command`. \
                  Without them nothing can be verified against it.",
    bad: r#"
server mail {
  command ["mcp-mail"]
}
"#,
    good: r#"
server mail {
  command ["mcp-mail"]
  catalog "catalog/web.json"
}
"#,
};

/// What is missing, and how it is written.
pub fn missing_entry(span: Span, what: &str, entry: &str, example: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("{what} has no {entry}"))
        .label(format!("{entry} is missing"))
        .help(format!("add `{example}`"))
}
