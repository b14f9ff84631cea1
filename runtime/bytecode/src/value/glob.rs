//! Globs over a whole string.
//!
//! `*` stands for any run of characters, `?` for one, `\` takes the next character as it is. In a
//! path-like glob `*` and `?` stop at `/` and `**` does not. What stands between the stars is searched from
//! left to right, each piece as early as it can be, in time that grows with the text alone (with the
//! text times the piece for pieces with `?`). The few globs that are not so simple, those with `\` and path-like ones with `**`, follow all
//! alternatives at once in a fixed set of positions: no memory, and no more than text times pattern steps.

use crate::limits::MAX_PATTERN;

/// One element of a glob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    /// This character.
    Literal(char),
    /// `?`
    One,
    /// `*`
    Star,
    /// `**` of a path-like glob.
    DoubleStar,
}

/// The elements of a glob, read off its text.
#[derive(Clone)]
struct Tokens<'a> {
    chars: core::iter::Peekable<core::str::Chars<'a>>,
    path_like: bool,
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        match self.chars.next()? {
            '\\' => Some(Token::Literal(self.chars.next().unwrap_or('\\'))),
            '?' => Some(Token::One),
            '*' if self.path_like && self.chars.next_if_eq(&'*').is_some() => Some(Token::DoubleStar),
            '*' => Some(Token::Star),
            other => Some(Token::Literal(other)),
        }
    }
}

/// Words of a position set.
const WORDS: usize = MAX_PATTERN / 64 + 1;

/// A set of positions in a glob.
#[derive(Clone, Copy)]
struct Positions([u64; WORDS]);

impl Positions {
    fn empty() -> Self {
        Self([0; WORDS])
    }

    /// The word and bit of a position.
    fn place(position: usize) -> (usize, u64) {
        let bit = u32::try_from(position & 63).unwrap_or(0);
        (position >> 6, 1_u64.checked_shl(bit).unwrap_or(0))
    }

    fn insert(&mut self, position: usize) {
        let (word, bit) = Self::place(position);
        if let Some(word) = self.0.get_mut(word) {
            *word |= bit;
        }
    }

    fn contains(&self, position: usize) -> bool {
        let (word, bit) = Self::place(position);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }
}

/// Whether the whole text fits the glob. A glob longer than [`MAX_PATTERN`] fits nothing; the
/// verifier refuses it.
pub fn glob_matches(pattern: &str, path_like: bool, text: &str) -> bool {
    if pattern.len() > MAX_PATTERN {
        return false;
    }
    if let Some(fits) = simple_matches(pattern, path_like, text) {
        return fits;
    }
    if let Some(fits) = pieces_match(pattern, path_like, text) {
        return fits;
    }
    positions_match(pattern, path_like, text)
}

/// Follows all alternatives at once.
fn positions_match(pattern: &str, path_like: bool, text: &str) -> bool {
    let tokens = Tokens { chars: pattern.chars().peekable(), path_like };
    let mut current = Positions::empty();
    current.insert(0);
    skip_stars(&tokens, &mut current);
    for character in text.chars() {
        let mut next = Positions::empty();
        for (position, token) in tokens.clone().enumerate() {
            if current.contains(position) {
                step(token, position, character, path_like, &mut next);
            }
        }
        skip_stars(&tokens, &mut next);
        if next.is_empty() {
            return false;
        }
        current = next;
    }
    current.contains(tokens.count())
}

/// The star of a glob that has one, and no other character with a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Star {
    /// `*` of a glob that is not path-like: it stands for anything.
    Across,
    /// `*` of a path-like glob: it stops at `/`.
    Within,
    /// `**` of a path-like glob: it stands for anything.
    Double,
}

impl Star {
    /// Whether the whole text fits a glob in which this star stands here.
    pub fn matches(self, glob: &str, at: usize, text: &str) -> bool {
        let width = if self == Star::Double { 2 } else { 1 };
        let parts = (glob.get(..at), glob.get(at.saturating_add(width)..));
        let (Some(before), Some(after)) = parts else { return false };
        text.strip_prefix(before).is_some_and(|rest| self.ends(rest, after))
    }

    /// Whether what the star stands for, and then the rest of the glob, can be this text.
    fn ends(self, text: &str, after: &str) -> bool {
        text.strip_suffix(after).is_some_and(|middle| self != Star::Within || !middle.contains('/'))
    }

    /// The star that a part of a glob begins with, and what follows it.
    fn at_the_front(glob: &str, path_like: bool) -> Option<(Star, &str)> {
        match glob.strip_prefix("**").filter(|_| path_like) {
            Some(after) => Some((Star::Double, after)),
            None => Some((if path_like { Star::Within } else { Star::Across }, glob.strip_prefix('*')?)),
        }
    }
}

/// Whether a character of a glob is not meant as it is.
fn is_special(character: char) -> bool {
    matches!(character, '*' | '?' | '\\')
}

/// Where the star of a glob stands that has one, and no other character with a meaning.
pub fn only_star(pattern: &str, path_like: bool) -> Option<(usize, Star)> {
    let at = pattern.find(is_special)?;
    let (star, after) = Star::at_the_front(pattern.get(at..)?, path_like)?;
    (!after.contains(is_special)).then_some((at, star))
}

/// The answer for a glob that is a text with at most one star in it, or when the literal beginning
/// already says no; `None` for what must be followed position by position.
fn simple_matches(pattern: &str, path_like: bool, text: &str) -> Option<bool> {
    let Some((before, behind)) = pattern.find(is_special).and_then(|at| pattern.split_at_checked(at)) else {
        return Some(pattern == text);
    };
    let Some(rest) = text.strip_prefix(before) else {
        return Some(false);
    };
    let (star, after) = Star::at_the_front(behind, path_like)?;
    (!after.contains(is_special)).then(|| star.ends(rest, after))
}

/// The answer for a glob of literals, `?` and stars that all cross the same characters; `None` for others.
fn pieces_match(pattern: &str, path_like: bool, text: &str) -> Option<bool> {
    if pattern.contains('\\') {
        return None;
    }
    if !path_like {
        return Some(in_order(pattern, text));
    }
    if pattern.contains("**") {
        return None;
    }
    // Nothing crosses a separator, so each segment matches by itself.
    let (mut patterns, mut texts) = (pattern.split('/'), text.split('/'));
    loop {
        match (patterns.next(), texts.next()) {
            (None, None) => return Some(true),
            (Some(pattern), Some(text)) if in_order(pattern, text) => {}
            _ => return Some(false),
        }
    }
}

/// Whether the pieces between stars follow one another: the first at the beginning, the last at the end, and
/// those between as early as they can be, which leaves the most for the others.
fn in_order(pattern: &str, text: &str) -> bool {
    let Some((first, behind)) = pattern.split_once('*') else {
        return behind_piece(pattern, text) == Some("");
    };
    let Some(mut rest) = behind_piece(first, text) else { return false };
    let (middle, last) = behind.rsplit_once('*').unwrap_or(("", behind));
    for piece in middle.split('*') {
        match behind_first(piece, rest) {
            Some(behind) => rest = behind,
            None => return false,
        }
    }
    ends_with(last, rest)
}

/// What follows a piece at the beginning of a text; `None` when the text does not begin with it.
fn behind_piece<'t>(piece: &str, text: &'t str) -> Option<&'t str> {
    if !piece.contains('?') {
        return text.strip_prefix(piece);
    }
    let mut rest = text.chars();
    let fits = piece.chars().all(|wanted| rest.next().is_some_and(|found| wanted == '?' || wanted == found));
    fits.then_some(rest.as_str())
}

/// What follows the first place where a piece stands in a text.
fn behind_first<'t>(piece: &str, text: &'t str) -> Option<&'t str> {
    if !piece.contains('?') {
        return text.find(piece).and_then(|at| text.get(at.checked_add(piece.len())?..));
    }
    let mut starts = text.char_indices().filter_map(|(at, _)| text.get(at..));
    starts.find_map(|rest| behind_piece(piece, rest))
}

/// Whether a text ends with a piece.
fn ends_with(piece: &str, text: &str) -> bool {
    if !piece.contains('?') {
        return text.ends_with(piece);
    }
    let (mut wanted, mut found) = (piece.chars().rev(), text.chars().rev());
    wanted.all(|wanted| found.next().is_some_and(|found| wanted == '?' || wanted == found))
}

/// Where a character leads from a position.
fn step(token: Token, position: usize, character: char, path_like: bool, next: &mut Positions) {
    match token {
        Token::Literal(wanted) if wanted == character => next.insert(position.saturating_add(1)),
        Token::Literal(_) => {}
        Token::One | Token::Star if path_like && character == '/' => {}
        Token::One => next.insert(position.saturating_add(1)),
        Token::Star | Token::DoubleStar => next.insert(position),
    }
}

/// A star may stand for nothing.
fn skip_stars(tokens: &Tokens<'_>, positions: &mut Positions) {
    for (position, token) in tokens.clone().enumerate() {
        if matches!(token, Token::Star | Token::DoubleStar) && positions.contains(position) {
            positions.insert(position.saturating_add(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use alloc::vec::Vec;
    use alloc::{format, vec};

    #[test]
    fn plain_globs_cross_anything() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("user:*", "user:1/2", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
            ("?", "é", true),
            ("??", "é", false),
            (r"\*", "*", true),
            (r"\*", "x", false),
            ("**", "a/b", true),
            ("a**b", "ab", true),
        ] {
            assert_eq!(glob_matches(pattern, false, text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn path_globs_stop_at_separators() {
        for (pattern, text, fits) in [
            ("/a/*", "/a/b", true),
            ("/a/*", "/a/b/c", false),
            ("/a/**", "/a/b/c", true),
            ("/**/x", "/a/b/x", true),
            ("/**/x", "/x", false),
            ("/*.txt", "/a.txt", true),
            ("/a?b", "/a/b", false),
            ("/**.txt", "/a/b.txt", true),
        ] {
            assert_eq!(glob_matches(pattern, true, text), fits, "{pattern} {text}");
        }
    }

    /// Every glob of up to five characters on every text of up to four, both ways.
    #[test]
    fn pieces_and_positions_agree() {
        fn words(letters: &[char], most: usize) -> Vec<String> {
            let mut all = vec![String::new()];
            let mut last = all.clone();
            for _ in 0..most {
                last =
                    last.iter().flat_map(|word| letters.iter().map(move |letter| format!("{word}{letter}"))).collect();
                all.extend(last.iter().cloned());
            }
            all
        }
        let texts = words(&['a', 'b', '/'], 4);
        for pattern in words(&['a', 'b', '*', '?', '/'], 5) {
            for path_like in [false, true] {
                for text in &texts {
                    if let Some(fits) = pieces_match(&pattern, path_like, text) {
                        assert_eq!(fits, positions_match(&pattern, path_like, text), "{pattern} {path_like} {text}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_star_by_itself_matches_as_its_glob_does() {
        assert_eq!(only_star("/a/*.md", true), Some((3, Star::Within)));
        assert_eq!(only_star("**", false), None, "two stars");
        for (pattern, path_like) in [("ab*ba", false), ("ab*ba", true), ("ab**ba", true), ("*", true), ("/é*", false)]
        {
            let (at, star) = only_star(pattern, path_like).expect("one star");
            for text in ["", "ab", "aba", "abba", "ab/ba", "abxba", "abba/", "/é", "/é/x", "xabba"] {
                let wanted = positions_match(pattern, path_like, text);
                assert_eq!(star.matches(pattern, at, text), wanted, "{pattern} {path_like} {text}");
            }
        }
    }

    #[test]
    fn many_stars_stay_cheap() {
        let pattern = "*a".repeat(400);
        let text = "a".repeat(2000);
        assert!(glob_matches(&pattern, false, &text));
        assert!(!glob_matches(&pattern, false, &"a".repeat(399)));
    }
}
