//! Characters that may stand nowhere in a source text.
//!
//! A policy must read the same to a person and to the compiler. Bidirectional controls reorder what a person sees, zero-width
//! and tag characters hide text from her, and a bare carriage return shows code where the compiler sees a comment.

use crate::error::{SyntaxError, codes};
use rowan::{TextRange, TextSize};

/// Inclusive ranges of forbidden characters besides C0 and C1 controls, each with what it is.
const FORBIDDEN: &[(char, char, &str)] = &[
    ('\u{00AD}', '\u{00AD}', "a soft hyphen"),
    ('\u{034F}', '\u{034F}', "a zero-width joiner"),
    ('\u{061C}', '\u{061C}', "a bidirectional control"),
    ('\u{115F}', '\u{1160}', "an invisible filler"),
    ('\u{17B4}', '\u{17B5}', "an invisible vowel"),
    ('\u{180B}', '\u{180F}', "a zero-width character"),
    ('\u{200B}', '\u{200D}', "a zero-width character"),
    ('\u{200E}', '\u{200F}', "a bidirectional control"),
    ('\u{2028}', '\u{2029}', "a line separator that is no line break"),
    ('\u{202A}', '\u{202E}', "a bidirectional control"),
    ('\u{2060}', '\u{2064}', "a zero-width character"),
    ('\u{2065}', '\u{206F}', "a bidirectional control"),
    ('\u{3164}', '\u{3164}', "an invisible filler"),
    ('\u{FE00}', '\u{FE0F}', "a variation selector"),
    ('\u{FEFF}', '\u{FEFF}', "a byte order mark"),
    ('\u{FFA0}', '\u{FFA0}', "an invisible filler"),
    ('\u{FFF9}', '\u{FFFB}', "an annotation control"),
    ('\u{1D173}', '\u{1D17A}', "an invisible control"),
    ('\u{E0000}', '\u{E0FFF}', "an invisible tag character"),
];

/// What a forbidden character is; `None` for one that may stand in a string or comment.
pub(crate) fn forbidden(c: char) -> Option<&'static str> {
    if matches!(c, '\t' | '\n' | '\r') {
        return None;
    }
    if c.is_control() {
        return Some("a control character");
    }
    if c.is_ascii() {
        return None;
    }
    FORBIDDEN.iter().find(|(low, high, _)| (*low..=*high).contains(&c)).map(|(_, _, what)| *what)
}

/// One error for each run of forbidden characters of `text`.
pub(crate) fn scan(text: &str) -> Vec<SyntaxError> {
    let mut errors: Vec<SyntaxError> = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((offset, c)) = chars.next() {
        let bare_return = c == '\r' && chars.peek().is_none_or(|(_, next)| *next != '\n');
        let what = if bare_return { Some("a carriage return that ends no line") } else { forbidden(c) };
        let Some(what) = what else { continue };
        let range = TextRange::at(offset_of(offset), TextSize::of(c));
        match errors.last_mut() {
            Some(last) if last.range.end() == range.start() => {
                last.range = last.range.cover(range);
                last.fix = Some((last.range, String::new()));
            }
            _ => errors.push(forbidden_error(range, c, what)),
        }
    }
    errors
}

fn forbidden_error(range: TextRange, c: char, what: &str) -> SyntaxError {
    let code_point = u32::from(c);
    SyntaxError::new(
        codes::FORBIDDEN_CHARACTER,
        range,
        format!("U+{code_point:04X} is {what}, which may stand nowhere"),
    )
    .with_help(format!("remove it; in a string it can be written `\\u{{{code_point:X}}}`"))
    .with_fix(range, "")
}

/// A byte offset of a text no longer than the limit, as a tree offset.
pub(crate) fn offset_of(offset: usize) -> TextSize {
    TextSize::try_from(offset).unwrap_or_else(|_| TextSize::from(u32::MAX))
}
