//! One client's exchange with one server: requests, notifications and answers, matched to one another.
//!
//! [`Conversation::take`] is the way in for every message. What may not pass is answered or dropped here;
//! what may pass goes on as the bytes that came in. `client` and `server` take what each side asks and answers,
//! `notices` its notifications; `again` judges what is open once more.

mod again;
mod client;
mod notices;
mod server;
mod steps;

pub use again::cancelled;

use super::answers::{self, Open};
use super::came::Came;
use super::denial::Shown;
use super::judge::{Peer, Seat};
use super::methods::{Era, STATELESS_VERSION};
use super::survey::Survey;
use super::{Action, Shared, Step};
use crate::pins::Kind as Pinned;
use crate::policy::Snapshot;
use crate::record::Call;
use crate::state::Labels;
use crate::verified::Verified;
use crate::wire::{self, Side, Text, Token};
use bytes::Bytes;
use mcpz_runtime::json::MessageKind;
use mcpz_runtime::{Caller, Scratch};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Instant;
use steps::{Arrived, answer, dropped};

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
    /// How long after a survey that failed a request may begin another.
    pub survey_again_ms: i64,
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
            survey_again_ms: 5_000,
        }
    }
}

/// Who speaks, and from where. A conversation is one principal's, but tokens are renewed and addresses change.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// Whose credential it is.
    pub who: Arc<Verified>,
    /// What else is known.
    pub peer: Peer,
}

/// Who talks with whom, from where: what stays the same during a message.
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
    /// Resources that open requests of the newer era are about.
    listening: BTreeMap<Token, BTreeSet<String>>,
    survey: Survey,
    /// Kinds of definitions that are surveyed: those that the server says it has, and without sessions those that were
    /// asked for.
    kinds: Vec<Pinned>,
    /// `initialize` waits for its answer.
    is_greeting: bool,
    /// The client has said that it is initialized.
    is_initialized: bool,
    /// Requests that have ended and were not told of yet.
    ended: Vec<Call>,
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
            listening: BTreeMap::new(),
            survey: Survey::default(),
            kinds: Vec::new(),
            is_greeting: false,
            is_initialized: false,
            ended: Vec::new(),
            scratch: Scratch::new(),
        }
    }

    /// The same principal, with its credential and address of now; whether it is the same.
    pub fn renew(&mut self, visitor: &Visitor) -> bool {
        let Visitor { who, peer } = visitor;
        if who.key != self.place.who.key {
            return false;
        }
        if who.credential != self.place.who.credential || *peer != self.place.peer {
            let Place { shared, server, labels, .. } = &*self.place;
            let (shared, server, labels) = (shared.clone(), server.clone(), labels.clone());
            self.place = Arc::new(Place { shared, server, who: who.clone(), labels, peer: peer.clone() });
        }
        true
    }

    /// Takes one message of the client, decided with the credential and the address that it came with; nothing when it is
    /// another principal's.
    pub fn take_of(&mut self, visitor: &Visitor, bytes: Bytes, now_ms: i64) -> Option<Step> {
        self.renew(visitor).then(|| self.take(Side::Client, bytes, now_ms))
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

    /// The survey takes too long: what it has not compared is refused, until a later request begins another and that is
    /// finished.
    pub fn give_up_survey(&mut self, now_ms: i64) {
        // It may never have been asked.
        self.is_greeting = false;
        let silent = self.survey.give_up(now_ms);
        let modern = self.era == Some(Era::Stateless);
        self.place.shared.servers.note_silent(&self.place.server, &silent, modern);
    }

    /// A request will not be answered by the server.
    pub fn forget(&mut self, id: &Token) -> bool {
        self.close(id, "unanswered").is_some()
    }

    /// Closes a request that is not answered, for a reason; the id of its decision.
    fn close(&mut self, id: &Token, reason: &'static str) -> Option<String> {
        let open = self.open.remove(id)?;
        self.listening.remove(id);
        self.is_greeting &= open.method != "initialize";
        let decision = open.decision.clone();
        self.ended.push(open.ended(Some(reason.to_owned())));
        Some(decision)
    }

    /// Requests that have ended since this was asked last.
    pub fn ended(&mut self) -> Vec<Call> {
        std::mem::take(&mut self.ended)
    }

    /// The server will not answer: the client is told so. Nothing when it is not waiting.
    pub fn abandon(&mut self, id: &Token, reason: &'static str) -> Option<Action> {
        let decision = self.close(id, reason)?;
        Some(answer(id, answers::withheld(id, reason, &decision), Shown::Plain))
    }

    /// Requests of the client that wait for an answer.
    pub fn waiting(&self) -> impl Iterator<Item = &Token> {
        self.open.keys()
    }

    /// Whether a request of the client waits for an answer.
    pub fn is_open(&self, id: &Token) -> bool {
        self.open.contains_key(id)
    }

    /// A message of the gateway's own could not be sent to the server.
    pub fn unsent(&mut self, id: &Token, now_ms: i64) {
        self.survey.unasked(id, now_ms);
    }

    /// Takes one message of one side.
    pub fn take(&mut self, from: Side, bytes: Bytes, now_ms: i64) -> Step {
        self.take_as(from, bytes, &Came::default(), now_ms)
    }

    /// Takes one message of one side, which came so.
    pub fn take_as(&mut self, from: Side, bytes: Bytes, came: &Came, now_ms: i64) -> Step {
        let step = self.taken(from, bytes, came, now_ms);
        Step { ended: self.ended(), ..step }
    }

    fn taken(&mut self, from: Side, bytes: Bytes, came: &Came, now_ms: i64) -> Step {
        let place = self.place.clone();
        let now = place.now(now_ms);
        let seat = place.seat(&now);
        let max = match from {
            Side::Client => seat.shared.limits.max_request,
            Side::Server => seat.shared.limits.max_answer,
        };
        let mut text = Text::new(bytes.clone());
        let message = match (text.read(&wire::limits(max)), from) {
            (Ok(message), _) => message,
            (Err(fault), Side::Client) => return steps::unreadable(&seat, &bytes, fault, now.begun),
            (Err(fault), Side::Server) => return self.unreadable_answer(&seat, &bytes, came, (fault, now.begun)),
        };
        let id = message.id.and_then(|id| Token::of(message.document, id));
        let arrived = Arrived { from, bytes: &bytes, message: &message, begun: now.begun };
        match (message.kind, id, from) {
            (MessageKind::Request, Some(id), Side::Client) => self.client_asks(&seat, &id, &arrived),
            (MessageKind::Request, Some(id), Side::Server) => self.server_asks(&seat, &id, &arrived),
            (MessageKind::Notification, _, _) => self.notified(&seat, &arrived),
            (MessageKind::Response, Some(id), Side::Client) => self.client_answers(&seat, &id, &arrived),
            (MessageKind::Response, Some(id), Side::Server) => self.server_answers(&seat, &id, came, &arrived),
            (_, _, Side::Server) => self.nameless_answer(&seat, came, &arrived),
            _ => dropped(&seat, &arrived, "unknown_id"),
        }
    }
}
