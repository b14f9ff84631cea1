//! `E0126` (overlay-type): an overlay gives a parameter a type that its schema cannot have.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0126",
    name: "overlay-type",
    severity: Severity::Error,
    summary: "an overlay gives a parameter a type that its schema cannot have",
    explanation: "An overlay narrows strings (to `path`, `url`, `host`, `ip`, `net`, `instant`, `date`, \
                  `time`, `duration`) and lists of strings; it cannot turn a number into a path.",
    bad: r#"
server billing {
  command ["mcp-billing"]
  catalog "catalog/payments.json"
  overlay { refund.amount: path }
}
"#,
    good: r#"
server billing {
  command ["mcp-billing"]
  catalog "catalog/payments.json"
  overlay { refund.payee: host }
}
"#,
};

/// A type that does not fit.
pub fn overlay_type(span: Span, parameter: &str, schema: &str, wanted: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("`{parameter}` is {schema} in the schema and cannot be {wanted}"))
        .label(format!("{schema} in the schema"))
        .help("an overlay narrows strings and lists of strings")
}
