//! `E0133` (unknown-type): a type that the language does not have.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0133",
    name: "unknown-type",
    severity: Severity::Error,
    summary: "a type that the language does not have",
    explanation: "The types are bool, int, decimal, string, bytes, duration, instant, date, time, weekday, \
                  ip, net, host, url, path, json, null, segment, `list<T>`, `set<T>`, `map<T>`, records, \
                  string enums, unions and optionals.",
    bad: r#"
const greeting: str = "hello"
"#,
    good: r#"
const greeting: string = "hello"
"#,
};

/// A name in the place of a type.
pub fn unknown_type(span: Span, name: &str, near: Option<&str>) -> Diagnostic {
    let error = Diagnostic::new(&CODE, span, format!("no type is called `{name}`")).label("not a type");
    match near {
        Some(_) => error.did_you_mean(span, near),
        None => error.help("see the types with `mcpz explain E0133`"),
    }
}
