//! Resource URI patterns with captures.

use mcpz_compiler::hir::{UriPart, UriPattern};
use std::collections::BTreeMap;

/// The captures of a match of the whole text, earlier parts taking as little as possible.
pub fn captures(pattern: &UriPattern, text: &str) -> Option<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    walk(&pattern.parts, text, &mut found).then_some(found)
}

fn walk(parts: &[UriPart], text: &str, found: &mut BTreeMap<String, String>) -> bool {
    let Some((part, rest)) = parts.split_first() else {
        return text.is_empty();
    };
    match part {
        UriPart::Text(literal) => text.strip_prefix(literal.as_str()).is_some_and(|after| walk(rest, after, found)),
        UriPart::Star => lengths(text, 0, false).any(|at| walk(rest, &text[at..], found)),
        UriPart::DoubleStar => lengths(text, 0, true).any(|at| walk(rest, &text[at..], found)),
        UriPart::Variable(name) => lengths(text, 1, false).any(|at| {
            let matched = walk(rest, &text[at..], found);
            if matched {
                found.insert(name.to_string(), text[..at].to_string());
            }
            matched
        }),
    }
}

/// The byte lengths of the runs from the start of the text, shortest first.
fn lengths(text: &str, least: usize, across_slashes: bool) -> impl Iterator<Item = usize> {
    let run: Vec<char> = text.chars().take_while(|c| across_slashes || *c != '/').collect();
    let mut length = 0;
    let mut all = vec![0];
    for c in run {
        length += c.len_utf8();
        all.push(length);
    }
    all.into_iter().skip(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captures_one_segment() {
        let pattern = UriPattern {
            parts: vec![
                UriPart::Text("file:///w/".into()),
                UriPart::Variable("team".into()),
                UriPart::Text("/".into()),
                UriPart::DoubleStar,
            ],
        };
        let found = captures(&pattern, "file:///w/red/a/b").unwrap();
        assert_eq!(found["team"], "red");
        assert_eq!(captures(&pattern, "file:///w//a"), None);
        assert_eq!(captures(&pattern, "file:///w/red"), None);
    }
}
