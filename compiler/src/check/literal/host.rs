//! Hosts and host patterns.
//!
//! A host is kept as lower-case A-labels without a final dot, or as canonical address text. A
//! numeric form that is no strict dotted quad (`0177.0.0.1`, `2130706433`) is refused: readers
//! disagree about what it means.

use super::{LiteralError, ip};
use mcpz_bytecode::value::host::parse_host;
use pest::Parser;
use pest::error::InputLocation;

/// The grammar of `host_pattern.pest`.
#[derive(pest_derive::Parser)]
#[grammar = "check/literal/host_pattern.pest"]
struct HostPatternGrammar;

/// A host, canonical.
pub fn host(text: &str) -> Result<String, LiteralError> {
    if let Some(at) = text.find(['/', '@', '?', '#']) {
        return Err(LiteralError::at(at, at + 1, format!("a host has no `{}`", &text[at..=at]))
            .help("write the bare host name, as in `mail.example.com`"));
    }
    if let Some(star) = text.find('*') {
        return Err(LiteralError::at(star, star + 1, "a host has no `*`")
            .help("use `like` to match a pattern: `x like \"*.example.com\"`"));
    }
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    if let Ok(address) = ip(bare) {
        return Ok(address.to_string());
    }
    if let Some(colon) = text.find(':') {
        return Err(
            LiteralError::at(colon, text.len(), "a host has no port").help("compare the port apart: `x.port == 443`")
        );
    }
    a_labels(text)
}

/// The name as the runtime reads it: lower-case A-labels.
fn a_labels(text: &str) -> Result<String, LiteralError> {
    if text.is_empty() {
        return Err(LiteralError::whole(text, "a host name is not empty"));
    }
    if let Ok(host) = parse_host(text) {
        return Ok(host.into_owned());
    }
    let last = text.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    if is_numeric_label(last) {
        return Err(LiteralError::whole(
            text,
            format!("`{text}` is a number that readers take for different addresses"),
        )
        .help("write an IPv4 address as four decimal numbers without leading zeros"));
    }
    Err(LiteralError::whole(text, format!("`{text}` is not a host name")))
}

fn is_numeric_label(label: &str) -> bool {
    let hex = label.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    hex || (!label.is_empty() && label.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A host pattern: a host, or `*.` and a host.
pub fn host_pattern(text: &str) -> Result<String, LiteralError> {
    if ip(text).is_ok() {
        return host(text);
    }
    if let Err(error) = HostPatternGrammar::parse(Rule::pattern, text) {
        return Err(explain(text, &error));
    }
    match text.strip_prefix("*.") {
        Some(below) => match a_labels(below) {
            Ok(name) => Ok(format!("*.{name}")),
            Err(error) => Err(LiteralError { start: error.start + 2, end: error.end + 2, ..error }),
        },
        None => host(text),
    }
}

/// Words for the ways people write host patterns wrongly.
fn explain(text: &str, error: &pest::error::Error<Rule>) -> LiteralError {
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at.min(text.len()),
    };
    if text == "*" {
        return LiteralError::whole(text, "the pattern `*` says nothing about the host")
            .help("drop the condition, or name a domain: `*.example.com`");
    }
    if let Some(rest) = text.strip_prefix('*').filter(|rest| !rest.is_empty() && !rest.starts_with(['.', '*'])) {
        return LiteralError::at(0, 1, format!("`{text}` would also match `evil{rest}`"))
            .help(format!("`*.{rest}` matches every host below `{rest}`; name `{rest}` itself apart"))
            .replacement(format!("*.{rest}"));
    }
    if let Some(scheme) = text.find("://") {
        return LiteralError::at(0, scheme + 3, "a host pattern has no scheme")
            .help("match on the URL's `.host` field");
    }
    if let Some(star) = text.rfind('*').filter(|star| *star > 0) {
        return LiteralError::at(star, star + 1, "`*` may only be the first label of a host pattern")
            .help("a pattern is a host, or `*.` and a host");
    }
    let end = text[at..].chars().next().map_or(text.len(), |c| at + c.len_utf8());
    LiteralError::at(at, end, "this character cannot stand in a host pattern")
        .help("a pattern is a host, or `*.` and a host")
}

/// `host:port`, as in a server's `egress`.
pub fn host_port(text: &str) -> Result<(String, u16), LiteralError> {
    let Some((name, port)) = text.rsplit_once(':') else {
        return Err(LiteralError::whole(text, "the port is missing").help(format!("write `{text}:443`")));
    };
    let name = host_pattern(name)?;
    let at = text.len() - port.len();
    let port = port
        .parse::<u16>()
        .ok()
        .filter(|port| *port > 0)
        .ok_or_else(|| LiteralError::at(at, text.len(), format!("`{port}` is not a port number")))?;
    Ok((name, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_canonical() {
        assert_eq!(host("Bücher.Example."), Ok("xn--bcher-kva.example".to_owned()));
        assert_eq!(host("[::1]"), Ok("::1".to_owned()));
        for text in ["0177.0.0.1", "2130706433", "0x7f.1", "a:80", "http://x", "", "*.a.b"] {
            assert!(host(text).is_err(), "{text}");
        }
    }

    #[test]
    fn patterns_name_a_domain() {
        assert_eq!(host_pattern("*.Example.com"), Ok("*.example.com".to_owned()));
        assert_eq!(host_pattern("*example.com").unwrap_err().replacement.as_deref(), Some("*.example.com"));
        let inner = host_pattern("api.*.com").unwrap_err();
        assert_eq!((inner.start, inner.end), (4, 5));
        assert!(host_pattern("*").is_err() && host_pattern("*.").is_err() && host_pattern("a b.c").is_err());
    }

    #[test]
    fn ports() {
        assert_eq!(host_port("api.stripe.com:443"), Ok(("api.stripe.com".to_owned(), 443)));
        assert!(host_port("api.stripe.com").is_err() && host_port("a:99999").is_err());
    }
}
