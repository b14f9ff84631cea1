//! Resource URIs in their one clean spelling.

use crate::limits::MAX_URI_BYTES;

/// Characters that may only stand percent-encoded in a clean URI: those that RFC 3986 does not let stand raw, and
/// those that begin a query or fragment, where they are meant as themselves.
const ENCODED: [u8; 11] = *b" \"<>^`{|}#?";
/// The same that never stand raw; white space and `\` are refused besides, `#` and `?` are delimiters.
const NEVER_RAW: [char; 8] = ['"', '<', '>', '^', '`', '{', '|', '}'];
/// Schemes whose authority is a host, which names the same in either case.
const HOSTED: [&str; 5] = ["http", "https", "ws", "wss", "ftp"];

/// Whether a URI is spelled in the one way that patterns look at, so that no other spelling of the same resource can
/// be clean too: a lower-case scheme, and host where the scheme has one; no space, control character or backslash; no
/// `.` or `..` segment; and a character is percent-encoded, with upper-case digits, just when it may not stand raw.
/// Characters beyond ASCII stand raw.
pub fn is_clean(uri: &str) -> bool {
    let Some((scheme, rest)) = uri.split_once(':') else {
        return false;
    };
    let scheme_fits =
        scheme.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.'));
    if scheme.is_empty() || !scheme_fits || uri.len() > MAX_URI_BYTES {
        return false;
    }
    if uri.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\' || NEVER_RAW.contains(&c)) {
        return false;
    }
    let authority = rest.strip_prefix("//").and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or("");
    if HOSTED.contains(&scheme) && authority.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return false;
    }
    let path = rest.split(['?', '#']).next().unwrap_or("");
    !path.split('/').any(|segment| matches!(segment, "." | "..")) && unclean_encoding(rest).is_none()
}

/// Where the first `%` stands that begins no encoding, or one that a clean URI does not have.
pub fn unclean_encoding(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let digit = |at: usize| match bytes.get(at) {
        Some(b) if !b.is_ascii_lowercase() => char::from(*b).to_digit(16),
        _ => None,
    };
    let is_clean = |at: usize| {
        let code = digit(at.saturating_add(1)).zip(digit(at.saturating_add(2)));
        let code = code.and_then(|(high, low)| u8::try_from(high.saturating_mul(16).saturating_add(low)).ok());
        code.is_some_and(|code| ENCODED.contains(&code))
    };
    bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%').map(|(at, _)| at).find(|at| !is_clean(*at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling() {
        for uri in [
            "file:///w/a",
            "memo:insights",
            "http://h/a%20b?x=1",
            "s3://bucket/key",
            "file:///w/c++/@x,(1)",
            "file:///w/é",
            "file:///w/a%3Fb%23",
            "repo://Owner/Name",
        ] {
            assert!(is_clean(uri), "{uri}");
        }
        for uri in [
            "file:///w/../x",
            "file:///w/%2e%2e/x",
            "file:///%77/a",
            "file:///w%2Fa",
            "file:///w/./a",
            "FILE:///w/a",
            "file:///w\\a",
            "file:///w/ a",
            "file:///w/%",
            "file:///w/%zz",
            "file:///w/%00",
            "no-scheme",
            ":x",
            "file:///w/%252e",
            "file:///w/c%2B%2B/x",
            "file:///w/%40x",
            "file:///w/%C3%A9",
            "file:///w/a%3fb",
            "file:///w/a{b",
            "file:///w/%5Ba%5D",
            "http://H/a",
        ] {
            assert!(!is_clean(uri), "{uri}");
        }
    }
}
