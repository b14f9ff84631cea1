//! `E0004` (non-ascii): a non-ASCII character outside strings and comments.

use super::{CodeInfo, Severity};

/// The code.
pub const CODE: CodeInfo = CodeInfo {
    code: "E0004",
    name: "non-ascii",
    severity: Severity::Error,
    summary: "a non-ASCII character outside strings and comments",
    explanation: "Names and signs are ASCII, so that two names that look the same are the same. Other \
                  characters stand in strings and comments.",
    bad: "const größe = 5\n",
    good: "const ceiling = 5 // Größe\n",
};
