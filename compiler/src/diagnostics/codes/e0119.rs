//! `E0119` (hints-in-permit): a permit relies on what a server says about its own tools.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0119",
    name: "hints-in-permit",
    severity: Severity::Error,
    summary: "a permit relies on what a server says about its own tools",
    explanation: "A tag made from `hints` (the annotations of the MCP specification) holds what the server \
                  claims. A restriction may use it, since a wrong hint then only denies too little of what \
                  is permitted elsewhere; a permit may not, since a server could open itself.",
    bad: r#"
tag harmless = tools where hints.read_only
permit analyst to call tag harmless
"#,
    good: r#"
tag harmless = payments.{get_invoice, list_invoices}
permit analyst to call tag harmless
"#,
};

/// A permit of a tag that depends on hints.
pub fn hints_in_permit(span: Span, tag: &str, declared: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("tag `{tag}` rests on the server's own hints, and a permit cannot"))
        .label("made from hints")
        .related(declared, format!("tag `{tag}` is declared here"))
        .help("name the tools, or make a tag that names them")
}
