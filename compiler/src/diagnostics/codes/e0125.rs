//! `E0125` (overlay-parameter): an overlay names a parameter that no tool has.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0125",
    name: "overlay-parameter",
    severity: Severity::Error,
    summary: "an overlay names a parameter that no tool has",
    explanation: "An overlay says what the schema cannot: that a string is a path, a URL, a host. It names \
                  parameters as the pinned catalog has them.",
    bad: r#"
server files {
  command ["mcp-files"]
  catalog "catalog/fs.json"
  overlay { read_file.pth: path }
}
"#,
    good: r#"
server files {
  command ["mcp-files"]
  catalog "catalog/fs.json"
  overlay { read_file.path: path }
}
"#,
};

/// A parameter that is not there; `owner` is a tool, or a server of which no tool has it.
pub fn overlay_parameter(span: Span, parameter: &str, owner: &str, near: Option<&str>) -> Diagnostic {
    let error =
        Diagnostic::new(&CODE, span, format!("{owner} has no parameter `{parameter}`")).label("no such parameter");
    match near {
        Some(_) => error.did_you_mean(span, near),
        None => error.help("name a parameter of the pinned catalog"),
    }
}
