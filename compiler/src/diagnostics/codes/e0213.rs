//! `E0213` (data-type): a data file does not have its declared type.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0213",
    name: "data-type",
    severity: Severity::Error,
    summary: "a data file does not have its declared type",
    explanation: "The value in the file is checked against the type of the declaration, each element of it. \
                  Strings take the type their place wants, as literals do.",
    bad: r#"
data ports: set<int> from "data/ports.json"
-- data/ports.json --
[443, "8443"]
"#,
    good: r#"
data ports: set<int> from "data/ports.json"
-- data/ports.json --
[443, 8443]
"#,
};

/// A value of another type; `pointer` says where in the file.
pub fn data_type(span: Span, path: &str, pointer: &str, message: &str) -> Diagnostic {
    let place = if pointer.is_empty() { String::new() } else { format!(" at `{pointer}`") };
    Diagnostic::new(&CODE, span, format!("data file `{path}`{place}: {message}"))
        .label("does not fit this type")
        .help("change the file or the type")
}
