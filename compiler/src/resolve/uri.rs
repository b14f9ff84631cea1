//! Resource URI patterns: `file:///workspace/{team}/**`.
//!
//! A pattern is literal text with `*` (characters but `/`), `**` (any characters) and `{name}` (one
//! non-empty segment, captured). It starts with a literal scheme, and two captures never touch, so
//! that a match is unambiguous.

use super::Place;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::e0121;
use crate::hir::{UriPart, UriPattern};
use mcpz_bytecode::value::uri::unclean_encoding;
use mcpz_syntax::ast::StringLiteral;
use smol_str::SmolStr;
use std::collections::BTreeSet;
use std::ops::Range;

/// What is wrong in a pattern, and where in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    /// Bytes of the pattern.
    pub range: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: &'static str,
}

/// Parses a pattern literal; a mistake is reported inside the literal.
pub fn uri_pattern(place: Place, string: &StringLiteral, sink: &mut Vec<Diagnostic>) -> Option<UriPattern> {
    match parse(string.text()) {
        Ok(pattern) => Some(pattern),
        Err(error) => {
            let span = place.span(string.value.source_range(error.range));
            sink.push(e0121::uri_pattern(span, &error.message, error.help));
            None
        }
    }
}

/// Parses a pattern.
pub fn parse(text: &str) -> Result<UriPattern, PatternError> {
    check_scheme(text)?;
    let mut parts: Vec<UriPart> = Vec::new();
    let mut names = BTreeSet::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let (part, length) = next_part(text, at, rest)?;
        check_neighbours(&parts, &part, at..at + length)?;
        if let UriPart::Variable(name) = &part
            && !names.insert(name.clone())
        {
            return Err(error(
                at..at + length,
                format!("`{{{name}}}` stands twice in one pattern"),
                "name each variable once",
            ));
        }
        parts.push(part);
        at += length;
    }
    Ok(UriPattern { parts })
}

/// A pattern starts with a literal scheme in lower case.
fn check_scheme(text: &str) -> Result<(), PatternError> {
    let help = "start with the scheme of the resource, such as `file:///`";
    let Some((scheme, _)) = text.split_once(':') else {
        return Err(error(0..text.len(), "a resource pattern starts with a scheme".to_owned(), help));
    };
    let first = scheme.chars().next().is_some_and(|c| c.is_ascii_lowercase());
    let rest = scheme.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
    if first && rest {
        return Ok(());
    }
    Err(error(0..scheme.len().max(1), format!("`{scheme}` is no scheme"), help))
}

/// The part that starts at `at`, and its length.
fn next_part(text: &str, at: usize, rest: &str) -> Result<(UriPart, usize), PatternError> {
    if rest.starts_with("***") {
        return Err(error(
            at..at + 3,
            "`***` is no wildcard".to_owned(),
            "write `*` within a segment or `**` across segments",
        ));
    }
    if rest.starts_with("**") {
        return Ok((UriPart::DoubleStar, 2));
    }
    if rest.starts_with('*') {
        return Ok((UriPart::Star, 1));
    }
    if rest.starts_with('{') {
        return variable(text, at, rest);
    }
    if rest.starts_with('}') {
        return Err(error(at..at + 1, "this `}` closes nothing".to_owned(), "a variable is `{name}`"));
    }
    let length = rest.find(['*', '{', '}']).unwrap_or(rest.len());
    let literal = rest.get(..length).unwrap_or_default();
    let bad = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '\\' | '<' | '>' | '"' | '^' | '`' | '|');
    if let Some(position) = literal.find(bad) {
        let width = literal.get(position..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
        let range = at + position..at + position + width;
        return Err(error(
            range,
            "a URI does not hold this character".to_owned(),
            "write it percent-encoded, as the server does",
        ));
    }
    if let Some(position) = unclean_encoding(literal) {
        let end = (position + 3).min(literal.len());
        let spelt = literal.get(position..end).unwrap_or("%");
        return Err(error(
            at + position..at + position + spelt.len(),
            format!("no clean URI is spelt with `{spelt}`"),
            "write the character itself; where the server lists such a spelling, put `*` in its place",
        ));
    }
    Ok((UriPart::Text(literal.to_owned()), length))
}

/// `{name}`.
fn variable(text: &str, at: usize, rest: &str) -> Result<(UriPart, usize), PatternError> {
    let Some(end) = rest.find('}') else {
        return Err(error(at..text.len(), "this `{` is not closed".to_owned(), "a variable is `{name}`"));
    };
    let name = rest.get(1..end).unwrap_or_default();
    if !crate::diagnostics::suggest::is_identifier(name) {
        let help = "a variable is a name in braces: letters, digits and `_`";
        return Err(error(at..at + end + 1, format!("`{{{name}}}` is no variable"), help));
    }
    Ok((UriPart::Variable(SmolStr::new(name)), end + 1))
}

/// Two wildcards or captures do not touch: which of them takes what would be a guess.
fn check_neighbours(parts: &[UriPart], part: &UriPart, range: Range<usize>) -> Result<(), PatternError> {
    let open = |part: &UriPart| !matches!(part, UriPart::Text(_));
    if open(part) && parts.last().is_some_and(open) {
        let help = "put text between them, or use one `**`";
        return Err(error(range, "two wildcards touch here".to_owned(), help));
    }
    Ok(())
}

fn error(range: Range<usize>, message: String, help: &'static str) -> PatternError {
    PatternError { range, message, help }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_read_part_by_part() {
        let pattern = parse("file:///workspace/{team}/*.md").unwrap();
        let text = |text: &str| UriPart::Text(text.to_owned());
        let team = UriPart::Variable("team".into());
        assert_eq!(pattern.parts, [text("file:///workspace/"), team, text("/"), UriPart::Star, text(".md")]);
    }

    #[test]
    fn what_is_ambiguous_or_no_pattern_is_refused() {
        for (text, start) in [
            ("/workspace/**", 0),
            ("FILE:///x", 0),
            ("file:///{a}{b}", 11),
            ("file:///{a", 8),
            ("file:///a}", 9),
            ("file:///***", 8),
            ("file:///{a}/{a}", 12),
            ("file:///a b", 9),
            ("file:///{a-b}", 8),
        ] {
            assert_eq!(parse(text).unwrap_err().range.start, start, "{text}");
        }
    }
}
