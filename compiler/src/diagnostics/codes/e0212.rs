//! `E0212` (data-malformed): a data file is not JSON.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0212",
    name: "data-malformed",
    severity: Severity::Error,
    summary: "a data file is not JSON",
    explanation: "The file of a `data` declaration is one JSON value: a list for `set<T>` and `list<T>`, an \
                  object for `map<T>` and records. Numbers are exact; keys do not repeat.",
    bad: r#"
data regions: set<string> from "data/regions.json"
-- data/regions.json --
["eu", "us"
"#,
    good: r#"
data regions: set<string> from "data/regions.json"
-- data/regions.json --
["eu", "us"]
"#,
};

/// What the JSON reader said.
pub fn data_malformed(span: Span, path: &str, message: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("data file `{path}` is not JSON: {message}"))
        .label("this file")
        .help("mend the file")
}
