//! `E0408` (unknown-result-field): a redaction of a field that the result does not have.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0408",
    name: "unknown-result-field",
    severity: Severity::Error,
    summary: "a redaction of a field that the result does not have",
    explanation: "\
When the tool declares the shape of its result, a field rule must name fields of it. A rule \
for a field that is not there would redact nothing.",
    bad: r#"
server crm { command ["crm"] catalog "catalog/crm.json" }
redact crm.get { result.sssn drop }
-- catalog/crm.json --
{"tools": [{"name": "get", "inputSchema": {"type": "object"}, "outputSchema": {"type": "object", "properties": {"ssn": {"type": "string"}}, "required": ["ssn"]}}]}
"#,
    good: r#"
server crm { command ["crm"] catalog "catalog/crm.json" }
redact crm.get { result.ssn drop }
-- catalog/crm.json --
{"tools": [{"name": "get", "inputSchema": {"type": "object"}, "outputSchema": {"type": "object", "properties": {"ssn": {"type": "string"}}, "required": ["ssn"]}}]}
"#,
};

/// The declared result has no such field.
pub fn unknown_field(span: Span, name: &str, tool: &str, near: Option<&str>, known: &str) -> Diagnostic {
    let error =
        Diagnostic::new(&CODE, span, format!("the result of `{tool}` has no field `{name}`")).label("not a field");
    match near {
        Some(near) => error.did_you_mean(span, Some(near)),
        None if known.is_empty() => error,
        None => error.help(format!("its fields are {known}")),
    }
}

/// A step into a result that its declared type does not have.
pub fn no_step(span: Span, message: String) -> Diagnostic {
    Diagnostic::new(&CODE, span, message).label("here")
}
