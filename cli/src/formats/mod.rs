//! Results in the forms that other tools read.
//!
//! | form | command | read by |
//! |---|---|---|
//! | [`sarif`] | `check` | code scanning, editors |
//! | [`github`] | `check` | the log of a GitHub Actions run, which shows them on the lines of a pull request |
//! | [`junit`] | `test` | every CI system |
//! | [`tap`] | `test` | test harnesses that read a line at a time |
//!
//! Each is a function from diagnostics or test results to text. Names and messages come from policies, catalogs and
//! messages, so each form escapes what could end a line, an attribute or a comment in it.

pub mod github;
pub mod junit;
pub mod sarif;
pub mod tap;

use crate::escape;

/// Text of XML or HTML, without control, bidirectional and invisible characters.
pub fn markup(text: &str) -> String {
    let visible = escape::block(text);
    visible
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// A relative path as a URI reference: everything but unreserved characters and `/` in percent form.
pub fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.replace('\\', "/").bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_ends_no_attribute_and_hides_nothing() {
        assert_eq!(markup("<a b=\"c\" d='e'>&\u{202e}"), "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;\\u{202e}");
    }

    #[test]
    fn paths_are_uri_references() {
        assert_eq!(uri("policy/a b#c.mcpz"), "policy/a%20b%23c.mcpz");
    }
}
