//! Attempts on a connection to `mcpz gateway`.

use crate::corpus::{Attempt, bytes};
use crate::work::{Place, Seen};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Nothing takes longer than this, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(5);
const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":"begin","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"wire","version":"1"}}}"#;

/// A response, as far as it came.
#[derive(Debug, Default)]
pub struct Response {
    /// Its status; 0 when there was none.
    pub status: u16,
    /// Headers and body.
    pub text: String,
}

/// Where requests go, and with what.
pub struct Target<'p> {
    /// The gateway's address.
    pub address: SocketAddr,
    /// A token that it takes.
    pub token: &'p str,
}

impl Target<'_> {
    /// The usual headers of a POST.
    fn usual(&self) -> Vec<(String, String)> {
        let host = self.address.to_string();
        let bearer = format!("Bearer {}", self.token);
        [
            ("host", host.as_str()),
            ("authorization", &bearer),
            ("content-type", "application/json"),
            ("accept", "application/json, text/event-stream"),
            ("connection", "close"),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
    }

    /// Sends bytes and reads until the other side is done.
    pub fn exchange(&self, request: &[u8]) -> std::io::Result<Response> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        // A gateway that has answered and left while we still write has refused.
        let _ = stream.write_all(request);
        let mut all = Vec::new();
        let _ = stream.read_to_end(&mut all);
        let text = String::from_utf8_lossy(&all).into_owned();
        let status = text.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok()).unwrap_or(0);
        Ok(Response { status, text })
    }

    /// Posts a message with these headers besides.
    pub fn post(&self, path: &str, more: &[(String, String)], body: &[u8]) -> std::io::Result<Response> {
        self.exchange(&request("POST", path, &[self.usual(), more.to_vec()].concat(), body))
    }

    /// Ends a session: a principal may have only so many.
    pub fn end(&self, session: &str) -> std::io::Result<Response> {
        let more = [("mcp-session-id".to_owned(), session.to_owned())];
        self.exchange(&request("DELETE", "/notes/mcp", &[self.usual(), more.to_vec()].concat(), b""))
    }

    /// Begins a session; its id.
    pub fn session(&self) -> Result<String, String> {
        let response = self.post("/notes/mcp", &[], INITIALIZE.as_bytes()).map_err(|error| error.to_string())?;
        let lines = response.text.lines();
        let id = lines.filter_map(|line| line.split_once(": ")).find(|(name, _)| *name == "mcp-session-id");
        let id = id.map(|(_, id)| id.trim().to_owned()).ok_or(format!("no session: {}", response.text))?;
        let more = [("mcp-session-id".to_owned(), id.clone())];
        let body = br#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
        self.post("/notes/mcp", &more, body).map_err(|error| error.to_string())?;
        Ok(id)
    }
}

/// The bytes of a request with a body of a stated length.
fn request(method: &str, path: &str, headers: &[(String, String)], body: &[u8]) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if !headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("content-length") || name.eq_ignore_ascii_case("transfer-encoding"))
    {
        text.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    [text.as_bytes(), b"\r\n", body].concat()
}

/// Makes an attempt and then a harmless call; what the client saw, and what the server did.
pub fn attempt(place: &Place, attempt: &Attempt, word: &str) -> Result<Seen, String> {
    let target = Target { address: place.gateway, token: &place.token };
    let failed = |error: std::io::Error| error.to_string();
    let session = if attempt.stateless { None } else { Some(target.session()?) };
    let mut headers = target.usual();
    headers.extend(session.iter().map(|id| ("mcp-session-id".to_owned(), id.clone())));
    let fill = |text: &str| {
        let text = text.replace("%HOST%", &place.gateway.to_string()).replace("%TOKEN%", &place.token);
        text.replace("%SESSION%", session.as_deref().unwrap_or_default()).replace("%OTHER%", &place.other_token)
    };
    for (name, value) in &attempt.headers {
        headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        if !value.is_empty() {
            headers.push((name.clone(), fill(value)));
        }
    }
    headers.extend(attempt.more.iter().map(|(name, value)| (name.clone(), fill(value))));
    let harmless = crate::stdio::harmless(word, word);
    let body = bytes(attempt.text.as_deref().unwrap_or(&harmless), word);
    let path = attempt.path.as_deref().unwrap_or("/notes/mcp");
    let sent = match &attempt.raw {
        Some(raw) => bytes(&fill(raw), word),
        None => request(attempt.method.as_deref().unwrap_or("POST"), &fill(path), &headers, &body),
    };
    let response = target.exchange(&sent).map_err(failed)?;
    let control = format!("after-{}", word.replace("canary", "harmless"));
    let more: Vec<_> = match &session {
        Some(id) => vec![("mcp-session-id".to_owned(), id.clone())],
        None => modern(),
    };
    let after = match &session {
        Some(_) => crate::stdio::harmless("after", &control),
        None => modern_call("after", &control),
    };
    target.post("/notes/mcp", &more, after.as_bytes()).map_err(failed)?;
    if let Some(id) = &session {
        target.end(id).map_err(failed)?;
    }
    Ok(Seen {
        said: vec![response.text],
        status: Some(response.status),
        reached: place.upstream.has_seen(word.as_bytes()),
        control: Some(place.upstream.has_seen(control.as_bytes())),
    })
}

/// Headers of a call in the newer protocol.
fn modern() -> Vec<(String, String)> {
    [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call"), ("mcp-name", "search_notes")]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// A harmless call in the newer protocol.
fn modern_call(id: &str, query: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":"{id}","method":"tools/call","params":{{"name":"search_notes","arguments":{{"query":"{query}"}},"_meta":{{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{{"name":"wire","version":"1"}},"io.modelcontextprotocol/clientCapabilities":{{}}}}}}}}"#
    )
}

/// What a call brings which is answered by the hostile text of this name.
pub fn answered(place: &Place, name: &str, word: &str) -> Result<Vec<String>, String> {
    let target = Target { address: place.gateway, token: &place.token };
    let session = target.session()?;
    let more = [("mcp-session-id".to_owned(), session.clone())];
    let body = crate::stdio::harmless(word, name);
    let response = target.post("/notes/mcp", &more, body.as_bytes()).map_err(|error| error.to_string())?;
    target.end(&session).map_err(|error| error.to_string())?;
    Ok(vec![response.text])
}
