//! Whoever waits for what a server says: the responses that are open, and the stream that the client opened.

use super::{Exchange, Frame, Lease, Origin};
use crate::carry::{lock, now_ms};
use crate::http::front::Upstream;
use crate::http::queue::{Receiver, Sender, Unsent, queue, queue_of, size};
use crate::http::sse::Event;
use crate::proxy::{Action, cancelled};
use crate::record::{self, Record};
use crate::wire::Token;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use tokio::task::AbortHandle;

/// Messages kept for a stream that is not open.
const MAX_BACKLOG: usize = 256;

/// Whoever waits.
#[derive(Default)]
pub(super) struct Waiting {
    /// Responses that are open, by the request they answer.
    replies: BTreeMap<Token, Sender>,
    /// The stream that the client opened, and how many it has opened.
    push: Option<Sender>,
    streams: u64,
    backlog: VecDeque<Frame>,
    backlog_bytes: usize,
    /// What sends the client's requests and reads the server's responses.
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

/// Ends what a client does not wait for any more.
pub struct Guard {
    exchange: Arc<Exchange>,
    waits: Waits,
    /// The request was handed to what sends it.
    pub(super) is_sent: bool,
    /// The request's id is its own until then.
    pub lease: Option<Lease>,
}

impl Guard {
    /// For what a client waits for.
    pub fn new(exchange: &Arc<Exchange>, waits: Waits) -> Guard {
        Guard { exchange: exchange.clone(), waits, is_sent: false, lease: None }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        match &self.waits {
            // A client that leaves while the record of its request is written has asked nothing.
            Waits::Answer(id) if !self.is_sent => self.exchange.unanswered(id),
            waits => self.exchange.client_left(waits),
        }
        // Only now may another request have the id.
        self.lease = None;
    }
}

impl Waiting {
    /// Hands something to whoever waits for it; who reads too slowly, if that is found.
    fn deliver(&mut self, frame: Frame, about: Option<&Token>, max_bytes: usize) -> Option<Waits> {
        let reply = match about {
            Some(id) if frame.is_answer => {
                self.pumps.remove(id);
                self.replies.remove(id).map(|reply| (id, reply))
            }
            Some(id) => self.replies.get(id).map(|reply| (id, reply.clone())),
            None => None,
        };
        let mut frame = frame;
        if let Some((id, reply)) = reply {
            match reply.send(frame) {
                Ok(()) => return None,
                Err(Unsent::Full) => return Some(Waits::Answer(id.clone())),
                Err(Unsent::Closed(unsent)) => frame = *unsent,
            }
        }
        if let Some(push) = &self.push {
            match push.send(frame) {
                Ok(()) => return None,
                Err(Unsent::Full) => return Some(Waits::Stream(self.streams)),
                Err(Unsent::Closed(unsent)) => frame = *unsent,
            }
        }
        // Without a stream of its own, what a server asks goes to a response that is open. An answer does not: it would
        // be taken for the answer to that request.
        if !frame.is_answer
            && let Some((id, reply)) = self.replies.iter().next()
        {
            match reply.send(frame) {
                Ok(()) => return None,
                Err(Unsent::Full) => return Some(Waits::Answer(id.clone())),
                Err(Unsent::Closed(unsent)) => frame = *unsent,
            }
        }
        self.keep(frame, max_bytes);
        None
    }

    /// Keeps something for a stream that is not open; the oldest gives way.
    fn keep(&mut self, frame: Frame, max_bytes: usize) {
        self.backlog_bytes = self.backlog_bytes.saturating_add(size(&frame));
        self.backlog.push_back(frame);
        while self.backlog.len() > MAX_BACKLOG || (self.backlog.len() > 1 && self.backlog_bytes > max_bytes) {
            let oldest = self.backlog.pop_front();
            self.backlog_bytes = self.backlog_bytes.saturating_sub(oldest.as_ref().map_or(0, size));
        }
    }

    /// Ends everything.
    pub(super) fn end(self) {
        self.pumps.into_values().chain(self.stream_pump).for_each(|pump| pump.abort());
    }
}

impl Exchange {
    /// Whether anyone waits for anything.
    pub fn is_busy(&self) -> bool {
        let waiting = lock(&self.waiting);
        !waiting.replies.is_empty() || waiting.push.is_some()
    }

    /// Opens the response to a request.
    pub(super) fn wait_for(self: &Arc<Self>, id: &Token) -> (Guard, Receiver) {
        let (sender, receiver) = queue(self.endpoint.max_queued);
        lock(&self.waiting).replies.insert(id.clone(), sender);
        (Guard::new(self, Waits::Answer(id.clone())), receiver)
    }

    /// There will be no answer to a request, and whoever asked knows it.
    pub(super) fn unanswered(&self, id: &Token) {
        lock(&self.waiting).replies.remove(id);
        self.stop_reading(id);
        lock(&self.conversation).forget(id);
    }

    /// What sends a request and reads its response.
    pub(super) fn reads(&self, id: &Token, reading: AbortHandle) {
        lock(&self.waiting).pumps.insert(id.clone(), reading);
    }

    /// Stops sending a request and reading its response; whether it was sent.
    pub(super) fn stop_reading(&self, id: &Token) -> bool {
        let pump = lock(&self.waiting).pumps.remove(id);
        pump.as_ref().inspect(|pump| pump.abort()).is_some()
    }

    /// Hands something to whoever waits for it.
    pub fn deliver(self: &Arc<Self>, frame: Frame, about: Option<&Token>, origin: &Origin) {
        let about = about.or(match origin {
            Origin::Response(id) if !frame.is_answer => Some(id),
            _ => None,
        });
        let slow = lock(&self.waiting).deliver(frame, about, self.endpoint.max_queued);
        if let Some(slow) = slow {
            self.cut_slow(&slow);
        }
    }

    /// A client reads too slowly: its stream has been cut, and what fed it is.
    fn cut_slow(self: &Arc<Self>, slow: &Waits) {
        tracing::warn!(server = %self.endpoint.server, "a client reads too slowly: its stream is cut");
        match slow {
            Waits::Answer(id) => self.drop_waiter(id),
            Waits::Stream(number) => self.drop_stream(*number),
        }
        let (log, server) = (self.ledgers.log.clone(), self.endpoint.server.clone());
        tokio::spawn(async move {
            let record = Record { server, ..Record::event(record::Event::Cut, now_ms(), "slow_client") };
            if let Err(error) = log.append(record).await {
                tracing::error!(error = %error, "the audit log cannot be written");
            }
        });
    }

    /// Nobody waits for the answer to a request any more: it is called off, here and at the server.
    fn drop_waiter(self: &Arc<Self>, id: &Token) {
        lock(&self.waiting).replies.remove(id);
        let was_sent = self.stop_reading(id) || self.has_lane();
        let (was_open, ended) = {
            let mut conversation = lock(&self.conversation);
            (conversation.forget(id), conversation.ended())
        };
        ended.iter().for_each(|call| self.ledgers.log.called(call));
        // Without sessions a request over HTTP is its connection, which was closed just now.
        let is_connection = self.session.is_none() && matches!(self.endpoint.upstream, Upstream::Http(_));
        if was_open && was_sent && !is_connection {
            self.say(vec![cancelled(id, "nobody waits for it")]);
        }
    }

    /// The client's own stream ends, unless another has taken its place.
    fn drop_stream(&self, number: u64) {
        let mut waiting = lock(&self.waiting);
        if number == waiting.streams {
            waiting.push = None;
            waiting.stream_pump.take().iter().for_each(AbortHandle::abort);
        }
    }

    /// Opens the client's own stream; one that was open before ends.
    pub fn open_stream(&self) -> (Waits, Receiver) {
        let mut waiting = lock(&self.waiting);
        waiting.backlog_bytes = 0;
        let (sender, receiver) = queue_of(std::mem::take(&mut waiting.backlog), self.endpoint.max_queued);
        waiting.push = Some(sender);
        waiting.streams += 1;
        (Waits::Stream(waiting.streams), receiver)
    }

    /// Reads the server's own stream into the client's.
    pub fn set_stream_pump(&self, pump: AbortHandle) {
        if let Some(before) = lock(&self.waiting).stream_pump.replace(pump) {
            before.abort();
        }
    }

    /// The client does not wait any more: for an answer, or on its own stream.
    pub fn client_left(self: &Arc<Self>, waits: &Waits) {
        match waits {
            Waits::Stream(number) => self.drop_stream(*number),
            // Within a session leaving is no cancelling: the answer may be fetched later.
            Waits::Answer(id) if self.session.is_some() => drop(lock(&self.waiting).replies.remove(id)),
            Waits::Answer(id) => {
                let is_waiting = lock(&self.waiting).replies.contains_key(id);
                if is_waiting {
                    self.drop_waiter(id);
                }
            }
        }
    }

    /// A response of the server has ended; whoever still waits for its answer is told why there is none.
    pub fn response_ended(self: &Arc<Self>, id: &Token, may_resume: bool, reason: &'static str) {
        if may_resume {
            let mut waiting = lock(&self.waiting);
            waiting.replies.remove(id);
            waiting.pumps.remove(id);
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
}
