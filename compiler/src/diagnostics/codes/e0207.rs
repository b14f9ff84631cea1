//! `E0207` (file-missing): a catalog or data file is not there.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0207",
    name: "file-missing",
    severity: Severity::Error,
    summary: "a catalog or data file is not there",
    explanation: "Paths are relative to the package's folder, with `/` between folders, and stay inside it.",
    bad: r#"
server mail {
  command ["mcp-mail"]
  catalog "catalog/mail.json"
}
"#,
    good: r#"
server mail {
  command ["mcp-mail"]
  catalog "catalog/web.json"
}
"#,
};

/// A file that could not be read.
pub fn file_missing(span: Span, kind: &str, path: &str, reason: &str, near: Option<&str>) -> Diagnostic {
    let error = Diagnostic::new(&CODE, span, format!("{kind} file `{path}` {reason}")).label("not read");
    match near {
        Some(near) => error.help(format!("did you mean `{near}`?")).fix_edit(
            format!("change to `{near}`"),
            span,
            format!("{near:?}"),
        ),
        None if kind == "catalog" => error.help("`mcpz catalog add NAME -- COMMAND` asks the server and writes it"),
        None => error.help("paths are relative to the folder of mcpz.toml and stay inside it"),
    }
}
