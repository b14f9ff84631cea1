//! `E0405` (hollow-restriction): a restriction that reads a parameter some of its targets lack.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0405",
    name: "hollow-restriction",
    severity: Severity::Error,
    summary: "a restriction that reads a parameter some of its targets lack",
    explanation: "\
On the targets that lack the parameter the condition cannot do what it says, so that the \
restriction is silently weaker than it reads. `paths(args)`, `urls(args)`, `hosts(args)` and \
`strings(args)` range over every parameter of a kind, whatever its name; or name only the \
targets that have the parameter.",
    bad: r#"
forbid anyone to call fs.* where has args.path and not (args.path under "/workspace")
"#,
    good: r#"
forbid anyone to call fs.* where any(p in paths(args): not (p under "/workspace"))
"#,
};

/// The parameter is lacking on these targets.
pub fn hollow(span: Span, parameter: &str, lacking: &str, help: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("no parameter `{parameter}` in {lacking}: there this restriction is hollow"))
        .label("not on every target")
        .help(help)
}
