//! `E0140` (command-shape): a server's command is no list of strings.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0140",
    name: "command-shape",
    severity: Severity::Error,
    summary: "a server's command is no list of strings",
    explanation: "`command` is the program and its arguments, each a string: nothing is split at spaces or \
                  expanded by a shell.",
    bad: r#"
server mail {
  command ["mcp-mail", 8080]
  catalog "catalog/web.json"
}
"#,
    good: r#"
server mail {
  command ["mcp-mail", "8080"]
  catalog "catalog/web.json"
}
"#,
};

/// What is no string.
pub fn command_shape(span: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "a command is a list of strings, and not empty")
        .label("not a string")
        .help("write `command [\"program\", \"argument\"]`")
}
