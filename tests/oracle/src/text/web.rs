//! URLs.

use super::host;

/// A URL that passed all the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebUrl {
    /// Normalised text.
    pub text: String,
    /// Scheme, lower case.
    pub scheme: String,
    /// Host, canonical.
    pub host: Option<String>,
    /// Port, with the scheme's default.
    pub port: Option<u16>,
    /// Path as normalised.
    pub path: String,
    /// Query without `?`.
    pub query: Option<String>,
    /// User name, percent-encoded.
    pub username: String,
}

/// Reads a URL; `None` when it is refused.
pub fn parse(text: &str) -> Option<WebUrl> {
    let odd = |c: char| c <= '\u{1f}' || c == '\\' || c == '\u{7f}';
    if text.starts_with(' ') || text.ends_with(' ') || text.chars().any(odd) {
        return None;
    }
    let (scheme, after) = text.split_once(':')?;
    let after = after.strip_prefix("//")?;
    if scheme.is_empty() {
        return None;
    }
    let parsed = url::Url::parse(text).ok()?;
    let raw = raw_host(after);
    let canonical = if raw.is_empty() { None } else { Some(host::parse(raw)?) };
    let has_host = parsed.host_str().is_some_and(|name| !name.is_empty());
    // `http:///a` would be read as `http://a/`: what is spelled must be what is meant.
    if has_host && raw.is_empty() {
        return None;
    }
    Some(WebUrl {
        text: parsed.as_str().to_string(),
        scheme: parsed.scheme().to_string(),
        host: canonical.filter(|_| has_host),
        port: parsed.port_or_known_default(),
        path: parsed.path().to_string(),
        query: parsed.query().map(str::to_string),
        username: parsed.username().to_string(),
    })
}

/// The host as spelled: between the user information and the port.
fn raw_host(after: &str) -> &str {
    let authority = after.split(['/', '?', '#']).next().unwrap_or("");
    let authority = authority.rsplit('@').next().unwrap_or("");
    if authority.starts_with('[') {
        return authority.find(']').map_or(authority, |end| &authority[..=end]);
    }
    authority.split(':').next().unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_judged_as_spelled() {
        let host = |text| parse(text).and_then(|url| url.host);
        assert_eq!(host("https://Example.org/x").as_deref(), Some("example.org"));
        assert_eq!(host("https://u:p@example.org:8443/"), Some("example.org".to_string()));
        assert_eq!(parse("https://example.org").unwrap().port, Some(443));
        for bad in [
            "http://0177.0.0.1/",
            "http://2130706433/",
            " http://a/",
            "http:\\\\a",
            "http:/a",
            "http://a\tb/",
            "mailto:x",
            "http://%31.2.3.4/",
            "http:///a",
        ] {
            let got = parse(bad);
            assert!(got.is_none(), "{bad}: {got:?}");
        }
    }
}
