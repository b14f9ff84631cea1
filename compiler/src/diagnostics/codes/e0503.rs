//! `E0503` (bad-test-claim): a claim in a test that the identity cannot have.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0503",
    name: "bad-test-claim",
    severity: Severity::Error,
    summary: "a claim in a test that the identity cannot have",
    explanation: "\
`as R { claims.x: v }` makes an instance of R. The claims are those its issuer declares, \
with their types; the runner completes what R's conditions need and the test does not give.",
    bad: r#"
test "misspelt" {
  as analyst { claims.customer: ["c1"] }
  call payments.get_invoice { id: "i", customer_id: "c1" }
  expect deny
}
"#,
    good: r#"
test "spelt" {
  as analyst { claims.customers: ["c1"] }
  call payments.get_invoice { id: "i", customer_id: "c1" }
  expect deny
}
"#,
};

/// The claim is not declared.
pub fn unknown_claim(span: Span, name: &str, near: Option<&str>, known: &str) -> Diagnostic {
    let error = Diagnostic::new(&CODE, span, format!("this identity has no claim `{name}`")).label("not a claim");
    match near {
        Some(near) => error.did_you_mean(span, Some(near)),
        None => error.help(format!("its claims are {known}")),
    }
}

/// The key of the record is none of `claims.NAME`, `spiffe` and `uid`.
pub fn bad_key(span: Span, key: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("`{key}` is nothing an identity has"))
        .label("not known")
        .help("write `claims.NAME: value`, `spiffe: \"...\"` or `uid: 1000`")
}
