//! `E0113` (duplicate-server): two servers have the same endpoint, command or identity.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0113",
    name: "duplicate-server",
    severity: Severity::Error,
    summary: "two servers have the same endpoint, command or identity",
    explanation: "A server's identity, endpoint or command is declared once in a bundle. If one real server \
                  had two names, a restriction on one name could be walked around through the other.",
    bad: r#"
server billing {
  endpoint "https://mcp.pay.internal/mcp"
  catalog  "catalog/payments.json"
}
"#,
    good: r#"
server billing {
  endpoint "https://mcp.billing.internal/mcp"
  catalog  "catalog/payments.json"
}
"#,
};

/// The second server with this endpoint, command or identity.
pub fn duplicate_server(span: Span, server: &str, what: &str, other: &str, first: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("server `{server}` has the same {what} as server `{other}`"))
        .label(format!("the {what} of `{other}`"))
        .related(first, format!("`{other}` declares it here"))
        .help(format!("use `{other}` in the rules, or import it; one real server has one name in a bundle"))
}
