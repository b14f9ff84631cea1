//! `W0611` (permit-covered): a permit that a forbid takes back as a whole.

use super::prelude::*;
use crate::diagnostics::Tag;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "W0611",
    name: "permit-covered",
    severity: Severity::Warning,
    summary: "a permit that a forbid takes back as a whole",
    explanation: "\
A `forbid` without condition covers everything this permit opens. Forbid wins, so that the \
permit does nothing.",
    bad: r#"
permit sre to call fs.write_file
forbid anyone to call fs.*
"#,
    good: r#"
permit sre to call fs.write_file
forbid anyone to call fs.move_file
"#,
};

/// `forbid` covers the permit.
pub fn covered(span: Span, forbid: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "this permit has no effect: a forbid covers all of it")
        .label("never permits")
        .related(forbid, "forbidden here")
        .help("narrow the forbid, or drop the permit")
        .tag(Tag::Unnecessary)
}
