//! `E0316` (bad-membership): `in` with operands that do not go together.

use super::prelude::*;
use crate::types::Type;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0316",
    name: "bad-membership",
    severity: Severity::Error,
    summary: "`in` with operands that do not go together",
    explanation: "\
`in` takes a list, set, range, network, time window or segment on its right, and on its left \
what that holds: an address or host for a network, an instant for a time window.",
    bad: r#"
permit sre to call payments.refund when now in 09:00..17:00
"#,
    good: r#"
permit sre to call payments.refund when time(now, "Europe/Berlin") in 09:00..17:00
"#,
};

/// `left in right` has no meaning.
pub fn bad_membership(span: Span, left: &Type, right: &Type, help: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("a value of type `{left}` cannot be in `{right}`"))
        .label("no meaning")
        .help(help)
}
