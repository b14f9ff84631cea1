//! What an HTTP request must be before its body is looked at.

use http::{HeaderMap, Method, StatusCode, header};
use std::collections::BTreeSet;

/// Names that a listener goes by, and pages that may use it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed {
    /// Values of `Host`, with port where it is not the scheme's own.
    pub hosts: BTreeSet<String>,
    /// Values of `Origin`; requests without one are not from pages.
    pub origins: BTreeSet<String>,
}

/// Why a request is refused: the status and a stable word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// The status.
    pub status: StatusCode,
    /// The word.
    pub reason: &'static str,
}

/// A refusal.
pub const fn refused(status: StatusCode, reason: &'static str) -> Refused {
    Refused { status, reason }
}

/// Headers that must not stand twice: two readers could take different ones.
const ONCE: [&str; 12] = [
    "host",
    "origin",
    "authorization",
    "content-type",
    "content-length",
    "transfer-encoding",
    "accept-encoding",
    "mcp-session-id",
    "mcp-protocol-version",
    "mcp-method",
    "mcp-name",
    "last-event-id",
];

/// The one value of a header, as text.
pub fn one<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Refused> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(refused(StatusCode::BAD_REQUEST, "http_header_twice"));
    }
    value.to_str().map(Some).map_err(|_| refused(StatusCode::BAD_REQUEST, "http_header_text"))
}

/// Checks what every request must be.
pub fn request(method: &Method, headers: &HeaderMap, uri: &http::Uri, allowed: &Allowed) -> Result<(), Refused> {
    if ONCE.iter().any(|name| headers.get_all(*name).iter().nth(1).is_some()) {
        return Err(refused(StatusCode::BAD_REQUEST, "http_header_twice"));
    }
    let host = one(headers, "host")?.ok_or(refused(StatusCode::BAD_REQUEST, "http_host"))?;
    // A target in absolute form names a host of its own, which must be the same.
    let target_fits = uri.authority().is_none_or(|authority| authority.as_str() == host);
    if !allowed.hosts.contains(host) || !target_fits {
        return Err(refused(StatusCode::MISDIRECTED_REQUEST, "http_host"));
    }
    if let Some(origin) = one(headers, "origin")?
        && !allowed.origins.contains(origin)
    {
        return Err(refused(StatusCode::FORBIDDEN, "http_origin"));
    }
    if headers.contains_key(header::CONTENT_LENGTH) && headers.contains_key(header::TRANSFER_ENCODING) {
        return Err(refused(StatusCode::BAD_REQUEST, "http_length"));
    }
    if uri.query().is_some() {
        return Err(refused(StatusCode::BAD_REQUEST, "http_query"));
    }
    match method {
        &Method::POST | &Method::GET | &Method::DELETE => Ok(()),
        _ => Err(refused(StatusCode::METHOD_NOT_ALLOWED, "http_method")),
    }
}

/// Checks the body's type: JSON in UTF-8, unencoded; and that both kinds of answer are welcome.
pub fn post(headers: &HeaderMap) -> Result<(), Refused> {
    let media = one(headers, "content-type")?.unwrap_or_default();
    if !is_json(media) {
        return Err(refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "http_content_type"));
    }
    if headers.contains_key(header::CONTENT_ENCODING) {
        return Err(refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "http_content_encoding"));
    }
    if accepts(headers, "application/json") && accepts(headers, "text/event-stream") {
        return Ok(());
    }
    Err(refused(StatusCode::NOT_ACCEPTABLE, "http_accept"))
}

/// Checks a request for a stream.
pub fn stream(headers: &HeaderMap) -> Result<(), Refused> {
    match accepts(headers, "text/event-stream") {
        true => Ok(()),
        false => Err(refused(StatusCode::NOT_ACCEPTABLE, "http_accept")),
    }
}

/// `application/json`, perhaps with `charset=utf-8`, in this spelling.
pub fn is_json(media: &str) -> bool {
    match media.split_once(';') {
        None => media == "application/json",
        Some((essence, parameter)) => {
            essence == "application/json" && parameter.trim_start_matches(' ') == "charset=utf-8"
        }
    }
}

/// Whether a media type is among those accepted.
fn accepts(headers: &HeaderMap, wanted: &str) -> bool {
    let family = wanted.split('/').next().unwrap_or_default();
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|range| {
        let mut parts = range.split(';');
        let essence = parts.next().unwrap_or_default().trim();
        let refused = parts.any(|parameter| matches!(parameter.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        !refused && (essence == wanted || essence == "*/*" || essence.strip_suffix("/*") == Some(family))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(rows: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in rows {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    fn check(rows: &[(&'static str, &'static str)], uri: &str) -> Result<(), Refused> {
        let allowed =
            Allowed { hosts: ["127.0.0.1:8080".to_owned()].into(), origins: ["https://app.example".to_owned()].into() };
        request(&Method::POST, &headers(rows), &uri.parse().unwrap(), &allowed)
    }

    #[test]
    fn hosts_and_origins_are_exact() {
        assert!(check(&[("host", "127.0.0.1:8080")], "/fs/mcp").is_ok());
        assert!(check(&[("host", "127.0.0.1:8080"), ("origin", "https://app.example")], "/fs/mcp").is_ok());
        for (rows, reason) in [
            (&[][..], "http_host"),
            (&[("host", "127.0.0.1")][..], "http_host"),
            (&[("host", "evil.example")][..], "http_host"),
            (&[("host", "127.0.0.1:8080"), ("host", "127.0.0.1:8080")][..], "http_header_twice"),
            (&[("host", "127.0.0.1:8080"), ("origin", "null")][..], "http_origin"),
            (&[("host", "127.0.0.1:8080"), ("origin", "https://app.example.evil.example")][..], "http_origin"),
            (&[("host", "127.0.0.1:8080"), ("mcp-session-id", "a"), ("mcp-session-id", "b")][..], "http_header_twice"),
        ] {
            assert_eq!(check(rows, "/fs/mcp").unwrap_err().reason, reason, "{rows:?}");
        }
        assert_eq!(check(&[("host", "127.0.0.1:8080")], "http://evil.example/fs/mcp").unwrap_err().reason, "http_host");
        assert_eq!(check(&[("host", "127.0.0.1:8080")], "/fs/mcp?x=1").unwrap_err().reason, "http_query");
    }

    #[test]
    fn media_types_are_exact() {
        let accept = ("accept", "application/json, text/event-stream");
        for media in ["application/json", "application/json; charset=utf-8"] {
            assert!(post(&headers(&[("content-type", media), accept])).is_ok(), "{media}");
        }
        for media in ["Application/JSON", "text/plain", "application/json; charset=utf-16", "application/json-rpc", ""]
        {
            assert!(post(&headers(&[("content-type", media), accept])).is_err(), "{media}");
        }
        assert!(post(&headers(&[("content-type", "application/json"), ("content-encoding", "gzip"), accept])).is_err());
        assert!(post(&headers(&[("content-type", "application/json"), ("accept", "application/json")])).is_err());
        assert!(post(&headers(&[("content-type", "application/json"), ("accept", "*/*")])).is_ok());
    }
}
