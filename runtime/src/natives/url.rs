//! URLs, by the WHATWG parser with a guard in front: what it would silently repair is refused.

use alloc::string::{String, ToString};
use mcpz_bytecode::ErrorCode;
use mcpz_bytecode::image::UrlParts;
use mcpz_bytecode::limits::MAX_PLACE_BYTES;
use mcpz_bytecode::value::host;

/// Reads a URL. Its host must pass the host rule as it is spelled.
pub fn parse_url(text: &str) -> Result<UrlParts, ErrorCode> {
    let odd = |c: char| c.is_ascii_control() || c == '\\';
    if text.len() > MAX_PLACE_BYTES || text.starts_with(' ') || text.ends_with(' ') || text.chars().any(odd) {
        return Err(ErrorCode::Url);
    }
    let (scheme, after) = text.split_once(':').ok_or(ErrorCode::Url)?;
    let after = after.strip_prefix("//").ok_or(ErrorCode::Url)?;
    if scheme.is_empty() {
        return Err(ErrorCode::Url);
    }
    let parsed = url::Url::parse(text).map_err(|_| ErrorCode::Url)?;
    let spelled = spelled_host(after);
    let canonical = match spelled {
        "" => None,
        name => Some(host::parse_host(name).map_err(|_| ErrorCode::Url)?.into_owned()),
    };
    let has_host = parsed.host_str().is_some_and(|name| !name.is_empty());
    // `http:///a` would be read as `http://a/`: what is spelled must be what is meant.
    if has_host && canonical.is_none() {
        return Err(ErrorCode::Url);
    }
    Ok(UrlParts {
        text: parsed.as_str().to_string(),
        scheme: parsed.scheme().to_string(),
        host: canonical.filter(|_| has_host),
        port: parsed.port_or_known_default(),
        path: parsed.path().to_string(),
        query: parsed.query().map(str::to_string),
        username: Some(parsed.username()).filter(|name| !name.is_empty()).map(String::from),
    })
}

/// The host as spelled: between the user information and the port.
fn spelled_host(after: &str) -> &str {
    let authority = after.split(['/', '?', '#']).next().unwrap_or("");
    let authority = authority.rsplit('@').next().unwrap_or("");
    if authority.starts_with('[') {
        return authority.find(']').and_then(|end| authority.get(..=end)).unwrap_or(authority);
    }
    authority.split(':').next().unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_canonical() {
        let url = parse_url("HTTPS://bob:pw@B\u{fc}cher.Example:443/a/../b?q=1#f").unwrap();
        assert_eq!(url.scheme, "https");
        assert_eq!(url.host.as_deref(), Some("xn--bcher-kva.example"));
        assert_eq!((url.port, url.path.as_str(), url.query.as_deref()), (Some(443), "/b", Some("q=1")));
        assert_eq!(url.username.as_deref(), Some("bob"));
        assert_eq!(parse_url("https://[::ffff:127.0.0.1]/").unwrap().host.as_deref(), Some("127.0.0.1"));
    }

    #[test]
    fn what_a_parser_would_repair_is_refused() {
        for text in [
            "",
            "x",
            "http:/a",
            "http:a",
            "//a",
            " http://a/",
            "http://a/ ",
            "http://a\t/",
            "http:\\\\a\\b",
            "http://0177.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://127.1/",
            "http:///a",
            "http://%31.2.3.4/",
            "mailto:x@y",
            "http://a b/",
            "http://[::1",
            "http://user@/",
        ] {
            assert_eq!(parse_url(text), Err(ErrorCode::Url), "{text}");
        }
    }
}
