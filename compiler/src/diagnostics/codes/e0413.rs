//! `E0413` (role-outside-rule): a role is asked for where there is no caller.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0413",
    name: "role-outside-rule",
    severity: Severity::Error,
    summary: "a role is asked for where there is no caller",
    explanation: "\
A bare role in a condition means \"somebody in the chain of the caller has it\". Constants, \
predicates and the conditions of roles have no caller: they see their parameters, or one \
credential.",
    bad: r#"
predicate trusted(amount: decimal) = sre or amount < 10
"#,
    good: r#"
predicate small(amount: decimal) = amount < 10
permit analyst to call payments.refund where sre or small(args.amount)
"#,
};

/// There is no caller here.
pub fn no_caller(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("`{name}` asks about the caller, and there is none here"))
        .label("no caller here")
        .help("ask for the role in a rule's clause; in a role's condition use `role R of X`")
}
