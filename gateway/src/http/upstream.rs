//! A server over HTTP. It gets what was judged, its own credential, and nothing of the client's.

use super::exchange::{Exchange, Frame, Origin};
use super::front::Endpoint;
use super::mirror;
use super::sse::{Event, Reader};
use crate::carry::lock;
use crate::proxy::{Mark, Shown};
use crate::wire::{Text, limits};
use arc_swap::ArcSwap;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// Events without data before an answer that are remembered, to show a denial in the same form.
const MAX_BEFORE: usize = 16;
/// A response whose answer has come is read on for so long, so that its connection can be used again.
const AFTER_ANSWER: Duration = Duration::from_secs(5);

/// Where an upstream's credential comes from; it is read for each request, so that it can be replaced.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Credential {
    /// There is none.
    #[default]
    None,
    /// A bearer token in a file.
    File(PathBuf),
    /// A bearer token in an environment variable.
    Variable(String),
}

impl Credential {
    /// The value of `Authorization`; an error when it cannot be read: a request without it is not sent.
    pub(super) fn header(&self) -> Result<Option<HeaderValue>, UpstreamFault> {
        let text = match self {
            Credential::None => return Ok(None),
            Credential::File(path) => std::fs::read_to_string(path).ok(),
            Credential::Variable(name) => std::env::var(name).ok(),
        };
        let value = text.and_then(|text| HeaderValue::from_str(&format!("Bearer {}", text.trim())).ok());
        let mut value =
            value.ok_or(UpstreamFault { status: StatusCode::BAD_GATEWAY, reason: "upstream_credential" })?;
        value.set_sensitive(true);
        Ok(Some(value))
    }
}

/// A server over HTTP.
pub struct HttpServer {
    /// Its URL.
    pub url: http::Uri,
    /// Its credential.
    pub credential: Credential,
    /// How long it may take to begin an answer.
    pub timeout: Duration,
    tls: rustls::ClientConfig,
    client: ArcSwap<Pooled>,
}

/// A client and its idle connections.
type Pooled = crate::tls::Client<Full<Bytes>>;

impl HttpServer {
    /// A server, with the authorities that its certificate may come from.
    pub fn new(url: http::Uri, credential: Credential, timeout: Duration, tls: rustls::ClientConfig) -> HttpServer {
        let client = ArcSwap::from_pointee(crate::tls::pooled(tls.clone()));
        HttpServer { url, credential, timeout, tls, client }
    }

    /// Closes connections that are idle; what is under way has its own.
    pub fn close_idle(&self) {
        self.client.store(Arc::new(crate::tls::pooled(self.tls.clone())));
    }
}

/// Why a server over HTTP gave no answer that can be forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpstreamFault {
    /// What the client gets.
    pub status: StatusCode,
    /// The stable word.
    pub reason: &'static str,
}

impl UpstreamFault {
    /// It is not there.
    pub fn gone() -> UpstreamFault {
        UpstreamFault { status: StatusCode::BAD_GATEWAY, reason: "upstream_unreachable" }
    }

    /// The same for people.
    pub fn words(&self) -> &'static str {
        match self.reason {
            "upstream_unreachable" => "nothing answers there: is it running, and is the address right?",
            "upstream_timeout" => "it did not answer in time",
            other => other,
        }
    }

    fn of(reason: &'static str) -> UpstreamFault {
        UpstreamFault { status: StatusCode::BAD_GATEWAY, reason }
    }
}

/// Headers of the client that a server gets: those that repeat the body, checked, and the trace.
pub fn forwarded(headers: &HeaderMap) -> HeaderMap {
    let is_forwarded = |name: &HeaderName| {
        let name = name.as_str();
        matches!(name, mirror::VERSION | mirror::METHOD | mirror::NAME | "traceparent" | "tracestate")
            || name.starts_with(mirror::PARAM)
    };
    let rows = headers.iter().filter(|(name, _)| is_forwarded(name));
    rows.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn request(server: &HttpServer, exchange: &Exchange, method: Method) -> Result<http::request::Builder, UpstreamFault> {
    let mut request = Request::builder().method(method).uri(server.url.clone());
    if let Some(credential) = server.credential.header()? {
        request = request.header(header::AUTHORIZATION, credential);
    }
    if let Some(session) = &*lock(&exchange.upstream_session) {
        request = request.header(super::reply::SESSION, session);
    }
    Ok(request)
}

pub(super) async fn send(
    server: &HttpServer,
    request: Request<Full<Bytes>>,
) -> Result<Response<Incoming>, UpstreamFault> {
    match tokio::time::timeout(server.timeout, server.client.load_full().request(request)).await {
        Err(_) => Err(UpstreamFault { status: StatusCode::GATEWAY_TIMEOUT, reason: "upstream_timeout" }),
        Ok(Err(error)) => {
            tracing::warn!(error = %error, "a server cannot be reached");
            Err(UpstreamFault::gone())
        }
        Ok(Ok(response)) => Ok(response),
    }
}

/// Posts a message, with headers of the client or of its own. `None`: it was accepted, and nothing comes back.
pub async fn post(
    server: &HttpServer,
    exchange: &Exchange,
    message: Bytes,
    headers: Option<HeaderMap>,
) -> Result<Option<Response<Incoming>>, UpstreamFault> {
    let mut request = request(server, exchange, Method::POST)?
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json, text/event-stream");
    for (name, value) in &headers.unwrap_or_else(|| own_headers(exchange, &message)) {
        request = request.header(name, value);
    }
    let request = request.body(Full::new(message)).map_err(|_| UpstreamFault::of("upstream_request"))?;
    let response = send(server, request).await?;
    if let Some(session) = response.headers().get(super::reply::SESSION).and_then(|value| value.to_str().ok()) {
        let mut known = lock(&exchange.upstream_session);
        if known.is_none() {
            *known = Some(session.to_owned());
        }
    }
    match response.status() {
        StatusCode::ACCEPTED | StatusCode::NO_CONTENT => Ok(None),
        StatusCode::NOT_FOUND if exchange.session.is_some() => {
            Err(UpstreamFault { status: StatusCode::NOT_FOUND, reason: "session_ended" })
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(UpstreamFault::of("upstream_credential")),
        status if status.is_success() || is_json(&response) => Ok(Some(response)),
        _ => Err(UpstreamFault::of("upstream_status")),
    }
}

/// Headers of a message that the gateway sends by itself.
fn own_headers(exchange: &Exchange, message: &Bytes) -> HeaderMap {
    let mut rows = HeaderMap::new();
    let version = exchange.version();
    if let Some(value) = version.as_deref().and_then(|version| HeaderValue::from_str(version).ok()) {
        rows.insert(mirror::VERSION, value);
    }
    if version.as_deref().is_some_and(crate::proxy::is_modern_version) {
        let mut text = Text::new(message.clone());
        if let Ok(message) = text.read(&limits(message.len())) {
            rows.extend(mirror::headers_of(&message));
        }
    }
    rows
}

/// Opens the server's own stream, from an event on.
pub async fn stream(
    server: &HttpServer,
    exchange: &Exchange,
    last: Option<&str>,
) -> Result<Response<Incoming>, UpstreamFault> {
    let mut request = request(server, exchange, Method::GET)?.header(header::ACCEPT, "text/event-stream");
    if let Some(version) = exchange.version() {
        request = request.header(mirror::VERSION, version);
    }
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    let request = request.body(Full::default()).map_err(|_| UpstreamFault::of("upstream_request"))?;
    let response = send(server, request).await?;
    match response.status() {
        StatusCode::OK if is_events(&response) => Ok(response),
        StatusCode::METHOD_NOT_ALLOWED => {
            Err(UpstreamFault { status: StatusCode::METHOD_NOT_ALLOWED, reason: "no_stream" })
        }
        StatusCode::NOT_FOUND => Err(UpstreamFault { status: StatusCode::NOT_FOUND, reason: "session_ended" }),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(UpstreamFault::of("upstream_credential")),
        _ => Err(UpstreamFault::of("upstream_status")),
    }
}

/// Ends the session at the server.
pub async fn delete(server: &HttpServer, exchange: &Exchange) -> Result<StatusCode, UpstreamFault> {
    let mut request = request(server, exchange, Method::DELETE)?;
    if let Some(version) = exchange.version() {
        request = request.header(mirror::VERSION, version);
    }
    let request = request.body(Full::default()).map_err(|_| UpstreamFault::of("upstream_request"))?;
    send(server, request).await.map(|response| response.status())
}

fn media(response: &Response<Incoming>) -> &str {
    response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn essence(media: &str) -> &str {
    media.split(';').next().unwrap_or_default().trim()
}

pub(super) fn is_json(response: &Response<Incoming>) -> bool {
    essence(media(response)) == "application/json"
}

pub(super) fn is_events(response: &Response<Incoming>) -> bool {
    essence(media(response)) == "text/event-stream"
}

/// Reads a response to its end, message by message, as long as there is the exchange it belongs to.
pub async fn pump(exchange: Weak<Exchange>, response: Response<Incoming>, origin: Origin) {
    let Some(endpoint) = exchange.upgrade().map(|exchange| exchange.endpoint.clone()) else { return };
    let events = is_events(&response);
    let status = Some(response.status());
    let reading = Reading { exchange, endpoint, origin };
    let mut may_resume = false;
    let why = if response.headers().contains_key(header::CONTENT_ENCODING) {
        tracing::warn!(server = %reading.endpoint.server, "an answer is encoded, which was not asked for");
        "answer_malformed"
    } else if events {
        reading.events(response.into_body(), &mut may_resume).await
    } else {
        reading.whole(response.into_body(), status).await
    };
    if let (Origin::Response(id), Some(exchange)) = (&reading.origin, reading.exchange.upgrade()) {
        exchange.response_ended(id, may_resume && exchange.session.is_some(), why);
    }
}

/// A response that is read. It keeps no exchange alive: a server may leave a response open for ever.
struct Reading {
    exchange: Weak<Exchange>,
    endpoint: Arc<Endpoint>,
    origin: Origin,
}

impl Reading {
    /// An event stream. What an answer that has not come by its end is missing for.
    async fn events(&self, mut body: Incoming, may_resume: &mut bool) -> &'static str {
        let mut reader = Reader::new(self.endpoint.max_answer);
        let mut before = Vec::new();
        let mut is_answered = false;
        while let Some(piece) = piece(&mut body, is_answered).await {
            let events = match reader.push(&piece) {
                Ok(events) => events,
                Err(fault) => {
                    tracing::warn!(server = %self.endpoint.server, ?fault, "an event stream cannot be read on");
                    *may_resume = false;
                    return "answer_malformed";
                }
            };
            for event in events {
                let Some(exchange) = self.exchange.upgrade() else { return "server_gone" };
                *may_resume |= event.id.is_some();
                if event.data.is_empty() {
                    // Of more than these an answer's form is not learned.
                    before.truncate(MAX_BEFORE - 1);
                    before.push(Mark { id: event.id.clone(), retry: event.retry });
                    // Without data an event only carries an id to resume from.
                    exchange.deliver(Frame { event, is_answer: false, shown: Shown::Plain }, None, &self.origin);
                } else {
                    exchange.from_server(event, &self.origin, &std::mem::take(&mut before)).await;
                }
                is_answered = matches!(&self.origin, Origin::Response(id) if !lock(&exchange.conversation).is_open(id));
            }
        }
        "server_gone"
    }

    /// A response of one message.
    async fn whole(&self, mut body: Incoming, status: Option<StatusCode>) -> &'static str {
        let mut whole = Vec::new();
        while let Some(piece) = piece(&mut body, false).await {
            if whole.len() + piece.len() > self.endpoint.max_answer {
                tracing::warn!(server = %self.endpoint.server, "an answer is longer than `limits.answer_bytes`");
                return "answer_too_long";
            }
            whole.extend_from_slice(&piece);
        }
        if let Some(exchange) = self.exchange.upgrade().filter(|_| !whole.is_empty()) {
            let event = Event { data: Bytes::from(whole), status, ..Event::default() };
            exchange.from_server(event, &self.origin, &[]).await;
        }
        "server_gone"
    }
}

/// The next piece of a body. Once its answer has come, a response is not waited for without end.
async fn piece(body: &mut Incoming, is_answered: bool) -> Option<Bytes> {
    loop {
        let frame = match is_answered {
            false => body.frame().await,
            true => tokio::time::timeout(AFTER_ANSWER, body.frame()).await.ok()?,
        };
        if let Ok(piece) = frame?.ok()?.into_data() {
            return Some(piece);
        }
    }
}
