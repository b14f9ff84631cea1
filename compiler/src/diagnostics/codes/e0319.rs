//! `E0319` (regex-too-large): a regular expression whose automaton is too large.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0319",
    name: "regex-too-large",
    severity: Severity::Error,
    summary: "a regular expression whose automaton is too large",
    explanation: "\
Patterns become automata in the bundle, of bounded size. Counted repetitions multiply: \
`[a-z]{20000}` is twenty thousand states. Bound the length with `len` instead.",
    bad: r#"
permit sre to call payments.get_invoice where args.id matches r"[a-z]{20000}"
"#,
    good: r#"
permit sre to call payments.get_invoice where args.id matches r"[a-z]+" and len(args.id) <= 20000
"#,
};

/// The automaton of the pattern is too large.
pub fn too_large(span: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "the automaton of this regular expression is too large")
        .label("too large")
        .help("lower the repetition counts, or bound the length with `len`")
}
