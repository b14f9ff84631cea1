//! One client's exchange with one server: requests, notifications and answers, matched to one another.
//!
//! [`Conversation::take`] is the way in for every message. What may not pass is answered or dropped here;
//! what may pass goes on as the bytes that came in.

use super::answers::{self, Open};
use super::denial::{self, Shown};
use super::judge::{Judged, Peer, Seat, judge, take_limits};
use super::methods::{self, Era, STATELESS_VERSION};
use super::survey::{Survey, SurveyedServer};
use super::{Action, Shared, Step, open, reports};
use crate::pins::Kind as Pinned;
use crate::policy::Snapshot;
use crate::record::{Event, Record};
use crate::state::Labels;
use crate::verified::Verified;
use crate::wire::{self, Side, Text, Token, at};
use bytes::Bytes;
use mcpz_runtime::decision::{DenyMode, Obligations};
use mcpz_runtime::json::{FaultKind, JsonFault, Message, MessageKind};
use mcpz_runtime::{Caller, Scratch};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// Limits on messages, and on what may be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest message of a client.
    pub max_request: usize,
    /// Longest message of a server.
    pub max_answer: usize,
    /// Most requests that wait for an answer, in each direction.
    pub max_open: usize,
    /// Whether a server is surveyed when a client connects.
    pub survey: bool,
    /// How long a survey of a server without sessions holds.
    pub survey_fresh_ms: i64,
}

impl Default for Limits {
    fn default() -> Limits {
        let mebibyte = 1024 * 1024;
        Limits {
            max_request: 4 * mebibyte,
            max_answer: 16 * mebibyte,
            max_open: 1024,
            survey: true,
            survey_fresh_ms: 60_000,
        }
    }
}

/// Who talks with whom, from where: what stays the same.
struct Place {
    shared: Arc<Shared>,
    server: String,
    who: Arc<Verified>,
    labels: Arc<Mutex<Labels>>,
    peer: Peer,
}

/// One message's way: the snapshot it is decided with, and when it came.
struct Now {
    snapshot: Arc<Snapshot>,
    caller: Arc<Caller>,
    now_ms: i64,
    begun: Instant,
}

impl Place {
    fn now(&self, now_ms: i64) -> Now {
        let snapshot = self.shared.policy.snapshot();
        let caller = self.shared.caller(&snapshot, &self.who);
        Now { snapshot, caller, now_ms, begun: Instant::now() }
    }

    fn seat<'a>(&'a self, now: &'a Now) -> Seat<'a> {
        Seat {
            shared: &self.shared,
            snapshot: &now.snapshot,
            caller: &now.caller,
            who: &self.who,
            labels: &self.labels,
            server: &self.server,
            peer: &self.peer,
            now_ms: now.now_ms,
        }
    }
}

/// A client's exchange with a server.
pub struct Conversation {
    place: Arc<Place>,
    era: Option<Era>,
    /// The version that client and server agreed upon.
    version: Option<String>,
    /// Requests of the client that the server has not answered.
    open: BTreeMap<Token, Open>,
    /// Requests of the server that the client has not answered: their progress tokens.
    asked_back: BTreeMap<Token, Option<Token>>,
    /// Resources that were subscribed to, and the requests that did it.
    subscribed: BTreeMap<String, Bytes>,
    survey: Survey,
    /// What the server says it has.
    kinds: Vec<Pinned>,
    /// The survey of this server could not be finished.
    unsurveyed: bool,
    /// `initialize` waits for its answer.
    is_greeting: bool,
    /// The client has said that it is initialized.
    is_initialized: bool,
    scratch: Scratch,
}

impl Conversation {
    /// Nothing has been said yet.
    pub fn new(shared: Arc<Shared>, server: &str, who: Arc<Verified>, peer: Peer) -> Conversation {
        let labels = shared.memory.labels(who.key);
        Conversation {
            place: Arc::new(Place { shared, server: server.to_owned(), who, labels, peer }),
            era: None,
            version: None,
            open: BTreeMap::new(),
            asked_back: BTreeMap::new(),
            subscribed: BTreeMap::new(),
            survey: Survey::default(),
            kinds: Vec::new(),
            unsurveyed: false,
            is_greeting: false,
            is_initialized: false,
            scratch: Scratch::new(),
        }
    }

    /// The same principal with a fresh credential; whether it is the same.
    pub fn renew(&mut self, who: Arc<Verified>) -> bool {
        if who.key != self.place.who.key {
            return false;
        }
        if who.credential != self.place.who.credential {
            let Place { shared, server, labels, peer, .. } = &*self.place;
            let (shared, server) = (shared.clone(), server.clone());
            let (labels, peer) = (labels.clone(), peer.clone());
            self.place = Arc::new(Place { shared, server, who, labels, peer });
        }
        true
    }

    /// The era that is spoken, once it is known.
    pub fn era(&self) -> Option<Era> {
        self.era
    }

    /// The version that is spoken, once it is known.
    pub fn version(&self) -> Option<&str> {
        match self.era {
            Some(Era::Stateless) => Some(STATELESS_VERSION),
            _ => self.version.as_deref(),
        }
    }

    /// Whether the server is being surveyed: until it is, a step may ask for its message again.
    pub fn is_surveying(&self) -> bool {
        self.survey.is_running() || self.is_greeting
    }

    /// The survey takes too long: from now on calls are refused until one is finished.
    pub fn give_up_survey(&mut self) {
        if self.is_surveying() {
            self.survey.give_up();
            self.is_greeting = false;
            self.unsurveyed = true;
        }
    }

    /// A request will not be answered by the server.
    pub fn forget(&mut self, id: &Token) -> bool {
        self.close(id).is_some()
    }

    fn close(&mut self, id: &Token) -> Option<Open> {
        let open = self.open.remove(id)?;
        self.is_greeting &= open.method != "initialize";
        Some(open)
    }

    /// The server will not answer: the client is told so. Nothing when it is not waiting.
    pub fn abandon(&mut self, id: &Token, reason: &'static str) -> Option<Action> {
        let open = self.close(id)?;
        Some(answer(id, answers::withheld(id, reason, &open.decision), Shown::Plain))
    }

    /// Requests of the client that wait for an answer.
    pub fn waiting(&self) -> impl Iterator<Item = &Token> {
        self.open.keys()
    }

    /// Takes one message of one side.
    pub fn take(&mut self, from: Side, bytes: Bytes, now_ms: i64) -> Step {
        let place = self.place.clone();
        let now = place.now(now_ms);
        let seat = place.seat(&now);
        let max = match from {
            Side::Client => seat.shared.limits.max_request,
            Side::Server => seat.shared.limits.max_answer,
        };
        let mut text = Text::new(bytes.clone());
        let message = match text.read(&wire::limits(max)) {
            Ok(message) => message,
            Err(fault) => return self.unreadable(&seat, from, &bytes, fault, now.begun),
        };
        let id = message.id.and_then(|id| Token::of(message.document, id));
        let arrived = Arrived { from, bytes: &bytes, message: &message, begun: now.begun };
        match (message.kind, id, from) {
            (MessageKind::Request, Some(id), Side::Client) => self.client_asks(&seat, &id, &arrived),
            (MessageKind::Request, Some(id), Side::Server) => self.server_asks(&seat, &id, &arrived),
            (MessageKind::Notification, _, _) => self.notified(&seat, &arrived),
            (MessageKind::Response, Some(id), Side::Client) => self.client_answers(&seat, &id, &arrived),
            (MessageKind::Response, Some(id), Side::Server) => self.server_answers(&seat, &id, &arrived),
            _ => dropped(&seat, &arrived, "unknown_id"),
        }
    }

    /// A text that is no message: it goes nowhere. A server's may have been an answer that is waited for.
    fn unreadable(&mut self, seat: &Seat<'_>, from: Side, bytes: &Bytes, fault: JsonFault, begun: Instant) -> Step {
        if from == Side::Client
            && fault.kind == FaultKind::Params
            && let Some(id) = methods::removed_request(bytes)
        {
            let judged = Judged::refused(seat, "removed", DenyMode::Hide);
            let action = answer(&id, denial::no_method(&id), Shown::Plain);
            let records = vec![reports::decision(seat, &judged, from, None, begun)];
            return Step { records, then: vec![action.clone()], otherwise: vec![action], again: None };
        }
        let judged = Judged::refused(seat, fault.kind.name(), DenyMode::Hide);
        let mut step = Step::default();
        step.records.push(reports::decision(seat, &judged, from, None, begun));
        let body = denial::unreadable(None, judged.reason(), &judged.id);
        match from {
            Side::Client => step.then.push(Action::Refuse { from, message: body, shown: Shown::BadRequest }),
            Side::Server => {
                step.then.extend(guessed_id(bytes).and_then(|id| self.abandon(&id, "answer_malformed")));
            }
        }
        step
    }

    /// A request of the client.
    fn client_asks(&mut self, seat: &Seat<'_>, id: &Token, arrived: &Arrived<'_>) -> Step {
        if let Err(refusal) = self.era_fits(arrived) {
            return refuse(seat, id, arrived, refusal);
        }
        if self.open.contains_key(id) || self.survey.owns(id) {
            return refuse(seat, id, arrived, "duplicate_id");
        }
        if self.open.len() >= seat.shared.limits.max_open {
            return refuse(seat, id, arrived, "too_many_open");
        }
        if let Some(step) = self.survey_first(seat, arrived) {
            return step;
        }
        let message = arrived.message;
        if self.is_unsurveyed(seat) && message.method == "tools/call" {
            return refuse(seat, id, arrived, "server_unsurveyed");
        }
        let judged = judge(seat, Side::Client, arrived.bytes, message, &mut self.scratch);
        let judged = take_limits(seat, judged);
        if !judged.is_allow() {
            return denied(seat, &judged, id, arrived);
        }
        self.note_listening(arrived);
        self.is_greeting |= message.method == "initialize" && seat.shared.limits.survey;
        let progress = message.params.and_then(|params| at(message.document, params, &["_meta", "progressToken"]));
        let open = Open {
            request: arrived.bytes.clone(),
            method: message.method.to_owned(),
            progress: progress.and_then(|token| Token::of(message.document, token)),
            obligations: Obligations { listed: None, ..judged.decision.obligations.clone() },
            decision: judged.id.clone(),
        };
        self.open.insert(id.clone(), open);
        let unwritten = denial::unreadable(Some(id), "audit_error", &judged.id);
        Step {
            records: vec![reports::decision(seat, &judged, Side::Client, Some(message), arrived.begun)],
            then: vec![send(Side::Server, arrived.bytes)],
            otherwise: vec![answer(id, unwritten, Shown::Plain)],
            again: None,
        }
    }

    /// Whether a client's message belongs to the era that is spoken; the first message that can only belong
    /// to one decides.
    fn era_fits(&mut self, arrived: &Arrived<'_>) -> Result<(), &'static str> {
        let (message, from) = (arrived.message, arrived.from);
        let version = methods::version_of(message);
        if version.is_some_and(|version| version != STATELESS_VERSION && !methods::SESSION_VERSIONS.contains(&version))
        {
            return Err("version");
        }
        let own = methods::era_of(message.method, from);
        let said = version.map(|version| match methods::is_modern_version(version) {
            true => Era::Stateless,
            false => Era::Sessions,
        });
        // The newer protocol has left out methods of the older one.
        if said == Some(Era::Stateless) && own == Some(Era::Sessions) && self.era != Some(Era::Sessions) {
            return Err("removed");
        }
        match (self.era, own.or(said)) {
            (None, None) if message.method == "ping" => Ok(()),
            (None, None) => Err("era"),
            // A client that knows both asks with the newer protocol first, and may fall back.
            (None, Some(_)) if message.method == "server/discover" => Ok(()),
            (None, Some(era)) => {
                self.era = Some(era);
                Ok(())
            }
            (Some(era), Some(of)) if era != of => Err("era"),
            (Some(Era::Stateless), _) if said.is_none() && message.kind == MessageKind::Request => Err("version"),
            (Some(_), _) => Ok(()),
        }
    }

    /// While the server is surveyed, requests wait; without sessions the first request begins a survey.
    fn survey_first(&mut self, seat: &Seat<'_>, arrived: &Arrived<'_>) -> Option<Step> {
        let limits = &seat.shared.limits;
        if !limits.survey {
            return None;
        }
        let handshake = matches!(arrived.message.method, "initialize" | "server/discover" | "ping");
        if self.is_surveying() && !handshake {
            return Some(Step { again: Some(arrived.bytes.clone()), ..Step::default() });
        }
        let generation = seat.snapshot.generation;
        let fresh = || seat.shared.servers.is_fresh(seat.server, generation, seat.now_ms, limits.survey_fresh_ms);
        if self.era != Some(Era::Stateless) || handshake || self.unsurveyed || fresh() {
            return None;
        }
        self.kinds = vec![Pinned::Tool, Pinned::Prompt];
        let then = self.begin_survey(seat);
        Some(Step { then, again: Some(arrived.bytes.clone()), ..Step::default() })
    }

    /// Whether nothing is known of what the server declares now: it was not surveyed, or did not answer.
    fn is_unsurveyed(&self, seat: &Seat<'_>) -> bool {
        let was_begun = self.era == Some(Era::Stateless) || self.survey.was_begun();
        seat.shared.limits.survey && (self.unsurveyed || !was_begun)
    }

    fn begin_survey(&mut self, seat: &Seat<'_>) -> Vec<Action> {
        if !seat.shared.limits.survey {
            return Vec::new();
        }
        let learn = seat.shared.servers.learned(seat.server).is_none() && self.kinds.contains(&Pinned::Tool);
        let modern = self.era == Some(Era::Stateless);
        self.unsurveyed = false;
        let asks = self.survey.begin(&self.kinds, learn, modern, seat.snapshot);
        asks.into_iter().map(|ask| send(Side::Server, &ask)).collect()
    }

    /// A request of the server.
    fn server_asks(&mut self, seat: &Seat<'_>, id: &Token, arrived: &Arrived<'_>) -> Step {
        let message = arrived.message;
        let own = methods::era_of(message.method, Side::Server);
        if own.is_some() && own != self.era {
            return refuse(seat, id, arrived, "era");
        }
        if self.asked_back.contains_key(id) {
            return refuse(seat, id, arrived, "duplicate_id");
        }
        if self.asked_back.len() >= seat.shared.limits.max_open {
            return refuse(seat, id, arrived, "too_many_open");
        }
        let judged = judge(seat, Side::Server, arrived.bytes, message, &mut self.scratch);
        let judged = take_limits(seat, judged);
        if !judged.is_allow() {
            return denied(seat, &judged, id, arrived);
        }
        let progress = message.params.and_then(|params| at(message.document, params, &["_meta", "progressToken"]));
        self.asked_back.insert(id.clone(), progress.and_then(|token| Token::of(message.document, token)));
        let unwritten = denial::error(Some(id), -1, "denied by policy: audit_error", None);
        Step {
            records: vec![reports::decision(seat, &judged, Side::Server, Some(message), arrived.begun)],
            then: vec![send(Side::Client, arrived.bytes)],
            otherwise: vec![send(Side::Server, &unwritten)],
            again: None,
        }
    }

    /// A notification of either side.
    fn notified(&mut self, seat: &Seat<'_>, arrived: &Arrived<'_>) -> Step {
        let (message, from) = (arrived.message, arrived.from);
        if from == Side::Client
            && let Err(refusal) = self.era_fits(arrived)
            && self.era.is_some()
        {
            return dropped(seat, arrived, refusal);
        }
        if let Err(refusal) = self.refers_to_something_open(arrived) {
            return dropped(seat, arrived, refusal);
        }
        let judged = judge(seat, from, arrived.bytes, message, &mut self.scratch);
        let mut step = Step {
            records: vec![reports::decision(seat, &judged, from, Some(message), arrived.begun)],
            ..Step::default()
        };
        if !judged.is_allow() {
            step.then.push(refusal(arrived, &judged));
            return step;
        }
        let (to, about) = (from.other(), self.about(arrived));
        let message = match answers::notified(seat, &judged.decision.obligations, message, arrived.bytes) {
            Ok(bytes) => bytes,
            Err(reason) => return dropped(seat, arrived, reason),
        };
        step.then.push(Action::Send { to, message, answers: None, about, shown: Shown::Plain });
        step.then.extend(self.follow(seat, arrived));
        step
    }

    /// Cancellations, progress and updates must be about something that is open.
    fn refers_to_something_open(&self, arrived: &Arrived<'_>) -> Result<(), &'static str> {
        let message = arrived.message;
        let param = |name: &str| {
            let node = message.params.and_then(|params| message.document.get(params, name))?;
            Token::of(message.document, node)
        };
        let fits = match (message.method, arrived.from) {
            ("notifications/cancelled", Side::Client) => {
                param("requestId").is_some_and(|id| self.open.contains_key(&id))
            }
            ("notifications/cancelled", Side::Server) => {
                param("requestId").is_some_and(|id| self.asked_back.contains_key(&id))
            }
            ("notifications/progress", Side::Client) => {
                let token = param("progressToken");
                token.is_some() && self.asked_back.values().any(|known| *known == token)
            }
            ("notifications/progress", Side::Server) => {
                let token = param("progressToken");
                token.is_some() && self.open.values().any(|open| open.progress == token)
            }
            ("notifications/resources/updated", Side::Server) => {
                param("uri").is_some_and(|uri| matches!(uri, Token::Text(uri) if self.is_subscribed(&uri)))
            }
            _ => true,
        };
        if fits { Ok(()) } else { Err("refers_to_nothing") }
    }

    /// The open request of the client that a notification of the server is about.
    fn about(&self, arrived: &Arrived<'_>) -> Option<Token> {
        if arrived.from == Side::Client {
            return None;
        }
        let (document, params) = (arrived.message.document, arrived.message.params?);
        let subscription = at(document, params, &["_meta", "io.modelcontextprotocol/subscriptionId"]);
        let subscription = subscription.and_then(|id| Token::of(document, id)).filter(|id| self.open.contains_key(id));
        let progress = document.get(params, "progressToken").and_then(|token| Token::of(document, token));
        let by_progress = || {
            let token = progress.as_ref()?;
            let open = self.open.iter().find(|(_, open)| open.progress.as_ref() == Some(token));
            open.map(|(id, _)| id.clone())
        };
        subscription.or_else(by_progress)
    }

    /// Whether the client may hear of changes of a resource: of one it subscribed to, or one below it.
    fn is_subscribed(&self, uri: &str) -> bool {
        let below =
            |known: &String| uri == known || uri.strip_prefix(known.as_str()).is_some_and(|rest| rest.starts_with('/'));
        self.subscribed.keys().any(below)
    }

    /// What follows from a notification that was let through.
    fn follow(&mut self, seat: &Seat<'_>, arrived: &Arrived<'_>) -> Vec<Action> {
        let message = arrived.message;
        let id = message.params.and_then(|params| message.document.get(params, "requestId"));
        let id = id.and_then(|id| Token::of(message.document, id));
        match (message.method, arrived.from) {
            ("notifications/cancelled", Side::Client) => {
                id.map(|id| self.close(&id));
                Vec::new()
            }
            ("notifications/cancelled", Side::Server) => {
                id.map(|id| self.asked_back.remove(&id));
                Vec::new()
            }
            ("notifications/initialized", Side::Client) => {
                self.is_initialized = true;
                if self.is_greeting { Vec::new() } else { self.begin_survey(seat) }
            }
            ("notifications/tools/list_changed" | "notifications/prompts/list_changed", Side::Server) => {
                seat.shared.servers.forget(seat.server);
                self.begin_survey(seat)
            }
            _ => Vec::new(),
        }
    }

    /// The client answers a request of the server.
    fn client_answers(&mut self, seat: &Seat<'_>, id: &Token, arrived: &Arrived<'_>) -> Step {
        if self.asked_back.remove(id).is_none() {
            return dropped(seat, arrived, "unknown_id");
        }
        Step { then: vec![send(Side::Server, arrived.bytes)], ..Step::default() }
    }

    /// The server answers a request: of the survey, or of the client.
    fn server_answers(&mut self, seat: &Seat<'_>, id: &Token, arrived: &Arrived<'_>) -> Step {
        if self.survey.owns(id) {
            return self.surveyed(seat, id, arrived);
        }
        let Some(open) = self.open.remove(id) else {
            return dropped(seat, arrived, "unknown_id");
        };
        if let Some(step) = self.answered_handshake(seat, id, &open, arrived) {
            return step;
        }
        let settled = answers::settle(seat, &open, id, self.era, (arrived.message, arrived.bytes), &mut self.scratch);
        self.note_subscription(&open, arrived);
        let unwritten = answers::withheld(id, "audit_error", &open.decision);
        Step {
            records: settled.records,
            then: vec![answer(id, settled.message, Shown::Plain)],
            otherwise: vec![answer(id, unwritten, Shown::Plain)],
            again: None,
        }
    }

    /// The answer to `initialize`: a version that is not spoken here ends the conversation.
    fn answered_handshake(&mut self, seat: &Seat<'_>, id: &Token, open: &Open, arrived: &Arrived<'_>) -> Option<Step> {
        if open.method != "initialize" {
            return None;
        }
        self.is_greeting = false;
        let (kinds, version) = answers::initialized(arrived.message.document)?;
        self.kinds = kinds;
        if methods::SESSION_VERSIONS.contains(&version) {
            self.version = Some(version.to_owned());
            if !self.is_initialized {
                return None;
            }
            // The client did not wait for the answer; its calls wait for the survey.
            let mut then = vec![answer(id, arrived.bytes.clone(), Shown::Plain)];
            then.extend(self.begin_survey(seat));
            return Some(Step { then, ..Step::default() });
        }
        let then = vec![
            answer(id, answers::withheld(id, "version", &open.decision), Shown::Plain),
            Action::End { reason: "version" },
        ];
        Some(Step { records: vec![reports::about(seat, Event::Cut, "version")], then, ..Step::default() })
    }

    /// Resources that a subscription of the newer era names: it was allowed as a whole.
    fn note_listening(&mut self, arrived: &Arrived<'_>) {
        let (document, Some(params)) = (arrived.message.document, arrived.message.params) else { return };
        if arrived.message.method != "subscriptions/listen" {
            return;
        }
        let uris = at(document, params, &["notifications", "resourceSubscriptions"]);
        for uri in uris.into_iter().flat_map(|uris| document.elements(uris)) {
            if let Some(uri) = document.str(uri) {
                self.subscribed.insert(uri.to_owned(), arrived.bytes.clone());
            }
        }
    }

    /// Subscriptions that the server accepted.
    fn note_subscription(&mut self, open: &Open, arrived: &Arrived<'_>) {
        let is_error = arrived.message.document.get(arrived.message.document.root(), "error").is_some();
        let mut text = Text::new(open.request.clone());
        let Ok(request) = text.read(&wire::limits(open.request.len())) else { return };
        match (request.method, request.uri) {
            ("resources/subscribe", Some(uri)) if !is_error && self.subscribed.len() < 10_000 => {
                self.subscribed.insert(uri.to_owned(), open.request.clone());
            }
            ("resources/unsubscribe", Some(uri)) => {
                self.subscribed.remove(uri);
            }
            _ => {}
        }
    }

    fn surveyed(&mut self, seat: &Seat<'_>, id: &Token, arrived: &Arrived<'_>) -> Step {
        let server = SurveyedServer {
            servers: &seat.shared.servers,
            server: seat.server,
            snapshot: seat.snapshot,
            quarantine: &seat.shared.quarantine,
            modern: self.era == Some(Era::Stateless),
            now_ms: seat.now_ms,
        };
        let text = std::str::from_utf8(arrived.bytes).unwrap_or_default();
        let findings = self.survey.answered(id, arrived.message, text, &server);
        self.unsurveyed |= self.survey.has_failed();
        Step {
            records: findings.changed.iter().map(|(kind, name)| reports::quarantine(seat, *kind, name)).collect(),
            then: findings.ask.iter().map(|ask| send(Side::Server, ask)).collect(),
            ..Step::default()
        }
    }

    /// Judges again everything that is open: the bundle or the kill switch changed.
    pub fn changed(&mut self, now_ms: i64) -> Step {
        let place = self.place.clone();
        let now = place.now(now_ms);
        let seat = place.seat(&now);
        let mut step = Step::default();
        let cut: Vec<(Token, &'static str)> = self
            .open
            .iter()
            .filter_map(|(id, open)| Some((id.clone(), no_longer(&seat, &open.request, &mut self.scratch)?)))
            .collect();
        for (id, reason) in cut {
            step.records.push(Record { effect: "deny", ..reports::about(&seat, Event::Cut, reason) });
            step.then.extend(self.abandon(&id, reason));
            step.then.push(send(Side::Server, &cancelled(&id)));
        }
        let ended: BTreeSet<String> = self
            .subscribed
            .iter()
            .filter(|(_, request)| no_longer(&seat, request, &mut self.scratch).is_some())
            .map(|(uri, _)| uri.clone())
            .collect();
        for uri in ended {
            self.subscribed.remove(&uri);
            step.records.push(Record {
                effect: "deny",
                target: Some(uri),
                ..reports::about(&seat, Event::Cut, "subscription")
            });
        }
        if let Some(reason) = no_longer(&seat, &Bytes::from_static(PING), &mut self.scratch) {
            step.records.push(Record { effect: "deny", ..reports::about(&seat, Event::Cut, reason) });
            step.then.push(Action::End { reason });
        } else if self.survey.is_outdated(now.snapshot.generation) && !self.survey.is_running() {
            // Pins are part of what was reloaded.
            step.then.extend(self.begin_survey(&seat));
        }
        step
    }
}

/// A message that keeps the protocol going, and is denied when nothing may go on.
const PING: &[u8] = br#"{"jsonrpc":"2.0","id":0,"method":"ping"}"#;

/// Why a request that was allowed would be no longer.
fn no_longer(seat: &Seat<'_>, request: &Bytes, scratch: &mut Scratch) -> Option<&'static str> {
    let mut text = Text::new(request.clone());
    let message = text.read(&wire::limits(request.len())).ok()?;
    let judged = match methods::treated(message.method, Side::Client) {
        methods::Treated::ByRules if methods::action(message.method).is_some() => {
            open::judge_again(seat, request, scratch)
        }
        _ => judge(seat, Side::Client, request, &message, scratch),
    };
    (!judged.is_allow()).then(|| judged.reason())
}

/// Tells a server that a request will not be waited for.
fn cancelled(id: &Token) -> Bytes {
    Bytes::from(format!(
        r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{},"reason":"no longer allowed"}}}}"#,
        id.json()
    ))
}

/// A message that came in.
struct Arrived<'a> {
    /// Whose it is.
    from: Side,
    /// Its bytes.
    bytes: &'a Bytes,
    /// What they say.
    message: &'a Message<'a>,
    /// When it came.
    begun: Instant,
}

/// Something to be sent that answers nothing.
fn send(to: Side, message: &Bytes) -> Action {
    Action::Send { to, message: message.clone(), answers: None, about: None, shown: Shown::Plain }
}

/// The answer to a request of the client.
fn answer(id: &Token, message: Bytes, shown: Shown) -> Action {
    Action::Send { to: Side::Client, message, answers: Some(id.clone()), about: None, shown }
}

/// A request that the gateway itself refuses.
fn refuse(seat: &Seat<'_>, id: &Token, arrived: &Arrived<'_>, refusal: &'static str) -> Step {
    let judged = Judged::refused(seat, refusal, DenyMode::Hide);
    let body = match refusal {
        "version" => denial::unsupported_version(id, methods::version_of(arrived.message)),
        "removed" => denial::no_method(id),
        _ => denial::unreadable(Some(id), refusal, &judged.id),
    };
    let shown = if refusal == "removed" { Shown::Plain } else { Shown::BadRequest };
    refused_with(seat, &judged, id, arrived, (body, shown))
}

/// A request that was denied, as the decision asks it to be shown.
fn denied(seat: &Seat<'_>, judged: &Judged, id: &Token, arrived: &Arrived<'_>) -> Step {
    let learned = seat.shared.servers.learned(seat.server);
    let image = seat.snapshot.program.image();
    let shown = denial::answer(judged, arrived.message, id, arrived.from, image, learned.as_deref());
    refused_with(seat, judged, id, arrived, shown)
}

fn refused_with(
    seat: &Seat<'_>,
    judged: &Judged,
    id: &Token,
    arrived: &Arrived<'_>,
    (body, shown): (Bytes, Shown),
) -> Step {
    let action = match arrived.from {
        Side::Client => answer(id, body, shown),
        Side::Server => send(Side::Server, &body),
    };
    Step {
        records: vec![reports::decision(seat, judged, arrived.from, Some(arrived.message), arrived.begun)],
        // It is denied either way.
        then: vec![action.clone()],
        otherwise: vec![action],
        again: None,
    }
}

/// A message that nobody waits for: it goes nowhere.
fn dropped(seat: &Seat<'_>, arrived: &Arrived<'_>, reason: &'static str) -> Step {
    let judged = Judged::refused(seat, reason, DenyMode::Hide);
    let action = refusal(arrived, &judged);
    Step {
        records: vec![reports::decision(seat, &judged, arrived.from, Some(arrived.message), arrived.begun)],
        then: vec![action.clone()],
        otherwise: vec![action],
        again: None,
    }
}

/// Tells whoever sent something that it goes nowhere, where that can be told.
fn refusal(arrived: &Arrived<'_>, judged: &Judged) -> Action {
    let message = denial::unreadable(None, judged.reason(), &judged.id);
    Action::Refuse { from: arrived.from, message, shown: Shown::BadRequest }
}

/// The id of an answer that cannot be read strictly, to tell whoever waits for it that none will come.
fn guessed_id(bytes: &Bytes) -> Option<Token> {
    #[derive(serde::Deserialize)]
    struct Guess {
        id: serde_json::Value,
        #[serde(default)]
        method: Option<serde::de::IgnoredAny>,
    }
    let guess: Guess = serde_json::from_slice(bytes).ok()?;
    match (guess.id, guess.method) {
        (serde_json::Value::String(text), None) => Some(Token::Text(text)),
        (serde_json::Value::Number(number), None) => number.as_i64().map(|number| Token::Number(number.into())),
        _ => None,
    }
}
