//! The front: which path is which server, whose session is whose, and everything that is live.

use super::checks::Allowed;
use super::exchange::{Exchange, Lease};
use super::reply::Body;
use super::upstream::HttpServer;
use super::{checks, post, reply, stream};
use crate::carry::{Ledgers, lock, now_ms};
use crate::proxy::{Conversation, Peer, Shared, Visitor, random_hex};
use crate::record::{Event, Record};
use crate::stdio::Command;
use crate::verified::{Key, Verified};
use crate::wire::Token;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use std::collections::BTreeMap;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;
use tokio::sync::Notify;

/// Most sessions of one principal at one server.
const MAX_SESSIONS: usize = 64;
/// Most exchanges that share the servers over stdio of one principal.
const MAX_LANES: usize = 8;

/// A server's place at the front.
pub struct Endpoint {
    /// Its name in the policy.
    pub server: String,
    /// Its path here, `/fs/mcp`.
    pub path: String,
    /// The URL that tokens must be for.
    pub resource: String,
    /// Where clients learn how to get a token.
    pub metadata_url: String,
    /// How it is reached.
    pub upstream: Upstream,
    /// Longest message of it.
    pub max_answer: usize,
    /// So many bytes may wait for a client that reads slowly; then its stream is cut.
    pub max_queued: usize,
    /// How long a survey of it may take.
    pub survey_time: Duration,
}

/// How a server is reached.
pub enum Upstream {
    /// As a child process, one for each session.
    Stdio(Command),
    /// Over HTTP.
    Http(Box<HttpServer>),
}

/// What a request shows of who sent it.
pub struct Presented<'a> {
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// The client's certificate, verified by TLS.
    pub certificate: Option<&'a [u8]>,
    /// Its method.
    pub method: &'a Method,
    /// The URL that tokens must be for.
    pub resource: &'a str,
}

/// Why a credential is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotVerified {
    /// The status.
    pub status: StatusCode,
    /// The stable word.
    pub reason: &'static str,
    /// The value of `WWW-Authenticate`.
    pub challenge: Option<String>,
}

/// A credential that is being verified.
pub type Verifying<'a> = Pin<Box<dyn Future<Output = Result<Arc<Verified>, NotVerified>> + Send + 'a>>;
/// Verifies credentials.
pub type Verify = Arc<dyn for<'a> Fn(Presented<'a>, &'a Endpoint) -> Verifying<'a> + Send + Sync>;

/// Says where clients get credentials: protected resource metadata (RFC 9728).
pub type Describe = Arc<dyn Fn(&Endpoint) -> bytes::Bytes + Send + Sync>;

/// How the front behaves.
pub struct Settings {
    /// Hosts and origins.
    pub allowed: Allowed,
    /// Longest body.
    pub max_request: usize,
    /// A body must have come within this time.
    pub body_time: Duration,
    /// A session that was not used for so long ends.
    pub idle: Duration,
    /// `context` facts: the text of a JSON object.
    pub context: Option<String>,
}

/// Everything that serves clients.
pub struct Front {
    /// What conversations share.
    pub shared: Arc<Shared>,
    /// Where records go.
    pub ledgers: Ledgers,
    /// Verifies credentials.
    pub verify: Verify,
    /// Servers by path.
    pub endpoints: BTreeMap<String, Arc<Endpoint>>,
    /// Describes servers.
    pub describe: Describe,
    /// Servers by the path of their description.
    described: BTreeMap<String, Arc<Endpoint>>,
    /// How it behaves.
    pub settings: Settings,
    live: Mutex<Live>,
    draining: AtomicBool,
}

/// What is live.
#[derive(Default)]
struct Live {
    sessions: BTreeMap<String, (Key, Arc<Exchange>)>,
    /// Servers over stdio for clients without sessions, by path and principal.
    lanes: BTreeMap<(String, Key), Vec<Arc<Exchange>>>,
    /// Everything else that was begun; what has ended is gone.
    others: Vec<Weak<Exchange>>,
}

/// One connection's own.
#[derive(Debug, Clone, Default)]
pub struct Connection {
    /// The peer's address.
    pub network: Option<IpAddr>,
    /// Its certificate.
    pub certificate: Option<Vec<u8>>,
    /// Told when it is to be closed, whatever its client has not read yet.
    pub hang_up: Arc<Notify>,
}

impl Front {
    /// A front where nothing is live.
    pub fn new(
        shared: Arc<Shared>,
        ledgers: Ledgers,
        (verify, describe): (Verify, Describe),
        endpoints: Vec<Endpoint>,
        settings: Settings,
    ) -> Front {
        let endpoints: BTreeMap<String, Arc<Endpoint>> =
            endpoints.into_iter().map(|endpoint| (endpoint.path.clone(), Arc::new(endpoint))).collect();
        let path_of = |endpoint: &Endpoint| {
            let url = endpoint.metadata_url.parse::<http::Uri>().ok()?;
            Some(url.path().to_owned())
        };
        let described =
            endpoints.values().filter_map(|endpoint| Some((path_of(endpoint)?, endpoint.clone()))).collect();
        Front {
            shared,
            ledgers,
            verify,
            endpoints,
            settings,
            describe,
            described,
            live: Mutex::default(),
            draining: AtomicBool::new(false),
        }
    }

    /// Answers one request.
    pub async fn serve(self: &Arc<Self>, request: Request<Incoming>, connection: &Connection) -> Response<Body> {
        let (parts, body) = request.into_parts();
        if let Err(refused) = checks::request(&parts.method, &parts.headers, &parts.uri, &self.settings.allowed) {
            self.note_refusal("", refused.reason).await;
            return reply::refused(refused);
        }
        if parts.method == Method::GET
            && let Some(endpoint) = self.described.get(parts.uri.path())
        {
            return reply::whole(StatusCode::OK, Some("application/json"), (self.describe)(endpoint));
        }
        let Some(endpoint) = self.endpoints.get(parts.uri.path()).cloned() else {
            return reply::refused(checks::refused(StatusCode::NOT_FOUND, "http_path"));
        };
        if self.draining.load(Ordering::Acquire) {
            return reply::refused(checks::refused(StatusCode::SERVICE_UNAVAILABLE, "draining"));
        }
        let presented = Presented {
            headers: &parts.headers,
            certificate: connection.certificate.as_deref(),
            method: &parts.method,
            resource: &endpoint.resource,
        };
        let who = match (self.verify)(presented, &endpoint).await {
            Ok(who) => who,
            Err(refusal) => return self.not_verified(&endpoint, refusal).await,
        };
        let visit = Visit { front: self, endpoint, who, connection };
        match parts.method {
            Method::POST => post::answer(visit, &parts, body).await,
            Method::GET => stream::open(visit, &parts.headers).await,
            _ => stream::close(visit, &parts.headers).await,
        }
    }

    async fn not_verified(&self, endpoint: &Endpoint, refusal: NotVerified) -> Response<Body> {
        self.note_refusal(&endpoint.server, refusal.reason).await;
        let mut response = reply::refused(checks::refused(refusal.status, refusal.reason));
        if let Some(value) = refusal.challenge.and_then(|text| HeaderValue::from_str(&text).ok()) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
        }
        response
    }

    /// Writes down that a request was refused before it was a message.
    pub async fn note_refusal(&self, server: &str, reason: &str) {
        let digest = self.shared.policy.snapshot().digest.clone();
        let record = Record {
            server: server.to_owned(),
            effect: "deny",
            bundle: digest,
            ..Record::event(Event::Credential, now_ms(), reason)
        };
        if let Err(error) = self.ledgers.log.append(record).await {
            tracing::error!(error = %error, "the audit log cannot be written");
        }
    }

    /// From now on nothing new is begun.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Whether nothing new is begun any more.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Everything that is live.
    pub fn live(&self) -> Vec<Arc<Exchange>> {
        let live = lock(&self.live);
        let kept = live.sessions.values().map(|(_, exchange)| exchange).chain(live.lanes.values().flatten());
        kept.cloned().chain(live.others.iter().filter_map(Weak::upgrade)).collect()
    }

    /// Judges again everything that is open: the bundle or the kill switch changed.
    pub async fn changed(&self) {
        let all = self.live();
        futures_util::future::join_all(all.iter().map(|exchange| exchange.changed())).await;
        self.sweep();
    }

    /// Closes idle connections to servers: the kill switch changed.
    pub fn close_idle(&self) {
        for endpoint in self.endpoints.values() {
            if let Upstream::Http(server) = &endpoint.upstream {
                server.close_idle();
            }
        }
    }

    /// Lets go of what has ended or was not used for long.
    pub fn sweep(&self) {
        let oldest = now_ms().saturating_sub(i64::try_from(self.settings.idle.as_millis()).unwrap_or(i64::MAX));
        let is_kept = |exchange: &Arc<Exchange>| {
            !exchange.is_over() && (exchange.is_busy() || exchange.used_ms.load(Ordering::Relaxed) > oldest)
        };
        let mut live = lock(&self.live);
        live.sessions.retain(|_, (_, exchange)| is_kept(exchange));
        live.lanes.values_mut().for_each(|lanes| lanes.retain(is_kept));
        live.lanes.retain(|_, lanes| !lanes.is_empty());
        live.others.retain(|exchange| exchange.strong_count() > 0);
    }

    /// How many sessions there are.
    pub fn sessions(&self) -> usize {
        lock(&self.live).sessions.len()
    }
}

/// One request, with everything that is known of it beside its body.
pub struct Visit<'a> {
    /// The front.
    pub front: &'a Arc<Front>,
    /// The server it is for.
    pub endpoint: Arc<Endpoint>,
    /// Who sent it.
    pub who: Arc<Verified>,
    /// Its connection.
    pub connection: &'a Connection,
}

impl Visit<'_> {
    /// Who speaks, with the credential and from the address of this request.
    pub fn visitor(&self) -> Visitor {
        let peer = Peer { network: self.connection.network, context: self.front.settings.context.clone() };
        Visitor { who: self.who.clone(), peer }
    }

    fn conversation(&self) -> Conversation {
        let Visitor { who, peer } = self.visitor();
        Conversation::new(self.front.shared.clone(), &self.endpoint.server, who, peer)
    }

    fn exchange(&self, session: Option<String>) -> Arc<Exchange> {
        let ledgers = self.front.ledgers.clone();
        Arc::new(Exchange::new(self.conversation(), self.endpoint.clone(), ledgers, session))
    }

    /// The session of this id, if it is one of this principal's at this server.
    pub fn session(&self, id: &str) -> Option<Arc<Exchange>> {
        let exchange = {
            let live = lock(&self.front.live);
            let (key, exchange) = live.sessions.get(id)?;
            if *key != self.who.key || exchange.endpoint.path != self.endpoint.path || exchange.is_over() {
                return None;
            }
            exchange.clone()
        };
        let is_same = lock(&exchange.conversation).renew(&self.visitor());
        is_same.then_some(exchange)
    }

    /// A session that may begin: it is kept once its server agreed.
    pub fn begin_session(&self) -> Option<Arc<Exchange>> {
        let own = |(key, exchange): &&(Key, Arc<Exchange>)| {
            *key == self.who.key && exchange.endpoint.path == self.endpoint.path
        };
        if lock(&self.front.live).sessions.values().filter(own).count() >= MAX_SESSIONS {
            return None;
        }
        let exchange = self.exchange(Some(random_hex(16)));
        lock(&self.front.live).others.push(Arc::downgrade(&exchange));
        Some(exchange)
    }

    /// Keeps a session.
    pub fn keep_session(&self, exchange: &Arc<Exchange>) {
        if let Some(id) = &exchange.session {
            lock(&self.front.live).sessions.insert(id.clone(), (self.who.key, exchange.clone()));
        }
    }

    /// Ends a session.
    pub fn end_session(&self, exchange: &Arc<Exchange>) {
        if let Some(id) = &exchange.session {
            lock(&self.front.live).sessions.remove(id);
        }
        exchange.end();
    }

    /// An exchange for a request that stands for itself: its own over HTTP; over stdio one of the principal's
    /// where the request's id is free.
    pub fn stateless(&self, id: Option<&Token>) -> Option<(Arc<Exchange>, Option<Lease>)> {
        let mut live = lock(&self.front.live);
        if let Upstream::Http(_) = self.endpoint.upstream {
            let exchange = self.exchange(None);
            live.others.push(Arc::downgrade(&exchange));
            return Some((exchange, None));
        }
        let lanes = live.lanes.entry((self.endpoint.path.clone(), self.who.key)).or_default();
        lanes.retain(|exchange| !exchange.is_over());
        for exchange in lanes.iter() {
            let is_same = lock(&exchange.conversation).renew(&self.visitor());
            match id.map(|id| exchange.lease(id)) {
                None if is_same => return Some((exchange.clone(), None)),
                Some(Some(lease)) if is_same => return Some((exchange.clone(), Some(lease))),
                _ => {}
            }
        }
        if lanes.len() >= MAX_LANES {
            return None;
        }
        let exchange = self.exchange(None);
        lanes.push(exchange.clone());
        let lease = id.and_then(|id| exchange.lease(id));
        Some((exchange, lease))
    }
}
