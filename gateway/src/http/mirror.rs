//! Headers of the newer protocol that repeat the body: middle boxes route by them, so they must be equal.

use crate::pins::{Mirrored, Pins};
use crate::proxy::{mirrored_name, version_of};
use crate::wire::at;
use crate::wire::codes::{HEADER_MISMATCH, INVALID_PARAMS};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use mcpz_runtime::json::{Document, Kind, Message, MessageKind, NodeId};

/// The header of the version.
pub const VERSION: &str = "mcp-protocol-version";
/// The header of the method.
pub const METHOD: &str = "mcp-method";
/// The header of the name.
pub const NAME: &str = "mcp-name";
/// What headers of arguments begin with.
pub const PARAM: &str = "mcp-param-";

/// Why headers and body do not go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mismatch {
    /// They differ, or a header that must be there is missing.
    Differs,
    /// The body of a request names no version, which MCP asks for (2026-07-28, `_meta` of requests).
    NoVersion,
}

impl Mismatch {
    /// The code of JSON-RPC that MCP gives it.
    pub fn code(self) -> i64 {
        match self {
            Mismatch::Differs => HEADER_MISMATCH,
            Mismatch::NoVersion => INVALID_PARAMS,
        }
    }

    /// The stable word.
    pub fn reason(self) -> &'static str {
        match self {
            Mismatch::Differs => "header_mismatch",
            Mismatch::NoVersion => "version_missing",
        }
    }

    /// What a client is told.
    pub fn message(self) -> &'static str {
        match self {
            Mismatch::Differs => "headers and body differ",
            Mismatch::NoVersion => "the request names no protocol version in `_meta`",
        }
    }
}

/// Checks the headers of a message against its body.
pub fn check(headers: &HeaderMap, message: &Message<'_>, pins: &Pins, server: &str) -> Result<(), Mismatch> {
    let (version, body) = (one(headers, VERSION)?, version_of(message));
    // Only requests say their version in the body, and they must.
    if body.is_none() && message.kind == MessageKind::Request {
        return Err(Mismatch::NoVersion);
    }
    if body.is_some() && version != body {
        return Err(Mismatch::Differs);
    }
    if message.kind == MessageKind::Response {
        return Ok(());
    }
    if one(headers, METHOD)? != Some(message.method) {
        return Err(Mismatch::Differs);
    }
    let name = one(headers, NAME)?.map(decode).transpose()?;
    if name.as_deref() != mirrored_name(message) {
        return Err(Mismatch::Differs);
    }
    params(headers, message, pins, server)
}

/// Checks the headers of arguments: each that the pinned schema mirrors, and no other.
fn params(headers: &HeaderMap, message: &Message<'_>, pins: &Pins, server: &str) -> Result<(), Mismatch> {
    let mirrored = match message.method {
        "tools/call" => pins.mirrored(server, message.name.unwrap_or_default()),
        _ => &[],
    };
    let is_mirrored = |name: &HeaderName| {
        let rest = name.as_str().strip_prefix(PARAM);
        rest.is_none_or(|rest| mirrored.iter().any(|row| row.header.eq_ignore_ascii_case(rest)))
    };
    if !headers.keys().all(is_mirrored) {
        return Err(Mismatch::Differs);
    }
    for Mirrored { path, header } in mirrored {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let value = message.arguments.and_then(|arguments| at(message.document, arguments, &path));
        let value = value.and_then(|node| primitive(message.document, node));
        let said = one(headers, &format!("{PARAM}{}", header.to_ascii_lowercase()))?.map(decode).transpose()?;
        if said != value {
            return Err(Mismatch::Differs);
        }
    }
    Ok(())
}

/// Headers for a message that the gateway itself sends.
pub fn headers_of(message: &Message<'_>) -> Vec<(HeaderName, HeaderValue)> {
    let mut rows = Vec::new();
    let mut push = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            rows.push((HeaderName::from_static(name), value));
        }
    };
    push(METHOD, message.method);
    if let Some(name) = mirrored_name(message) {
        push(NAME, &encode(name));
    }
    rows
}

/// A scalar in the spelling that headers have.
fn primitive(document: Document<'_>, node: NodeId) -> Option<String> {
    match document.kind(node) {
        Kind::String => document.str(node).map(str::to_owned),
        Kind::Number | Kind::Bool => Some(document.raw(node).to_owned()),
        Kind::Null | Kind::Array | Kind::Object => None,
    }
}

fn one<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Mismatch> {
    super::checks::one(headers, name).map_err(|_| Mismatch::Differs)
}

/// `=?base64?..?=` or the text itself.
fn decode(value: &str) -> Result<String, Mismatch> {
    match value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) {
        None => Ok(value.to_owned()),
        Some(text) => {
            let bytes = BASE64_STANDARD.decode(text).map_err(|_| Mismatch::Differs)?;
            String::from_utf8(bytes).map_err(|_| Mismatch::Differs)
        }
    }
}

/// The text itself where a header can hold it.
fn encode(value: &str) -> String {
    let is_visible = value.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let is_trimmed = value.trim_matches(' ') == value;
    let is_marked = value.starts_with("=?base64?") && value.ends_with("?=");
    let plain = is_visible && is_trimmed && !is_marked;
    if plain { value.to_owned() } else { format!("=?base64?{}?=", BASE64_STANDARD.encode(value)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Text, limits};

    const BODY: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"é","arguments":{},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}"#;

    fn check_rows(body: &'static str, rows: &[(&str, &str)]) -> Result<(), Mismatch> {
        let mut text = Text::new(bytes::Bytes::from(body));
        let message = text.read(&limits(1000)).unwrap();
        let mut headers = HeaderMap::new();
        for (name, value) in rows {
            headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap());
        }
        check(&headers, &message, &Pins::default(), "s")
    }

    #[test]
    fn headers_and_body_must_be_equal() {
        let (version, method, name) = ((VERSION, "2026-07-28"), (METHOD, "tools/call"), (NAME, "=?base64?w6k=?="));
        assert_eq!(check_rows(BODY, &[version, method, name]), Ok(()));
        for rows in [
            &[method, name][..],
            &[version, name],
            &[version, method],
            &[version, method, (NAME, "e")],
            &[version, method, (NAME, "=?base64?!?=")],
            &[(VERSION, "2025-11-25"), method, name],
            &[version, (METHOD, "Tools/Call"), name],
            &[version, method, name, name],
            &[version, method, name, ("mcp-param-region", "eu")],
        ] {
            assert_eq!(check_rows(BODY, rows), Err(Mismatch::Differs), "{rows:?}");
        }
    }

    #[test]
    fn a_request_that_says_no_version_is_of_none() {
        let version = (VERSION, "2026-07-28");
        let request = r#"{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"x:y"}}"#;
        let rows = [version, (METHOD, "resources/subscribe"), (NAME, "x:y")];
        assert_eq!(check_rows(request, &rows), Err(Mismatch::NoVersion));
        let notification = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#;
        assert_eq!(check_rows(notification, &[version, (METHOD, "notifications/cancelled")]), Ok(()));
    }
}
