//! Peers: a recording server as a child process, a recording server over HTTP, and a client that sends bytes.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use mcpz_gateway::config::{Config, ConfigError};
use mcpz_gateway::serve::{self, Running};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Nothing that is awaited may take longer.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Awaits something, with a deadline.
pub async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("in time")
}

/// The recording server, built beside this test.
pub fn recording_server() -> String {
    let exe = std::env::current_exe().unwrap();
    let built = exe.parent().unwrap().parent().unwrap().join("examples").join("recording-server");
    assert!(built.is_file(), "{} is built with the tests", built.display());
    built.to_str().unwrap().to_owned()
}

/// A folder with a catalog and a place for records.
pub struct Folder {
    pub folder: tempfile::TempDir,
}

impl Folder {
    pub fn new() -> Folder {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("notes.json"), super::CATALOG).unwrap();
        std::fs::write(folder.path().join("record"), "").unwrap();
        Folder { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The command of the recording server.
    pub fn command(&self) -> Vec<String> {
        let text = |path: PathBuf| path.to_str().unwrap().to_owned();
        vec![recording_server(), text(self.path("record")), text(self.path("notes.json"))]
    }

    /// What reached the server, but for what the gateway asked by itself.
    pub fn reached(&self) -> Vec<Value> {
        let record = std::fs::read_to_string(self.path("record")).unwrap();
        let all = record.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        all.filter(|message| !message["id"].as_str().is_some_and(|id| id.starts_with("mcpz-"))).collect()
    }

    /// Names of tools that were called at the server.
    pub fn called(&self) -> Vec<String> {
        let calls = self.reached().into_iter().filter(|message| message["method"] == "tools/call");
        calls.map(|message| message["params"]["name"].as_str().unwrap().to_owned()).collect()
    }
}

/// A gateway in front of one server, `notes`.
pub async fn gateway(folder: &Folder, server: &str, policy: &str) -> Running {
    let text = format!(
        "policy = {:?}\n[listen]\naddress = \"127.0.0.1:0\"\nhosts = [\"gateway\"]\norigins = [\"https://app.example\"]\n\
         [admin]\naddress = \"127.0.0.1:0\"\n[identity]\nanonymous = true\n[limits]\ndrain_s = 2\nmessage_s = 2\n[server.notes]\n{server}\n",
        folder.folder.path()
    );
    gateway_of(&text, policy).await.unwrap()
}

/// A gateway of a configuration; its policy is a folder that is not looked into. Without an audit log its rules do not
/// ask for one.
pub async fn gateway_of(config: &str, policy: &str) -> Result<Running, ConfigError> {
    let config = Config::parse(config)?;
    let policy = match config.audit.folder {
        Some(_) => policy.to_owned(),
        None => policy.replace("audit full", "audit none"),
    };
    let compile = move |_: &std::path::Path| Ok(super::material(&policy));
    serve::start(&config, Arc::new(compile)).await
}

/// One response.
#[derive(Debug, Clone)]
pub struct Response {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Response {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The messages of an event stream.
    pub fn events(&self) -> Vec<Value> {
        let data = self.body.lines().filter_map(|line| line.strip_prefix("data: "));
        data.filter(|data| !data.is_empty()).map(|data| serde_json::from_str(data).unwrap()).collect()
    }
}

/// Sends bytes, and reads until the peer closes.
pub async fn raw(address: SocketAddr, request: &[u8]) -> Response {
    let mut stream = soon(TcpStream::connect(address)).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut bytes = Vec::new();
    let _ = soon(stream.read_to_end(&mut bytes)).await;
    parse(&bytes)
}

/// Reads a response.
pub fn parse(bytes: &[u8]) -> Response {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let chunked = headers.get("transfer-encoding").is_some_and(|value| value == "chunked");
    let body = if chunked { unchunk(body) } else { body.to_owned() };
    Response { status: status.unwrap_or(0), headers, body }
}

fn unchunk(mut body: &str) -> String {
    let mut out = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let Ok(size) = usize::from_str_radix(size, 16) else { break };
        let Some(piece) = rest.get(..size) else { break };
        out.push_str(piece);
        body = rest.get(size + 2..).unwrap_or("");
    }
    out
}

/// A POST of a message as any client would send it, with more headers.
pub fn post(body: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut head = format!(
        "POST /notes/mcp HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    format!("{head}\r\n{body}").into_bytes()
}

/// Serves HTTP on a free port, over TLS when there is any; its URL.
pub async fn serve_http<F, R>(tls: Option<Arc<rustls::ServerConfig>>, answer: F) -> String
where
    F: Fn(hyper::Request<Incoming>) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = hyper::Response<Full<Bytes>>> + Send + 'static,
{
    serve_counted(tls, Arc::default(), answer).await
}

/// As [`serve_http`]; counts the connections that are open.
async fn serve_counted<F, R>(tls: Option<Arc<rustls::ServerConfig>>, open: Arc<AtomicUsize>, answer: F) -> String
where
    F: Fn(hyper::Request<Incoming>) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = hyper::Response<Full<Bytes>>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let scheme = if tls.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let answer = answer.clone();
            let service = service_fn(move |request| {
                let answered = answer(request);
                async move { Ok::<_, Infallible>(answered.await) }
            });
            let connection = hyper::server::conn::http1::Builder::new();
            let (tls, open) = (tls.clone(), open.clone());
            tokio::spawn(async move {
                open.fetch_add(1, Ordering::SeqCst);
                // A client that does not trust us leaves.
                match tls {
                    None => drop(connection.serve_connection(TokioIo::new(stream), service).await),
                    Some(tls) => {
                        if let Ok(stream) = tokio_rustls::TlsAcceptor::from(tls).accept(stream).await {
                            let _ = connection.serve_connection(TokioIo::new(stream), service).await;
                        }
                    }
                }
                open.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    url
}

/// Headers and message of a request.
pub type Seen = (BTreeMap<String, String>, Value);

/// A server over HTTP that writes down what it gets.
#[derive(Clone, Default)]
pub struct HttpPeer {
    pub seen: Arc<Mutex<Vec<Seen>>>,
    /// Answers are event streams.
    pub events: bool,
    /// Connections that are open.
    pub connections: Arc<AtomicUsize>,
    url: Arc<Mutex<String>>,
}

impl HttpPeer {
    pub async fn start(events: bool) -> (HttpPeer, String) {
        let peer = HttpPeer { events, ..HttpPeer::default() };
        let url = peer.clone().serve(None).await;
        (peer, url)
    }

    /// Over TLS.
    pub async fn start_tls(tls: Arc<rustls::ServerConfig>) -> (HttpPeer, String) {
        let peer = HttpPeer::default();
        let url = peer.clone().serve(Some(tls)).await;
        (peer, url)
    }

    async fn serve(self, tls: Option<Arc<rustls::ServerConfig>>) -> String {
        let (connections, url) = (self.connections.clone(), self.url.clone());
        let root = serve_counted(tls, connections, move |request| {
            let peer = self.clone();
            async move { peer.answer(request).await }
        });
        let root = root.await;
        url.lock().unwrap().clone_from(&root);
        format!("{root}/mcp")
    }

    /// Host and port.
    pub fn address(&self) -> String {
        let url = self.url.lock().unwrap();
        url.split_once("://").map(|(_, address)| address.to_owned()).unwrap()
    }

    /// Messages that reached the server, but for what the gateway asked by itself.
    pub fn reached(&self) -> Vec<Value> {
        let seen = self.seen.lock().unwrap();
        let messages = seen.iter().map(|(_, message)| message.clone());
        messages.filter(|message| !message["id"].as_str().is_some_and(|id| id.starts_with("mcpz-"))).collect()
    }

    /// Every header that reached the server.
    pub fn headers(&self) -> Vec<(String, String)> {
        self.seen.lock().unwrap().iter().flat_map(|(headers, _)| headers.clone()).collect()
    }

    async fn answer(&self, request: hyper::Request<Incoming>) -> hyper::Response<Full<Bytes>> {
        let (parts, body) = request.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let message: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let headers = parts
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned()));
        self.seen.lock().unwrap().push((headers.collect(), message.clone()));
        if parts.method != "POST" {
            let status = if parts.method == "GET" { 405 } else { 200 };
            return hyper::Response::builder().status(status).body(Full::default()).unwrap();
        }
        let Some(result) = result(&message) else {
            return hyper::Response::builder().status(202).body(Full::default()).unwrap();
        };
        let answer = match unknown(&message) {
            Some(error) => json!({"jsonrpc": "2.0", "id": message["id"], "error": error}).to_string(),
            None => json!({"jsonrpc": "2.0", "id": message["id"], "result": result}).to_string(),
        };
        let answer = match message["params"]["arguments"]["query"].as_str() {
            Some("nameless") => r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"?"}}"#.to_owned(),
            Some("torn") => answer[..answer.len() / 2].to_owned(),
            _ => answer,
        };
        let (media, body) = match self.events {
            false => ("application/json", answer),
            true => ("text/event-stream", format!("id: e1\ndata: \n\nid: e2\nevent: message\ndata: {answer}\n\n")),
        };
        let response = hyper::Response::builder().header("content-type", media);
        let response = match message["method"] == "initialize" {
            true => response.header("mcp-session-id", "upstream-session"),
            false => response,
        };
        response.body(Full::from(body)).unwrap()
    }
}

/// What the server over HTTP says of tools that it does not have, in words of its own.
fn unknown(message: &Value) -> Option<Value> {
    let catalog: Value = serde_json::from_str(super::CATALOG).unwrap();
    let name = &message["params"]["name"];
    let is_known = catalog["tools"].as_array().unwrap().iter().any(|tool| tool["name"] == *name);
    (message["method"] == "tools/call" && !is_known)
        .then(|| json!({"code": -32602, "message": format!("there is no {}", name.as_str().unwrap())}))
}

/// What the server over HTTP answers.
fn result(message: &Value) -> Option<Value> {
    let catalog: Value = serde_json::from_str(super::CATALOG).unwrap();
    message.get("id")?;
    Some(match message["method"].as_str()? {
        "initialize" => json!({"protocolVersion": "2025-11-25", "capabilities": {"tools": {}},
            "serverInfo": {"name": "notes", "version": "1"}}),
        "tools/list" => json!({"tools": catalog["tools"], "resultType": "complete"}),
        "prompts/list" => json!({"prompts": catalog["prompts"], "resultType": "complete"}),
        "resources/list" => json!({"resources": catalog["resources"], "resultType": "complete"}),
        "resources/templates/list" => {
            json!({"resourceTemplates": catalog["resourceTemplates"], "resultType": "complete"})
        }
        _ => json!({"content": [{"type": "text", "text": "done"}], "resultType": "complete"}),
    })
}
