//! One conversation on HTTP, the way to its server, and whoever waits for what comes back.
//!
//! [`Exchange::from_client`] and [`Exchange::from_server`] are the ways in. `sending` is the way to the server,
//! `waiting` hands what comes back to whoever waits for it.

mod sending;
#[cfg(test)]
mod tests;
mod waiting;

use super::front::{Endpoint, Upstream};
use super::lane::Lane;
use super::queue::Receiver;
use super::sse::Event;
use super::upstream::UpstreamFault;
use crate::carry::{Ledgers, lock, now_ms};
use crate::proxy::{Action, Came, Conversation, Form, Mark, Shown, Step, Visitor, Way};
use crate::wire::{Side, Token};
use bytes::Bytes;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use waiting::Waiting;
pub use waiting::{Guard, Waits};

/// One thing for a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The event; its data is the message.
    pub event: Event,
    /// It answers the request that is waited for.
    pub is_answer: bool,
    /// How it is shown when it is the whole response.
    pub shown: Shown,
}

/// Where a message of the server came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In the response to this request of the client.
    Response(Token),
    /// On the stream that the client opened, or beside any request.
    Stream,
}

/// One conversation on HTTP.
pub struct Exchange {
    /// The conversation.
    pub conversation: Mutex<Conversation>,
    /// The server's place.
    pub endpoint: Arc<Endpoint>,
    /// Where records go.
    pub ledgers: Ledgers,
    /// The session's id: the one we gave. None without sessions.
    pub session: Option<String>,
    /// The session's id at the server, once it gave one.
    pub upstream_session: Mutex<Option<String>>,
    /// When it was last used.
    pub used_ms: AtomicI64,
    lane: Mutex<Option<Arc<Lane>>>,
    /// Ids of requests that have been given this exchange, until their responses have ended.
    leased: Mutex<BTreeSet<Token>>,
    // INVARIANT: whoever holds this lock does not ask for that of the conversation.
    waiting: Mutex<Waiting>,
    /// What the gateway itself says to the server, and reads of its responses.
    own: Mutex<JoinSet<()>>,
    surveyed: Notify,
    over: AtomicBool,
}

/// What becomes of a client's message.
pub enum Outcome {
    /// It went on; this is where what comes back arrives, as long as the guard lives.
    Replies(Guard, Receiver),
    /// It was answered here.
    Answered(Bytes, Shown),
    /// It went on, and nothing comes back.
    Accepted,
    /// The server could not be reached, or refused the request as such.
    Upstream(UpstreamFault),
    /// Nothing may go on.
    Over,
}

impl Exchange {
    /// An exchange that nothing was said in.
    pub fn new(
        conversation: Conversation,
        endpoint: Arc<Endpoint>,
        ledgers: Ledgers,
        session: Option<String>,
    ) -> Exchange {
        Exchange {
            conversation: Mutex::new(conversation),
            endpoint,
            ledgers,
            session,
            upstream_session: Mutex::new(None),
            used_ms: AtomicI64::new(now_ms()),
            lane: Mutex::new(None),
            leased: Mutex::new(BTreeSet::new()),
            waiting: Mutex::new(Waiting::default()),
            own: Mutex::new(JoinSet::new()),
            surveyed: Notify::new(),
            over: AtomicBool::new(false),
        }
    }

    /// The version that is spoken, once it is known.
    pub fn version(&self) -> Option<String> {
        lock(&self.conversation).version().map(str::to_owned)
    }

    /// Whether it has ended.
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// Takes an id for one request, unless another has it.
    pub fn lease(self: &Arc<Self>, id: &Token) -> Option<Lease> {
        let is_free = lock(&self.leased).insert(id.clone());
        is_free.then(|| Lease { exchange: self.clone(), id: id.clone() })
    }

    /// Takes a message of this client; `headers` go on to a server over HTTP.
    pub async fn from_client(self: &Arc<Self>, visitor: &Visitor, bytes: Bytes, headers: &http::HeaderMap) -> Outcome {
        self.used_ms.store(now_ms(), Ordering::Relaxed);
        let Some(step) = self.surveyed_step(visitor, bytes.clone()).await else { return Outcome::Over };
        let goes_on = step
            .then
            .iter()
            .any(|action| matches!(action, Action::Send { to: Side::Server, message, .. } if *message == bytes));
        let id = if goes_on { id_of(&bytes) } else { None };
        // Whoever waits must be there before the server can answer, and leaves when the client does.
        let mut replies = id.as_ref().map(|id| self.wait_for(id));
        let (mut outcome, mut own) = (Outcome::Accepted, Vec::new());
        for action in self.ledgers.settle(&self.conversation, step).await {
            match action {
                Action::Send { to: Side::Server, message, .. } if message != bytes => own.push(message),
                Action::Send { to: Side::Server, message, .. } => {
                    replies.iter_mut().for_each(|(guard, _)| guard.is_sent = true);
                    let sent = match &id {
                        Some(id) => self.send_request(id, message, headers).await,
                        None => self.tell_server(message, Some(headers)).await,
                    };
                    outcome = sent.map_or_else(Outcome::Upstream, |()| outcome);
                }
                Action::Send { to: Side::Client, message, shown, .. } | Action::Refuse { message, shown, .. } => {
                    outcome = Outcome::Answered(message, shown);
                }
                Action::End { .. } => {
                    self.end();
                    outcome = Outcome::Over;
                }
            }
        }
        self.say(own);
        match (outcome, replies) {
            (Outcome::Accepted, Some((guard, receiver))) => Outcome::Replies(guard, receiver),
            (outcome, replies) => {
                if let (Some(id), Some(_)) = (&id, replies) {
                    self.unanswered(id);
                }
                outcome
            }
        }
    }

    /// Gives a message in, and again once the server has been surveyed.
    async fn surveyed_step(self: &Arc<Self>, visitor: &Visitor, bytes: Bytes) -> Option<Step> {
        let deadline = tokio::time::Instant::now() + self.endpoint.survey_time;
        loop {
            let surveyed = self.surveyed.notified();
            tokio::pin!(surveyed);
            surveyed.as_mut().enable();
            let mut step = lock(&self.conversation).take_of(visitor, bytes.clone(), now_ms())?;
            if step.again.take().is_none() {
                return Some(step);
            }
            // A server may take long to begin an answer, too.
            let asking = async {
                self.carry_out(step, &Origin::Stream, None).await;
                if lock(&self.conversation).is_surveying() {
                    surveyed.await;
                }
            };
            if tokio::time::timeout_at(deadline, asking).await.is_err() {
                lock(&self.conversation).give_up_survey(now_ms());
            }
        }
    }

    /// Takes a message of the server, with the events without data that came before it.
    pub async fn from_server(self: &Arc<Self>, event: Event, origin: &Origin, before: &[Mark]) {
        let was_surveying = lock(&self.conversation).is_surveying();
        let came = Came { way: self.way(origin), form: form(&event, before) };
        let step = lock(&self.conversation).take_as(Side::Server, event.data.clone(), &came, now_ms());
        self.carry_out(step, origin, Some(&event)).await;
        if was_surveying && !lock(&self.conversation).is_surveying() {
            self.surveyed.notify_waiters();
        }
    }

    fn way(&self, origin: &Origin) -> Way {
        match (&self.endpoint.upstream, origin) {
            (Upstream::Stdio(_), _) => Way::Only,
            (Upstream::Http(_), Origin::Response(id)) => Way::Response(id.clone()),
            (Upstream::Http(_), Origin::Stream) => Way::Beside,
        }
    }

    /// Judges again what is open.
    pub async fn changed(self: &Arc<Self>) {
        let step = lock(&self.conversation).changed(now_ms());
        // What is cut stops here and now; the records follow.
        for action in &step.then {
            if let Action::Send { answers: Some(id), .. } = action {
                self.stop_reading(id);
            }
        }
        self.carry_out(step, &Origin::Stream, None).await;
    }

    /// Carries out what does not come from a client.
    async fn carry_out(self: &Arc<Self>, step: Step, origin: &Origin, event: Option<&Event>) {
        for action in self.ledgers.settle(&self.conversation, step).await {
            match action {
                Action::Send { to: Side::Client, message, answers, about, shown } => {
                    let unchanged = Event::default();
                    let event = Event { data: message, ..event.unwrap_or(&unchanged).clone() };
                    self.deliver(
                        Frame { event, is_answer: answers.is_some(), shown },
                        answers.as_ref().or(about.as_ref()),
                        origin,
                    );
                }
                Action::Send { to: Side::Server, message, .. } => self.say_one(message).await,
                Action::Refuse { .. } => {}
                Action::End { .. } => self.end(),
            }
        }
    }

    /// The server has ended: nobody gets an answer any more.
    pub fn server_ended(self: &Arc<Self>, reason: &'static str) {
        let ids: Vec<Token> = lock(&self.conversation).waiting().cloned().collect();
        ids.iter().for_each(|id| self.response_ended(id, false, reason));
        self.end();
    }

    /// Ends everything.
    pub fn end(&self) {
        self.over.store(true, Ordering::Release);
        std::mem::take(&mut *lock(&self.waiting)).end();
        lock(&self.own).abort_all();
        *lock(&self.lane) = None;
        self.surveyed.notify_waiters();
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.end();
    }
}

/// The form that a message came in.
fn form(event: &Event, before: &[Mark]) -> Form {
    let mark = Mark { id: event.id.clone(), retry: event.retry };
    Form { status: event.status.map(|status| status.as_u16()), before: before.to_vec(), mark }
}

/// An id that one request has, as long as this lives.
pub struct Lease {
    exchange: Arc<Exchange>,
    id: Token,
}

impl Drop for Lease {
    fn drop(&mut self) {
        lock(&self.exchange.leased).remove(&self.id);
    }
}

/// The id of a request.
pub fn id_of(bytes: &Bytes) -> Option<Token> {
    let mut text = crate::wire::Text::new(bytes.clone());
    let message = text.read(&crate::wire::limits(bytes.len())).ok()?;
    let is_request = message.kind == mcpz_runtime::json::MessageKind::Request;
    message.id.filter(|_| is_request).and_then(|id| Token::of(message.document, id))
}
