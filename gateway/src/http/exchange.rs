//! One conversation on HTTP, the way to its server, and whoever waits for what comes back.

use super::front::{Endpoint, Upstream};
use super::lane::Lane;
use super::queue::{Receiver, Sender, Unsent, queue};
use super::sse::Event;
use super::upstream::{self, UpstreamFault};
use crate::carry::{Ledgers, lock, now_ms};
use crate::proxy::{Action, Came, Conversation, Form, Mark, Shown, Step, Way};
use crate::record::{self, Record};
use crate::wire::{Side, Token};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;
use tokio::task::AbortHandle;

/// Messages kept for a stream that is not open.
const MAX_BACKLOG: usize = 256;

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
    waiting: Mutex<Waiting>,
    surveyed: Notify,
    over: AtomicBool,
}

/// Whoever waits.
#[derive(Default)]
struct Waiting {
    /// Responses that are open, by the request they answer.
    replies: BTreeMap<Token, Sender>,
    /// The stream that the client opened, and how many it has opened.
    push: Option<Sender>,
    streams: u64,
    backlog: VecDeque<Frame>,
    backlog_bytes: usize,
    /// What reads the server's responses and streams.
    pumps: BTreeMap<Token, AbortHandle>,
    stream_pump: Option<AbortHandle>,
}

/// What a client waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waits {
    /// The answer to this request.
    Answer(Token),
    /// Whatever comes, on the stream of this number: another may have taken its place.
    Stream(u64),
}

/// What becomes of a client's message.
pub enum Outcome {
    /// It went on; this is where what comes back arrives.
    Replies(Token, Receiver),
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

    /// Whether anyone waits for anything.
    pub fn is_busy(&self) -> bool {
        let waiting = lock(&self.waiting);
        !waiting.replies.is_empty() || waiting.push.is_some()
    }

    /// Takes an id for one request, unless another has it.
    pub fn lease(self: &Arc<Self>, id: &Token) -> Option<Lease> {
        let is_free = lock(&self.leased).insert(id.clone());
        is_free.then(|| Lease { exchange: self.clone(), id: id.clone() })
    }

    /// Takes a message of the client; `headers` go on to a server over HTTP.
    pub async fn from_client(self: &Arc<Self>, bytes: Bytes, headers: &http::HeaderMap) -> Outcome {
        self.used_ms.store(now_ms(), Ordering::Relaxed);
        let step = self.surveyed_step(bytes.clone()).await;
        let goes_on = step
            .then
            .iter()
            .any(|action| matches!(action, Action::Send { to: Side::Server, message, .. } if *message == bytes));
        let id = if goes_on { id_of(&bytes) } else { None };
        // Whoever waits must be there before the server can answer.
        let replies = id.clone().map(|id| {
            let (sender, receiver) = queue(self.endpoint.max_queued);
            lock(&self.waiting).replies.insert(id.clone(), sender);
            (id, receiver)
        });
        let mut outcome = Outcome::Accepted;
        for action in self.ledgers.settle(&self.conversation, step).await {
            match action {
                Action::Send { to: Side::Server, message, .. } => {
                    let own = message == bytes;
                    let about = if own { id.clone() } else { None };
                    let headers = if own { Some(headers) } else { None };
                    if let Err(fault) = self.to_server(message, about, headers).await
                        && own
                    {
                        outcome = Outcome::Upstream(fault);
                    }
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
        match (outcome, replies) {
            (Outcome::Accepted, Some((id, receiver))) => Outcome::Replies(id, receiver),
            (outcome, replies) => {
                if let Some((id, _)) = replies {
                    lock(&self.waiting).replies.remove(&id);
                    lock(&self.conversation).forget(&id);
                }
                outcome
            }
        }
    }

    /// Gives a message in, and again once the server has been surveyed.
    async fn surveyed_step(self: &Arc<Self>, bytes: Bytes) -> Step {
        let deadline = tokio::time::Instant::now() + self.endpoint.survey_time;
        loop {
            let surveyed = self.surveyed.notified();
            tokio::pin!(surveyed);
            surveyed.as_mut().enable();
            let mut step = lock(&self.conversation).take(Side::Client, bytes.clone(), now_ms());
            if step.again.take().is_none() {
                return step;
            }
            self.carry_out(step, &Origin::Stream, None).await;
            if lock(&self.conversation).is_surveying() && tokio::time::timeout_at(deadline, surveyed).await.is_err() {
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
        let cut: Vec<Token> = step
            .then
            .iter()
            .filter_map(|action| match action {
                Action::Send { answers: Some(id), .. } => Some(id.clone()),
                _ => None,
            })
            .collect();
        // What is cut stops here and now; the records follow.
        for id in &cut {
            if let Some(pump) = lock(&self.waiting).pumps.remove(id) {
                pump.abort();
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
                Action::Send { to: Side::Server, message, .. } => {
                    let id = id_of(&message);
                    if let Err(fault) = self.to_server(message, None, None).await {
                        tracing::warn!(reason = fault.reason, server = %self.endpoint.server, "the server cannot be told");
                        id.iter().for_each(|id| lock(&self.conversation).unsent(id, now_ms()));
                    }
                }
                Action::Refuse { .. } => {}
                Action::End { .. } => self.end(),
            }
        }
    }

    /// Hands something to whoever waits for it.
    pub fn deliver(&self, frame: Frame, about: Option<&Token>, origin: &Origin) {
        let about = about.or(match origin {
            Origin::Response(id) if !frame.is_answer => Some(id),
            _ => None,
        });
        let mut waiting = lock(&self.waiting);
        let reply = match about {
            Some(id) if frame.is_answer => {
                waiting.pumps.remove(id);
                waiting.replies.remove(id).map(|reply| (id, reply))
            }
            Some(id) => waiting.replies.get(id).map(|reply| (id, reply.clone())),
            None => None,
        };
        if let Some((id, reply)) = reply {
            if reply.send(frame) == Err(Unsent::Full) {
                self.cut_slow(&mut waiting, &Waits::Answer(id.clone()));
            }
            return;
        }
        let unsent = match &waiting.push {
            Some(push) => push.send(frame).err(),
            None => Some(Unsent::Closed(Box::new(frame))),
        };
        match unsent {
            None => {}
            Some(Unsent::Full) => {
                let stream = Waits::Stream(waiting.streams);
                self.cut_slow(&mut waiting, &stream);
            }
            Some(Unsent::Closed(frame)) => self.deliver_anywhere(&mut waiting, *frame),
        }
    }

    /// Without a stream of its own, what a server asks goes to a response that is open, or is kept for later.
    fn deliver_anywhere(&self, waiting: &mut Waiting, frame: Frame) {
        let first = waiting.replies.iter().next().map(|(id, reply)| (id.clone(), reply.clone()));
        if let Some((id, reply)) = first {
            if reply.send(frame) == Err(Unsent::Full) {
                self.cut_slow(waiting, &Waits::Answer(id));
            }
            return;
        }
        waiting.backlog_bytes = waiting.backlog_bytes.saturating_add(frame.event.data.len());
        waiting.backlog.push_back(frame);
        while waiting.backlog.len() > MAX_BACKLOG
            || (waiting.backlog.len() > 1 && waiting.backlog_bytes > self.endpoint.max_queued)
        {
            let oldest = waiting.backlog.pop_front();
            let length = oldest.map_or(0, |frame| frame.event.data.len());
            waiting.backlog_bytes = waiting.backlog_bytes.saturating_sub(length);
        }
    }

    /// A client reads too slowly: its stream has been cut, and what fed it is.
    fn cut_slow(&self, waiting: &mut Waiting, slow: &Waits) {
        tracing::warn!(server = %self.endpoint.server, "a client reads too slowly: its stream is cut");
        match slow {
            Waits::Answer(id) => {
                waiting.replies.remove(id);
                if let Some(pump) = waiting.pumps.remove(id) {
                    pump.abort();
                }
            }
            Waits::Stream(_) => {
                waiting.push = None;
                if let Some(pump) = waiting.stream_pump.take() {
                    pump.abort();
                }
            }
        }
        let (log, server) = (self.ledgers.log.clone(), self.endpoint.server.clone());
        tokio::spawn(async move {
            let record = Record { server, ..Record::event(record::Event::Cut, now_ms(), "slow_client") };
            if let Err(error) = log.append(record).await {
                tracing::error!(error = %error, "the audit log cannot be written");
            }
        });
    }

    /// Opens the client's own stream; one that was open before ends.
    pub fn open_stream(&self) -> (Waits, Receiver) {
        let (sender, receiver) = queue(self.endpoint.max_queued);
        let mut waiting = lock(&self.waiting);
        waiting.backlog_bytes = 0;
        for frame in waiting.backlog.drain(..) {
            let _ = sender.send(frame);
        }
        waiting.push = Some(sender);
        waiting.streams += 1;
        (Waits::Stream(waiting.streams), receiver)
    }

    /// The client does not wait any more: for an answer, or on its own stream.
    pub fn client_left(&self, waits: &Waits) {
        let mut waiting = lock(&self.waiting);
        match waits {
            Waits::Stream(number) if *number != waiting.streams => {}
            Waits::Stream(_) => {
                waiting.push = None;
                if let Some(pump) = waiting.stream_pump.take() {
                    pump.abort();
                }
            }
            Waits::Answer(id) => {
                let was_waiting = waiting.replies.remove(id).is_some();
                // Within a session leaving is no cancelling: the answer may be fetched later.
                if self.session.is_none() && was_waiting {
                    if let Some(pump) = waiting.pumps.remove(id) {
                        pump.abort();
                    }
                    drop(waiting);
                    lock(&self.conversation).forget(id);
                }
            }
        }
    }

    /// A response of the server has ended; whoever still waits for its answer is told why there is none.
    pub fn response_ended(&self, id: &Token, may_resume: bool, reason: &'static str) {
        if may_resume {
            lock(&self.waiting).replies.remove(id);
            return;
        }
        let (answer, ended) = {
            let mut conversation = lock(&self.conversation);
            (conversation.abandon(id, reason), conversation.ended())
        };
        ended.iter().for_each(|call| self.ledgers.log.called(call));
        if let Some(Action::Send { message, shown, .. }) = answer {
            let event = Event { data: message, ..Event::default() };
            self.deliver(Frame { event, is_answer: true, shown }, Some(id), &Origin::Stream);
        }
    }

    /// The server has ended: nobody gets an answer any more.
    pub fn server_ended(&self, reason: &'static str) {
        let ids: Vec<Token> = lock(&self.conversation).waiting().cloned().collect();
        ids.iter().for_each(|id| self.response_ended(id, false, reason));
        self.end();
    }

    /// Ends everything.
    pub fn end(&self) {
        self.over.store(true, Ordering::Release);
        let waiting = std::mem::take(&mut *lock(&self.waiting));
        waiting.pumps.into_values().chain(waiting.stream_pump).for_each(|pump| pump.abort());
        *lock(&self.lane) = None;
        self.surveyed.notify_waiters();
    }

    /// Sends a message to the server. What comes back is read in the background.
    fn to_server<'a>(
        self: &'a Arc<Self>,
        message: Bytes,
        about: Option<Token>,
        headers: Option<&'a http::HeaderMap>,
    ) -> Sending<'a> {
        Box::pin(async move {
            match &self.endpoint.upstream {
                Upstream::Stdio(command) => {
                    let lane = {
                        let mut lane = lock(&self.lane);
                        match &*lane {
                            Some(lane) => lane.clone(),
                            None => lane.insert(Arc::new(Lane::start(command, self)?)).clone(),
                        }
                    };
                    if lane.send(message) { Ok(()) } else { Err(UpstreamFault::gone()) }
                }
                Upstream::Http(server) => {
                    let Some(response) = upstream::post(server, self, message, headers).await? else { return Ok(()) };
                    let origin = about.clone().map_or(Origin::Stream, Origin::Response);
                    let pump = tokio::spawn(upstream::pump(self.clone(), response, origin));
                    if let Some(id) = about {
                        lock(&self.waiting).pumps.insert(id, pump.abort_handle());
                    }
                    Ok(())
                }
            }
        })
    }

    /// Reads the server's own stream into the client's.
    pub fn set_stream_pump(&self, pump: AbortHandle) {
        if let Some(before) = lock(&self.waiting).stream_pump.replace(pump) {
            before.abort();
        }
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

/// A message on its way to a server. It has a type of its own, as what comes back may send again.
type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), UpstreamFault>> + Send + 'a>>;

/// The id of a request.
pub fn id_of(bytes: &Bytes) -> Option<Token> {
    let mut text = crate::wire::Text::new(bytes.clone());
    let message = text.read(&crate::wire::limits(bytes.len())).ok()?;
    let is_request = message.kind == mcpz_runtime::json::MessageKind::Request;
    message.id.filter(|_| is_request).and_then(|id| Token::of(message.document, id))
}
