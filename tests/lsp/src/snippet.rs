//! Snippets as editors fill them in: a text with places, gone through one after the other.

use std::ops::Range;

/// A snippet's text with its places replaced by their defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet {
    /// The text.
    pub text: String,
    /// The places in the order in which they are gone through; the end of the text is the last.
    pub places: Vec<Range<usize>>,
}

impl Snippet {
    /// Reads `$1`, `${1:default}`, `${1|one,two|}` and `\$`.
    pub fn parse(source: &str) -> Snippet {
        let mut text = String::new();
        let mut numbered: Vec<(usize, Range<usize>)> = Vec::new();
        let mut rest = source;
        while let Some(c) = rest.chars().next() {
            if let Some(escaped) = rest.strip_prefix('\\').and_then(|rest| rest.chars().next()) {
                text.push(escaped);
                rest = &rest[1 + escaped.len_utf8()..];
                continue;
            }
            match rest.strip_prefix('$').and_then(place) {
                Some((number, default, length)) => {
                    let start = text.len();
                    text.push_str(&default);
                    numbered.push((number, start..text.len()));
                    rest = &rest[1 + length..];
                }
                None => {
                    text.push(c);
                    rest = &rest[c.len_utf8()..];
                }
            }
        }
        // `$0` is where the cursor ends.
        let end = numbered.iter().find(|(number, _)| *number == 0).map_or(text.len()..text.len(), |(_, at)| at.clone());
        numbered.retain(|(number, _)| *number > 0);
        numbered.sort_by_key(|(number, at)| (*number, at.start));
        let mut places: Vec<Range<usize>> = numbered.into_iter().map(|(_, at)| at).collect();
        places.push(end);
        Snippet { text, places }
    }

    /// The snippet with every line but the first indented.
    #[must_use]
    pub fn indented(self, indent: &str) -> Snippet {
        let lines_before = |at: usize| self.text.get(..at).unwrap_or("").matches('\n').count();
        let moved = |at: usize| at + lines_before(at) * indent.len();
        let places = self.places.iter().map(|place| moved(place.start)..moved(place.end)).collect();
        Snippet { text: self.text.replace('\n', &format!("\n{indent}")), places }
    }
}

/// A place behind its `$`: number, default, length.
fn place(rest: &str) -> Option<(usize, String, usize)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let Some(inner) = rest.strip_prefix('{') else {
        let length = digits(rest);
        return Some((rest.get(..length)?.parse().ok()?, String::new(), length));
    };
    let length = digits(inner);
    let number = inner.get(..length)?.parse().ok()?;
    let close = inner.find('}')?;
    let default = match inner.get(length..close)?.split_at_checked(1) {
        Some((":", default)) => default.to_owned(),
        Some(("|", choices)) => choices.split([',', '|']).next().unwrap_or_default().to_owned(),
        _ => String::new(),
    };
    Some((number, default, close + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_in_order() {
        let snippet = Snippet::parse("permit ${2:b} to ${1:a} \\$ ${3|low,high|}$4");
        assert_eq!(snippet.text, "permit b to a $ low");
        assert_eq!(snippet.places, [12..13, 7..8, 16..19, 19..19, 19..19]);
        assert_eq!(Snippet::parse("x").places.iter().collect::<Vec<_>>(), [&(1..1)]);
    }
}
