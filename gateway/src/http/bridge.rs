//! A server over HTTP as lines on a pair of streams, one message at a time: enough to ask it what it offers.
//! Nothing is decided here; it stands before no client.

use super::mirror;
use super::reply::SESSION;
use super::sse::Reader;
use super::upstream::{HttpServer, is_events, send};
use crate::proxy::is_modern_version;
use crate::wire::lines::{LineLimits, Lines};
use crate::wire::{Text, limits, str_at};
use bytes::Bytes;
use http::{Method, Request, Response, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

/// Longest message of either side.
const MAX_MESSAGE: usize = 64 << 20;

/// What is known of the conversation.
#[derive(Default)]
struct Known {
    session: Option<String>,
    version: Option<String>,
}

/// Carries lines to a server, and what it answers back, until the lines end. The error is for whoever reads it.
pub async fn bridge(
    server: &HttpServer,
    input: impl AsyncRead + Unpin,
    mut output: impl AsyncWrite + Unpin,
) -> Result<(), String> {
    let mut lines = Lines::new(input, LineLimits { max_bytes: MAX_MESSAGE, max_time: Duration::from_secs(60) });
    let mut known = Known::default();
    while let Some(line) = lines.next().await.map_err(|fault| fault.reason().to_owned())? {
        for message in exchange(server, line, &mut known).await? {
            // One message a line: line ends within it are only white space.
            let one: Vec<u8> =
                message.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }).collect();
            output.write_all(&one).await.map_err(|error| error.to_string())?;
            output.write_all(b"\n").await.map_err(|error| error.to_string())?;
            output.flush().await.map_err(|error| error.to_string())?;
        }
    }
    if let Some(session) = known.session {
        let request = plain(server, Method::DELETE)?.header(SESSION, session).body(Full::default());
        // A server that keeps its session lets it expire.
        let _ = send(server, request.map_err(|error| error.to_string())?).await;
    }
    Ok(())
}

fn plain(server: &HttpServer, method: Method) -> Result<http::request::Builder, String> {
    let request = Request::builder().method(method).uri(server.url.clone());
    match server.credential.header() {
        Ok(None) => Ok(request),
        Ok(Some(credential)) => Ok(request.header(header::AUTHORIZATION, credential)),
        Err(_) => Err("the credential cannot be read".to_owned()),
    }
}

/// Posts a message; what comes back for it.
async fn exchange(server: &HttpServer, line: Bytes, known: &mut Known) -> Result<Vec<Bytes>, String> {
    let mut request = plain(server, Method::POST)?
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json, text/event-stream");
    let mut text = Text::new(line.clone());
    let message = text.read(&limits(MAX_MESSAGE)).map_err(|fault| fault.to_string())?;
    let own = message
        .params
        .and_then(|params| str_at(message.document, params, &["_meta", "io.modelcontextprotocol/protocolVersion"]));
    if let Some(version) = own.or(known.version.as_deref()) {
        request = request.header(mirror::VERSION, version);
    }
    if own.is_some_and(is_modern_version) {
        for (name, value) in mirror::headers_of(&message) {
            request = request.header(name, value);
        }
    }
    if let Some(session) = &known.session {
        request = request.header(SESSION, session);
    }
    let is_greeting = message.method == "initialize";
    let request = request.body(Full::new(line)).map_err(|error| error.to_string())?;
    let response = send(server, request).await.map_err(|fault| format!("{}: {}", server.url, fault.reason))?;
    if let Some(session) = response.headers().get(SESSION).and_then(|value| value.to_str().ok()) {
        known.session.get_or_insert_with(|| session.to_owned());
    }
    let answers = read(server, response).await?;
    if is_greeting {
        known.version = answers.iter().find_map(agreed_version);
    }
    Ok(answers)
}

/// The version that an answer to `initialize` agrees on.
fn agreed_version(answer: &Bytes) -> Option<String> {
    let mut text = Text::new(answer.clone());
    let document = text.read_json(&limits(MAX_MESSAGE)).ok()?;
    str_at(document, document.root(), &["result", "protocolVersion"]).map(str::to_owned)
}

/// The messages of a response.
async fn read(server: &HttpServer, response: Response<Incoming>) -> Result<Vec<Bytes>, String> {
    let (status, events) = (response.status(), is_events(&response));
    let is_json = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.to_str().is_ok_and(|media| media.starts_with("application/json")));
    if !status.is_success() && !is_json {
        return Err(format!("{} answers {status}", server.url));
    }
    let body = Limited::new(response.into_body(), MAX_MESSAGE).collect().await;
    let body = body.map_err(|error| format!("{}: {error}", server.url))?.to_bytes();
    if !events {
        return Ok(if body.is_empty() { Vec::new() } else { vec![body] });
    }
    let events = Reader::new(MAX_MESSAGE).push(&body).map_err(|_| "the event stream cannot be read".to_owned())?;
    Ok(events.into_iter().map(|event| event.data).filter(|data| !data.is_empty()).collect())
}
