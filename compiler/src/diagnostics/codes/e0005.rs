//! `E0005` (bad-number): a number, duration, size, time or date that is none.

use super::{CodeInfo, Severity};

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0005",
    name: "bad-number",
    severity: Severity::Error,
    summary: "a number, duration, size, time or date that is none",
    explanation: "Numbers are written `42`, `1_000`, `12.50`; durations `30s`, `1h30m`; sizes `64KiB`; \
                  times `09:00`; dates `2026-03-02`; instants `2026-03-02T10:00:00Z`.",
    bad: r#"
const ceiling = 12abc
"#,
    good: r#"
const ceiling = 12
"#,
};
