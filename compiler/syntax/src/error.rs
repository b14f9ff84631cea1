//! Syntax errors as plain data.

use rowan::TextRange;

/// One mistake in a text. The compiler turns it into a diagnostic; nothing here knows how it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Stable code, `E0001` to `E0029`; see [`codes`].
    pub code: &'static str,
    /// Where. Empty when something is missing: then it is the place where it should stand.
    pub range: TextRange,
    /// What is wrong, lower case, without a final period.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// A replacement that mends it.
    pub fix: Option<(TextRange, String)>,
}

impl SyntaxError {
    /// An error without help or fix.
    pub fn new(code: &'static str, range: TextRange, message: impl Into<String>) -> SyntaxError {
        SyntaxError { code, range, message: message.into(), help: None, fix: None }
    }

    /// The same error with a line of help.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> SyntaxError {
        self.help = Some(help.into());
        self
    }

    /// The same error with a replacement that mends it.
    #[must_use]
    pub fn with_fix(mut self, range: TextRange, text: impl Into<String>) -> SyntaxError {
        self.fix = Some((range, text.into()));
        self
    }
}

/// The codes of syntax errors.
pub mod codes {
    /// A character that starts no token.
    pub const UNKNOWN_CHARACTER: &str = "E0001";
    /// A string that its line does not close.
    pub const UNCLOSED_STRING: &str = "E0002";
    /// A bidirectional control, a zero-width or a control character.
    pub const FORBIDDEN_CHARACTER: &str = "E0003";
    /// A non-ASCII character outside strings and comments.
    pub const NON_ASCII: &str = "E0004";
    /// A number, duration, size, time or date that is none.
    pub const BAD_NUMBER: &str = "E0005";
    /// A backslash sequence that is no escape.
    pub const BAD_ESCAPE: &str = "E0006";
    /// A sign of another language (`&&`, `;`, `/* */`).
    pub const FOREIGN_SYNTAX: &str = "E0007";
    /// Something is missing or something else stands in its place.
    pub const EXPECTED: &str = "E0008";
    /// A doc comment that documents nothing.
    pub const MISPLACED_DOC: &str = "E0009";
    /// Nesting beyond the limit.
    pub const TOO_DEEP: &str = "E0010";
    /// A bracket that is never closed.
    pub const UNCLOSED: &str = "E0011";
    /// Something at the top level that opens no item.
    pub const EXPECTED_ITEM: &str = "E0012";
    /// A word of the language in the place of a name.
    pub const WORD_AS_NAME: &str = "E0013";
    /// `a < b < c`.
    pub const CHAINED_COMPARISON: &str = "E0014";
    /// `=` in a condition.
    pub const ASSIGN_FOR_EQUALS: &str = "E0015";
    /// An entry that its block does not have.
    pub const UNKNOWN_ENTRY: &str = "E0016";
    /// Two list elements with no comma between.
    pub const MISSING_COMMA: &str = "E0017";
    /// A text longer than the limit.
    pub const SOURCE_TOO_LONG: &str = "E0018";
    /// More errors than are kept.
    pub const TOO_MANY_ERRORS: &str = "E0019";
}
