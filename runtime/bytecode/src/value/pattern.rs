//! Resource URI patterns: matching and captures.

use crate::image::{UriPartImage, UriPatternImage};
use crate::limits::MAX_URI_BYTES;
use alloc::vec;
use alloc::vec::Vec;

/// The variables a URI gives a pattern, in the order of the pattern; `None` when it does not match.
/// When several ways to match exist, each variable and star in turn takes as little as it can.
pub fn match_uri<'p, 'u>(pattern: &'p UriPatternImage, uri: &'u str) -> Option<Vec<(&'p str, &'u str)>> {
    if uri.len() > MAX_URI_BYTES || !uri.starts_with(pattern.beginning()) {
        return None;
    }
    let reach = reachable(pattern, uri);
    if !fits(&reach, 0, 0) {
        return None;
    }
    let mut captures = Vec::new();
    let mut at = 0;
    for (index, part) in pattern.parts.iter().enumerate() {
        let next_part = index.saturating_add(1);
        let end = part_ends(part, uri, at).find(|end| fits(&reach, next_part, *end))?;
        if let UriPartImage::Variable(name) = part {
            captures.push((name.as_str(), uri.get(at..end)?));
        }
        at = end;
    }
    Some(captures)
}

/// `reach[part][at]`: whether the parts from `part` on match the text from byte `at` on.
fn reachable(pattern: &UriPatternImage, uri: &str) -> Vec<Vec<bool>> {
    let width = uri.len().saturating_add(1);
    let mut rows = vec![vec![false; width]; pattern.parts.len().saturating_add(1)];
    if let Some(last) = rows.last_mut().and_then(|row| row.last_mut()) {
        *last = true;
    }
    for (index, part) in pattern.parts.iter().enumerate().rev() {
        let row = reach_row(part, uri, rows.get(index.saturating_add(1)).map_or(&[], Vec::as_slice));
        if let Some(slot) = rows.get_mut(index) {
            *slot = row;
        }
    }
    rows
}

/// One row of [`reachable`], from the row after it.
fn reach_row(part: &UriPartImage, uri: &str, after: &[bool]) -> Vec<bool> {
    let bytes = uri.as_bytes();
    let mut row = vec![false; after.len()];
    for at in (0..after.len()).rev() {
        let next = at.saturating_add(1);
        let same = after.get(at).copied().unwrap_or(false);
        let byte = bytes.get(at).copied();
        let in_segment = byte.is_some_and(|byte| byte != b'/');
        let further = row.get(next).copied().unwrap_or(false);
        let value = match part {
            UriPartImage::Text(text) => {
                uri.get(at..).is_some_and(|rest| rest.starts_with(text.as_str()))
                    && after.get(at.saturating_add(text.len())).copied().unwrap_or(false)
            }
            UriPartImage::Star => same || (in_segment && further),
            UriPartImage::DoubleStar => same || (byte.is_some() && further),
            UriPartImage::Variable(_) => in_segment && (after.get(next).copied().unwrap_or(false) || further),
        };
        if let Some(cell) = row.get_mut(at) {
            *cell = value;
        }
    }
    row
}

/// Whether the rest matches from here.
fn fits(reach: &[Vec<bool>], part: usize, at: usize) -> bool {
    reach.get(part).and_then(|row| row.get(at)).copied().unwrap_or(false)
}

/// Where a part that starts at `at` may end, nearest first; only at character boundaries.
fn part_ends<'u>(part: &UriPartImage, uri: &'u str, at: usize) -> impl Iterator<Item = usize> + 'u {
    let rest = uri.get(at..).unwrap_or("");
    let (least, most) = match part {
        UriPartImage::Text(text) => (text.len(), text.len()),
        UriPartImage::Star => (0, rest.find('/').unwrap_or(rest.len())),
        UriPartImage::DoubleStar => (0, rest.len()),
        UriPartImage::Variable(_) => (1, rest.find('/').unwrap_or(rest.len())),
    };
    (least..most.saturating_add(1))
        .map(move |length| at.saturating_add(length))
        .filter(|end| uri.is_char_boundary(*end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn pattern(parts: &[UriPartImage]) -> UriPatternImage {
        UriPatternImage { parts: parts.to_vec() }
    }

    fn text(text: &str) -> UriPartImage {
        UriPartImage::Text(text.to_string())
    }

    fn variable(name: &str) -> UriPartImage {
        UriPartImage::Variable(name.to_string())
    }

    #[test]
    fn variables_take_one_segment() {
        let team = pattern(&[text("file:///w/"), variable("team"), text("/"), UriPartImage::DoubleStar]);
        assert_eq!(match_uri(&team, "file:///w/red/a/b"), Some(vec![("team", "red")]));
        assert_eq!(match_uri(&team, "file:///w//a"), None);
        assert_eq!(match_uri(&team, "file:///w/red"), None);
        assert_eq!(match_uri(&team, "file:///w/ré/"), Some(vec![("team", "ré")]));
    }

    #[test]
    fn the_shortest_way_wins() {
        let two = pattern(&[variable("a"), text("-"), variable("b")]);
        assert_eq!(match_uri(&two, "x-y-z"), Some(vec![("a", "x"), ("b", "y-z")]));
        let star = pattern(&[UriPartImage::Star, text("é")]);
        assert!(match_uri(&star, "aéé").is_some() && match_uri(&star, "a/é").is_none());
    }
}
