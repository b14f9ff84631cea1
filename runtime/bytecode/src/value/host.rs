//! Host names as A-labels, and patterns over them.

use super::net::unwrap_ip;
use crate::ErrorCode;
use crate::limits::MAX_PLACE_BYTES;
use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};

/// The host in its one form: lower-case A-labels without a final dot, or canonical address text
/// (IPv4 inside IPv6 unwrapped). Numeric spellings other than a strict dotted quad are refused.
pub fn parse_host(text: &str) -> Result<Cow<'_, str>, ErrorCode> {
    if text.is_empty() || text.len() > MAX_PLACE_BYTES {
        return Err(ErrorCode::Host);
    }
    if text.contains(':') {
        let inner = match text.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']').ok_or(ErrorCode::Host)?,
            None => text,
        };
        let v6: Ipv6Addr = inner.parse().map_err(|_| ErrorCode::Host)?;
        return Ok(Cow::Owned(unwrap_ip(IpAddr::V6(v6)).to_string()));
    }
    if text.parse::<Ipv4Addr>().is_ok() {
        return Ok(Cow::Borrowed(text));
    }
    let ascii = Uts46::new()
        .to_ascii(text.as_bytes(), AsciiDenyList::STD3, Hyphens::Allow, DnsLength::VerifyAllowRootDot)
        .map_err(|_| ErrorCode::Host)?;
    let name = without_final_dot(ascii);
    if ends_in_number(&name) { Err(ErrorCode::Host) } else { Ok(name) }
}

/// The name without a final dot.
fn without_final_dot(name: Cow<'_, str>) -> Cow<'_, str> {
    match name {
        Cow::Borrowed(text) => Cow::Borrowed(text.strip_suffix('.').unwrap_or(text)),
        Cow::Owned(mut text) => {
            if text.ends_with('.') {
                text.pop();
            }
            Cow::Owned(text)
        }
    }
}

/// Whether a resolver could take the name for an address: its last label is a number or starts like one.
fn ends_in_number(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or("");
    last.is_empty() || last.starts_with("0x") || last.bytes().all(|b| b.is_ascii_digit())
}

/// The address a canonical host is, if it is one.
pub fn host_address(host: &str) -> Option<IpAddr> {
    host.parse::<IpAddr>().ok()
}

/// A host pattern in canonical form: a host, or `*.` and a name.
pub fn parse_host_pattern(text: &str) -> Result<String, ErrorCode> {
    let Some(suffix) = text.strip_prefix("*.") else {
        return parse_host(text).map(Cow::into_owned);
    };
    let suffix = parse_host(suffix)?;
    if host_address(&suffix).is_some() {
        return Err(ErrorCode::Host);
    }
    let mut pattern = String::from("*.");
    pattern.push_str(&suffix);
    Ok(pattern)
}

/// Whether a canonical host fits a canonical pattern. `*.x` covers one or more labels below x, not
/// x; wildcards never cover addresses.
pub fn host_matches(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix('*') {
        None => pattern == host,
        Some(_) if host_address(host).is_some() => false,
        Some(dotted) => host.strip_suffix(dotted).is_some_and(|labels| !labels.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_spelling() {
        for text in ["bücher.example", "BÜCHER.example.", "xn--bcher-kva.Example", "bücher。example"] {
            assert_eq!(parse_host(text).as_deref(), Ok("xn--bcher-kva.example"), "{text}");
        }
        assert_eq!(parse_host("[::ffff:127.0.0.1]").as_deref(), Ok("127.0.0.1"));
        assert_eq!(parse_host("[0:0::1]").as_deref(), Ok("::1"));
    }

    #[test]
    fn numeric_and_odd_spellings_are_refused() {
        for text in [
            "",
            ".",
            "a..b",
            "0177.0.0.1",
            "2130706433",
            "0x7f.1",
            "127.1",
            "１２７.0.0.1",
            "127.0.0.1.",
            "a b",
            "a/b",
            "a@b",
            "a%41",
            "[::1",
            "::1%1",
            "host:80",
            "a.0x",
            "_dmarc.example.org",
        ] {
            assert_eq!(parse_host(text), Err(ErrorCode::Host), "{text}");
        }
    }

    #[test]
    fn wildcards_cover_names_below() {
        let pattern = parse_host_pattern("*.Example.org").unwrap();
        assert!(host_matches(&pattern, "a.example.org") && host_matches(&pattern, "a.b.example.org"));
        assert!(!host_matches(&pattern, "example.org") && !host_matches(&pattern, "notexample.org"));
        assert!(parse_host_pattern("a.*.org").is_err() && parse_host_pattern("*.1.2.3.4").is_err());
    }
}
