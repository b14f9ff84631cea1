//! Positions of the protocol and offsets of bytes: a table of line starts, and three ways to count columns.

use std::ops::Range;
use tower_lsp_server::ls_types::{self as lsp, PositionEncodingKind};

/// How columns are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// In bytes.
    Utf8,
    /// In UTF-16 code units: what every client knows.
    Utf16,
    /// In characters.
    Utf32,
}

impl Encoding {
    /// The best of what a client offers: bytes, because they are ours too.
    pub fn negotiate(offered: Option<&[PositionEncodingKind]>) -> Encoding {
        let offers = |kind: &PositionEncodingKind| offered.is_some_and(|offered| offered.contains(kind));
        if offers(&PositionEncodingKind::UTF8) {
            Encoding::Utf8
        } else if offers(&PositionEncodingKind::UTF32) && !offers(&PositionEncodingKind::UTF16) {
            Encoding::Utf32
        } else {
            Encoding::Utf16
        }
    }

    /// Its name in the protocol.
    pub fn kind(self) -> PositionEncodingKind {
        match self {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
            Encoding::Utf32 => PositionEncodingKind::UTF32,
        }
    }

    /// Units of a character.
    fn units(self, c: char) -> usize {
        match self {
            Encoding::Utf8 => c.len_utf8(),
            Encoding::Utf16 => c.len_utf16(),
            Encoding::Utf32 => 1,
        }
    }
}

/// Where the lines of a text start. Lines end at `\n`, `\r\n` or `\r`, as in the protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    /// The lines of a text.
    pub fn new(text: &str) -> Lines {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (at, byte) in bytes.iter().enumerate() {
            let ends = *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
            if ends {
                starts.push(at + 1);
            }
        }
        Lines { starts }
    }

    /// The position of an offset; one inside a character is moved to its start.
    pub fn position(&self, text: &str, offset: usize, encoding: Encoding) -> lsp::Position {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or(0);
        let column: usize = text.get(start..offset).unwrap_or("").chars().map(|c| encoding.units(c)).sum();
        lsp::Position::new(number(line), number(column))
    }

    /// The offset of a position; one beyond the end of its line is moved to the end.
    pub fn offset(&self, text: &str, position: lsp::Position, encoding: Encoding) -> usize {
        let line = usize::try_from(position.line).unwrap_or(usize::MAX);
        let Some(start) = self.starts.get(line).copied() else { return text.len() };
        let end = self.starts.get(line.saturating_add(1)).copied().unwrap_or(text.len());
        let content = text.get(start..end).unwrap_or("").trim_end_matches(['\n', '\r']);
        let wanted = usize::try_from(position.character).unwrap_or(usize::MAX);
        let mut column = 0;
        for (at, c) in content.char_indices() {
            if column >= wanted {
                return start + at;
            }
            column += encoding.units(c);
        }
        start + content.len()
    }

    /// The range of bytes.
    pub fn range(&self, text: &str, bytes: Range<u32>, encoding: Encoding) -> lsp::Range {
        let at = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
        lsp::Range::new(self.position(text, at(bytes.start), encoding), self.position(text, at(bytes.end), encoding))
    }
}

/// A number as the protocol has it.
pub fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_three_ways() {
        let text = "a\u{1f600}b\nzwei\r\ndrei";
        let lines = Lines::new(text);
        let at = text.find('b').unwrap();
        for (encoding, column) in [(Encoding::Utf8, 5), (Encoding::Utf16, 3), (Encoding::Utf32, 2)] {
            assert_eq!(lines.position(text, at, encoding), lsp::Position::new(0, column));
            assert_eq!(lines.offset(text, lsp::Position::new(0, column), encoding), at);
        }
        assert_eq!(lines.offset(text, lsp::Position::new(1, 99), Encoding::Utf16), text.find("\r\n").unwrap());
        assert_eq!(lines.offset(text, lsp::Position::new(9, 0), Encoding::Utf16), text.len());
        assert_eq!(lines.position(text, 2, Encoding::Utf8), lsp::Position::new(0, 1), "inside a character");
    }

    #[test]
    fn bytes_are_preferred_and_utf16_is_the_fallback() {
        let (utf8, utf16, utf32) =
            (PositionEncodingKind::UTF8, PositionEncodingKind::UTF16, PositionEncodingKind::UTF32);
        assert_eq!(Encoding::negotiate(None), Encoding::Utf16);
        assert_eq!(Encoding::negotiate(Some(&[utf16.clone(), utf8])), Encoding::Utf8);
        assert_eq!(Encoding::negotiate(Some(&[utf16, utf32.clone()])), Encoding::Utf16);
        assert_eq!(Encoding::negotiate(Some(&[utf32])), Encoding::Utf32);
    }
}
