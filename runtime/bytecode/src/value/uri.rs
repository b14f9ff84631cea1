//! Resource URIs in their one clean spelling.

use crate::limits::MAX_URI_BYTES;

/// Whether a URI is spelled in the one way that patterns look at: a lower-case scheme, no space,
/// control character or backslash, no `.` or `..` segment, no broken percent-encoding, and none of a
/// character that needs no encoding or would hide a separator.
pub fn is_clean(uri: &str) -> bool {
    let Some((scheme, rest)) = uri.split_once(':') else {
        return false;
    };
    let scheme_fits =
        scheme.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.'));
    if scheme.is_empty() || !scheme_fits || uri.len() > MAX_URI_BYTES {
        return false;
    }
    if uri.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return false;
    }
    let path = rest.split(['?', '#']).next().unwrap_or("");
    !path.split('/').any(|segment| matches!(segment, "." | "..")) && percent_is_clean(rest.as_bytes())
}

/// Whether every `%` starts an encoding that is needed and hides nothing.
fn percent_is_clean(bytes: &[u8]) -> bool {
    bytes.iter().enumerate().all(|(at, byte)| {
        if *byte != b'%' {
            return true;
        }
        let digit = |offset: usize| bytes.get(at.saturating_add(offset)).and_then(|b| char::from(*b).to_digit(16));
        let (Some(high), Some(low)) = (digit(1), digit(2)) else {
            return false;
        };
        let code = u8::try_from(high.saturating_mul(16).saturating_add(low)).unwrap_or(0);
        let needless = code.is_ascii_alphanumeric() || matches!(code, b'-' | b'.' | b'_' | b'~');
        !(needless || code.is_ascii_control() || matches!(code, b'/' | b'\\' | b'%'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling() {
        for uri in ["file:///w/a", "memo:insights", "http://h/a%20b?x=1", "s3://bucket/key"] {
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
        ] {
            assert!(!is_clean(uri), "{uri}");
        }
    }
}
