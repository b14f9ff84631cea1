//! A server over HTTP as lines on a pair of streams, one message at a time: enough to ask it what it offers.
//! Nothing is decided here; it stands before no client.

use super::mirror;
use super::reply::SESSION;
use super::sse::Reader;
use super::upstream::{HttpServer, is_events, is_json, send};
use crate::proxy::{is_modern_version, version_of};
use crate::wire::lines::{LineLimits, Lines};
use crate::wire::{Text, Token, limits, str_at};
use bytes::Bytes;
use http::{Method, Request, Response, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use mcpz_runtime::json::MessageKind;
use std::collections::VecDeque;
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
        exchange(server, line, &mut known, &mut output).await?;
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

/// Posts a message, and writes what comes back for it, as it comes.
async fn exchange(
    server: &HttpServer,
    line: Bytes,
    known: &mut Known,
    output: &mut (impl AsyncWrite + Unpin),
) -> Result<(), String> {
    let mut request = plain(server, Method::POST)?
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json, text/event-stream");
    let mut text = Text::new(line.clone());
    let message = text.read(&limits(MAX_MESSAGE)).map_err(|fault| fault.to_string())?;
    let own = version_of(&message);
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
    let asked = message.id.and_then(|id| Token::of(message.document, id));
    let request = request.body(Full::new(line)).map_err(|error| error.to_string())?;
    let response = send(server, request).await.map_err(|fault| format!("{}: {}", server.url, fault.words()))?;
    if let Some(session) = response.headers().get(SESSION).and_then(|value| value.to_str().ok()) {
        known.session.get_or_insert_with(|| session.to_owned());
    }
    let mut answers = Answers::of(server, response)?;
    while let Some(answer) = answers.next().await.map_err(|problem| format!("{}: {problem}", server.url))? {
        write(&answer, output).await?;
        if is_greeting {
            known.version = known.version.take().or_else(|| agreed_version(&answer));
        }
        // A server may leave its response open.
        if asked.is_some() && answered(&answer) == asked {
            break;
        }
    }
    Ok(())
}

/// Writes a message as a line: line ends within it are only white space.
async fn write(message: &Bytes, output: &mut (impl AsyncWrite + Unpin)) -> Result<(), String> {
    let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let mut line: Vec<u8> = message.iter().map(|byte| if is_end(byte) { b' ' } else { *byte }).collect();
    line.push(b'\n');
    output.write_all(&line).await.map_err(|error| error.to_string())?;
    output.flush().await.map_err(|error| error.to_string())
}

/// The version that an answer to `initialize` agrees on.
fn agreed_version(answer: &Bytes) -> Option<String> {
    let mut text = Text::new(answer.clone());
    let document = text.read_json(&limits(MAX_MESSAGE)).ok()?;
    str_at(document, document.root(), &["result", "protocolVersion"]).map(str::to_owned)
}

/// The request that a message answers.
fn answered(message: &Bytes) -> Option<Token> {
    let mut text = Text::new(message.clone());
    let message = text.read(&limits(MAX_MESSAGE)).ok().filter(|message| message.kind == MessageKind::Response)?;
    message.id.and_then(|id| Token::of(message.document, id))
}

/// The messages of a response, as they come.
struct Answers {
    body: Incoming,
    /// Reads events; absent where all of the response is one message.
    reader: Option<Reader>,
    ready: VecDeque<Bytes>,
}

impl Answers {
    fn of(server: &HttpServer, response: Response<Incoming>) -> Result<Answers, String> {
        let status = response.status();
        if !status.is_success() && !is_json(&response) {
            return Err(format!("{} answers {status}", server.url));
        }
        let reader = is_events(&response).then(|| Reader::new(MAX_MESSAGE));
        Ok(Answers { body: response.into_body(), reader, ready: VecDeque::new() })
    }

    async fn next(&mut self) -> Result<Option<Bytes>, String> {
        let Some(reader) = &mut self.reader else {
            let whole = Limited::new(&mut self.body, MAX_MESSAGE).collect().await;
            let whole = whole.map_err(|error| error.to_string())?.to_bytes();
            return Ok(Some(whole).filter(|whole| !whole.is_empty()));
        };
        while self.ready.is_empty() {
            let Some(frame) = self.body.frame().await else { return Ok(None) };
            let Ok(piece) = frame.map_err(|error| error.to_string())?.into_data() else { continue };
            let events = reader.push(&piece).map_err(|_| "the event stream cannot be read".to_owned())?;
            self.ready.extend(events.into_iter().map(|event| event.data).filter(|data| !data.is_empty()));
        }
        Ok(self.ready.pop_front())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Credential;
    use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

    #[tokio::test(flavor = "multi_thread")]
    async fn what_a_server_says_is_handed_on_as_it_comes_and_a_response_left_open_ends_with_its_answer() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = Vec::new();
                while !request.ends_with(b"}") {
                    let mut some = [0; 4096];
                    let count = stream.read(&mut some).await.unwrap();
                    request.extend_from_slice(&some[..count]);
                }
                let events = "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{}}\n\n\
                              data: {\"jsonrpc\":\"2.0\",\ndata: \"id\":7,\"result\":{}}\n\n";
                let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
                stream.write_all(format!("{head}{events}").as_bytes()).await.unwrap();
                open.push(stream);
            }
        });
        let tls = crate::tls::client(None).unwrap();
        let server = HttpServer::new(url, Credential::None, Duration::from_secs(20), tls);
        let ((ours, theirs), (said, heard)) = (tokio::io::duplex(4096), tokio::io::duplex(4096));
        let bridging = tokio::spawn(async move { bridge(&server, theirs, said).await });
        let (mut ours, mut lines) = (ours, BufReader::new(heard).lines());
        let told = async {
            for _ in 0..2 {
                ours.write_all(b"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}\n").await.unwrap();
                assert!(lines.next_line().await.unwrap().unwrap().contains("notifications/message"));
                assert_eq!(lines.next_line().await.unwrap().unwrap(), r#"{"jsonrpc":"2.0", "id":7,"result":{}}"#);
            }
            drop(ours);
            bridging.await.unwrap()
        };
        assert_eq!(tokio::time::timeout(Duration::from_secs(20), told).await.expect("in time"), Ok(()));
    }
}
