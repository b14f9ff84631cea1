//! `E0101` (duplicate-name): a name is declared twice in one package.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0101",
    name: "duplicate-name",
    severity: Severity::Error,
    summary: "a name is declared twice in one package",
    explanation: "Every name belongs to the package that declares it and is declared once. Principals \
                  (users, agents, roles), values (data, constants, predicates), segments and labels share \
                  one name space because they meet in conditions; issuers, servers, tags, grants and \
                  monitors have one each. Rename one of the two.",
    bad: r#"
role analyst of employee where claims.on_call ?? false
"#,
    good: r#"
role on_call_analyst of employee where claims.on_call ?? false
"#,
};

/// The second declaration of a name, and where the first is.
pub fn duplicate_name(span: Span, name: &str, kind: &str, first_kind: &str, first: Span) -> Diagnostic {
    let message = if kind == first_kind {
        format!("{kind} `{name}` is declared twice")
    } else {
        format!("`{name}` is already the name of a {first_kind}")
    };
    Diagnostic::new(&CODE, span, message)
        .label("declared again here")
        .related(first, format!("{first_kind} `{name}` is declared here"))
        .help("give one of them another name")
}
