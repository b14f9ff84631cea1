//! `E0103` (unknown-member): a server has no tool or prompt of this name.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0103",
    name: "unknown-member",
    severity: Severity::Error,
    summary: "a server has no tool or prompt of this name",
    explanation: "Tools and prompts are known from the server's pinned catalog. A policy that names one \
                  that the catalog does not have would be a rule about nothing, so it does not compile. If \
                  the server has a new tool, run `mcpz catalog update` and review what changed.",
    bad: r#"
permit analyst to call payments.get_invioce
"#,
    good: r#"
permit analyst to call payments.get_invoice
"#,
};

/// A member of a server's catalog that is not there; `replacement` is the near name as it is to be written.
pub fn unknown_member(span: Span, server: &str, kind: &str, name: &str, near: Option<&str>, known: &str) -> Diagnostic {
    let message = format!("server `{server}` has no {kind} `{name}`");
    let error = Diagnostic::new(&CODE, span, message).label(format!("not in the catalog of `{server}`"));
    match near {
        Some(_) => error.did_you_mean(span, near),
        None if known.is_empty() => error.help(format!("the catalog of `{server}` has no {kind}")),
        None => error.help(format!("its {kind}s are {known}; `mcpz catalog update` fetches new ones")),
    }
}
