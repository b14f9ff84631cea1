//! `E0210` (pin-missing): a catalog or dependency has no digest in `mcpz.lock`.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0210",
    name: "pin-missing",
    severity: Severity::Error,
    summary: "a catalog or dependency has no digest in `mcpz.lock`",
    explanation: "Types come from catalogs, and rules from dependencies, so both are pinned by digest. \
                  `mcpz lock` pins what is there after you have looked at it.",
    bad: r#"
server mail {
  command ["mcp-mail"]
  catalog "catalog/web.json"
}
-- mcpz.lock --
version = 1
"#,
    good: r#"
server mail {
  command ["mcp-mail"]
  catalog "catalog/web.json"
}
"#,
};

/// Something that is not pinned.
pub fn pin_missing(span: Span, what: &str, command: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("{what} is not pinned in mcpz.lock"))
        .label("not pinned")
        .help(format!("look at it, then run `{command}`"))
}
