//! `E0304` (no-order): an order comparison between values that have no order.

use super::prelude::*;
use crate::types::Type;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0304",
    name: "no-order",
    severity: Severity::Error,
    summary: "an order comparison between values that have no order",
    explanation: "\
`<`, `<=`, `>` and `>=` are defined for numbers, strings, durations, instants, dates and \
times of day. Networks, hosts, paths and enums have no order: use `in`, `like` or `under`.",
    bad: r#"
permit sre to call fs.read_file where args.path < "/workspace"
"#,
    good: r#"
permit sre to call fs.read_file where args.path under "/workspace"
"#,
};

/// `operator` between values of a type that has no order.
pub fn no_order(span: Span, operator: &str, ty: &Type, help: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("`{operator}` is not defined for type `{ty}`"))
        .label("has no order")
        .help(help)
}
