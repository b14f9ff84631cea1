//! E0703: a regular expression whose automaton is too large.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0703",
    name: "pattern-too-large",
    severity: Severity::Error,
    summary: "a regular expression's automaton is too large",
    explanation: "\
Patterns are compiled to automata that read each byte once, so that no input can make them slow. Some \
expressions need very many states: a counted repetition after an open-ended one is the usual cause. \
Bound the repetition more tightly, or test the length apart with `len`.",
    bad: "forbid anyone to call payments.refund where args.payee matches r\"[ab]*a[ab]{24}\"\n",
    good: "forbid anyone to call payments.refund where args.payee matches r\"[ab]*\" and len(args.payee) > 24\n",
};

/// The pattern at `span` needs too many states.
pub fn pattern_too_large(span: Span, pattern: &str) -> Diagnostic {
    Diagnostic::new(
        &CODE,
        span,
        format!("the automaton of `{pattern}` is too large"),
    )
    .label("needs too many states")
    .help("bound its repetitions more tightly, or test the length apart with `len`")
}
