//! `W0621` (deprecated-parameter): a parameter that the server says not to use any more.

use super::prelude::*;
use crate::diagnostics::Tag;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "W0621",
    name: "deprecated-parameter",
    severity: Severity::Warning,
    summary: "a parameter that its schema marks as deprecated",
    explanation: "\
The server's schema says `\"deprecated\": true` of this parameter: a later version of the tool may \
drop it, and the rule with it. The rule holds as it stands. Ask for what takes the parameter's \
place, or say with `@allow` why this one is meant.",
    bad: r#"
permit sre to call web.fetch where not has args.proxy
"#,
    good: r#"
permit sre to call web.fetch where args.url like "https://*"
"#,
};

/// The parameter, and the tools that call it deprecated.
pub fn deprecated(span: Span, parameter: &str, tools: &[String]) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("{} calls the parameter `{parameter}` deprecated", listed(tools)))
        .label("deprecated")
        .help("ask for what takes its place: the tool's description may say what that is")
        .tag(Tag::Deprecated)
}

fn listed(tools: &[String]) -> String {
    match tools {
        [only] => format!("`{only}`"),
        [first, rest @ ..] => format!("`{first}` and {} more", rest.len()),
        [] => "the server".to_owned(),
    }
}
