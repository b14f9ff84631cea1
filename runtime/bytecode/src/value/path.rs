//! Absolute, clean paths.
//!
//! A clean path has one spelling: what a server would have to resolve (`..`, `//`, encoded
//! separators, backslashes) is refused, never repaired.

use crate::ErrorCode;
use crate::limits::MAX_PLACE_BYTES;

/// The path in canonical form: as written, without a final `/`.
pub fn parse_path(text: &str) -> Result<&str, ErrorCode> {
    if text == "/" {
        return Ok(text);
    }
    let path = canonical(text);
    let clean = text.len() <= MAX_PLACE_BYTES && is_clean(path.as_bytes()) && !has_encoded_separator(text);
    if clean { Ok(path) } else { Err(ErrorCode::Path) }
}

/// A clean path without a final `/`.
pub fn canonical(text: &str) -> &str {
    if text == "/" { text } else { text.strip_suffix('/').unwrap_or(text) }
}

/// Whether every component begins with `/` and is none of empty, `.` and `..`, without backslashes and
/// control characters.
fn is_clean(path: &[u8]) -> bool {
    // Bytes of the component so far, and whether all of them are dots; not in a component to begin with.
    let (mut length, mut dots) = (usize::MAX, false);
    let ends_well = |length: usize, dots: bool| length > 0 && !(dots && length <= 2);
    for byte in path {
        match byte {
            b'/' if length == usize::MAX || ends_well(length, dots) => (length, dots) = (0, true),
            b'/' | b'\\' | 0..=0x1f | 0x7f => return false,
            _ if length == usize::MAX => return false,
            _ => (length, dots) = (length.wrapping_add(1), dots && *byte == b'.'),
        }
    }
    length != usize::MAX && ends_well(length, dots)
}

/// Whether the text holds `%2e`, `%2f`, `%5c` or `%00`, in any case.
fn has_encoded_separator(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.contains(&b'%')
        && bytes.windows(3).any(|window| {
            let [b'%', high, low] = window else {
                return false;
            };
            matches!((high, low.to_ascii_lowercase()), (b'2', b'e' | b'f') | (b'5', b'c') | (b'0', b'0'))
        })
}

/// Whether `path` is `base` or below it. Both are clean.
pub fn under(path: &str, base: &str) -> bool {
    if base == "/" {
        return path.starts_with('/');
    }
    path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The last component; empty of `/`.
pub fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or("")
}

/// What follows the last dot of the name; empty when there is none or it is the first character.
pub fn extension(path: &str) -> &str {
    match name(path).rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => extension,
        _ => "",
    }
}

/// The path without its last component; `/` of `/`.
pub fn parent(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some((parent, _)) if !parent.is_empty() => parent,
        _ => "/",
    }
}

/// How many components it has.
pub fn depth(path: &str) -> i64 {
    let count = path.split('/').filter(|component| !component.is_empty()).count();
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_paths_have_one_spelling() {
        assert_eq!(parse_path("/"), Ok("/"));
        assert_eq!(parse_path("/a/b/"), Ok("/a/b"));
        assert_eq!(parse_path("/a/...b"), Ok("/a/...b"));
        for text in [
            "",
            "a/b",
            "//",
            "/a//b",
            "/a/../b",
            "/a/.",
            "/..",
            "./a",
            "/a\\b",
            "/a\0",
            "/a\n",
            "/%2e%2E/b",
            "/a%2Fb",
            "/a%5cb",
            "/a%00",
            "C:\\x",
            "/a//",
            "~",
        ] {
            assert_eq!(parse_path(text), Err(ErrorCode::Path), "{text:?}");
        }
    }

    #[test]
    fn under_compares_components() {
        assert!(under("/workspace", "/workspace"));
        assert!(under("/workspace/a", "/workspace"));
        assert!(!under("/workspace2", "/workspace"));
        assert!(!under("/", "/workspace"));
        assert!(under("/x", "/") && under("/", "/"));
    }

    #[test]
    fn fields() {
        assert_eq!((name("/a/b.tar.gz"), extension("/a/b.tar.gz"), parent("/a/b.tar.gz")), ("b.tar.gz", "gz", "/a"));
        assert_eq!(
            (name("/"), extension("/.env"), extension("/a."), parent("/a"), parent("/")),
            ("", "", "", "/", "/")
        );
        assert_eq!((depth("/"), depth("/a/b")), (0, 2));
    }
}
