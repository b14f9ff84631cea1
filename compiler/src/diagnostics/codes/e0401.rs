//! `E0401` (duplicate-clause): a rule with two clauses of one kind.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0401",
    name: "duplicate-clause",
    severity: Severity::Error,
    summary: "a rule with two clauses of one kind",
    explanation: "\
`where`, `when` and `unless` stand at most once in a rule. Two conditions that must both \
hold are joined with `and`.",
    bad: r#"
permit sre to call payments.refund
  where args.amount < 100
  where args.currency == "EUR"
"#,
    good: r#"
permit sre to call payments.refund
  where args.amount < 100 and args.currency == "EUR"
"#,
};

/// A second clause of one kind.
pub fn duplicate_clause(span: Span, word: &str, first: Span) -> Diagnostic {
    let joiner = if word == "unless" { "or" } else { "and" };
    Diagnostic::new(&CODE, span, format!("a second `{word}` clause"))
        .label("second")
        .related(first, "first here")
        .help(format!("join the conditions with `{joiner}`"))
}
