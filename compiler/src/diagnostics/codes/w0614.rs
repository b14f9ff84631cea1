//! `W0614` (unescaped-dot): a dot that matches any character in what looks like a host.

use super::prelude::*;

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "W0614",
    name: "unescaped-dot",
    severity: Severity::Warning,
    summary: "a dot that matches any character in what looks like a host",
    explanation: "\
In a regular expression `.` is any character: `api.example.com` also matches \
`apiXexample.com`, which somebody else can register. Write `\\.`, or match the host itself: \
`url(x).host like \"*.example.com\"`.",
    bad: r#"
permit sre to call web.fetch where args.url matches r"https://api.example.com/.*"
"#,
    good: r#"
permit sre to call web.fetch where args.url matches r"https://api\.example\.com/.*"
"#,
};

/// A bare dot at `span`.
pub fn unescaped_dot(span: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "this `.` matches any character, and this looks like a host name")
        .label("any character")
        .help("write `\\.` in a raw string, or compare the host: `url(x).host like \"*.example.com\"`")
}
