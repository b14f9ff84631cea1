//! Host names as A-labels, and address literals.

use super::address;
use std::net::IpAddr;

/// The canonical text of a host; `None` when it is none.
pub fn parse(text: &str) -> Option<String> {
    if let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return if inner.contains(':') { address::parse(inner).map(|ip| ip.to_string()) } else { None };
    }
    if text.contains(':') {
        return address::parse(text).map(|ip| ip.to_string());
    }
    if let Some(v4) = address::dotted_quad(text) {
        return Some(v4.to_string());
    }
    let ascii = a_labels(text)?;
    if looks_numeric(&ascii) { None } else { Some(ascii) }
}

/// UTS-46, non-transitional, with STD3 rules; one final dot dropped, no empty label.
fn a_labels(text: &str) -> Option<String> {
    let ascii = idna::uts46::Uts46::new()
        .to_ascii(
            text.as_bytes(),
            idna::uts46::AsciiDenyList::STD3,
            idna::uts46::Hyphens::Allow,
            idna::uts46::DnsLength::Ignore,
        )
        .ok()?
        .into_owned();
    let ascii = ascii.strip_suffix('.').unwrap_or(&ascii).to_string();
    let too_long = ascii.len() > 253 || ascii.split('.').any(|label| label.len() > 63);
    if ascii.is_empty() || too_long || ascii.split('.').any(str::is_empty) { None } else { Some(ascii) }
}

/// Whether some parser would take the name for a number: its last label is all digits, or `0x...`.
fn looks_numeric(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or(name);
    let digits = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    digits || last.to_ascii_lowercase().starts_with("0x")
}

/// The address a canonical host is, when it is a literal one.
pub fn as_address(host: &str) -> Option<IpAddr> {
    address::parse(host)
}

/// `example.org` exactly, or `*.example.org` one label or more below it.
pub fn matches(host: &str, pattern: &str) -> bool {
    match pattern.strip_prefix("*.") {
        None => host == pattern,
        Some(base) => {
            as_address(host).is_none()
                && host.strip_suffix(base).is_some_and(|front| front.len() > 1 && front.ends_with('.'))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_hosts() {
        for (text, wanted) in [
            ("Example.ORG.", Some("example.org")),
            ("bücher.example", Some("xn--bcher-kva.example")),
            ("127.0.0.1", Some("127.0.0.1")),
            ("[::1]", Some("::1")),
            ("0177.0.0.1", None),
            ("2130706433", None),
            ("0x7f.1", None),
            ("127.1", None),
            ("a..b", None),
            ("", None),
            ("a b", None),
            ("1.2.3.4.", None),
        ] {
            assert_eq!(parse(text).as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn patterns_never_match_their_base() {
        assert!(matches("a.example.org", "*.example.org"));
        assert!(matches("a.b.example.org", "*.example.org"));
        assert!(!matches("example.org", "*.example.org"));
        assert!(!matches("evilexample.org", "*.example.org"));
    }
}
