//! The relay of `mcpz run`: a client on one pair of streams, a server on another, a conversation between.

use super::outbox::Outbox;
use crate::carry::{Ledgers, lock, now_ms};
use crate::control::KillSwitch;
use crate::policy::Store;
use crate::proxy::{Action, Conversation, Step};
use crate::wire::Side;
use crate::wire::lines::{LineFault, Lines};
use bytes::Bytes;
use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::AsyncRead;
use tokio::time::Instant;

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// A server is surveyed for so long; then calls are refused.
    pub survey: Duration,
    /// After one side has left, answers on their way are waited for so long.
    pub drain: Duration,
}

impl Default for Timing {
    fn default() -> Timing {
        Timing { survey: Duration::from_secs(10), drain: Duration::from_secs(2) }
    }
}

/// Why a relay ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The client closed its end.
    Client,
    /// The server closed its end.
    Server,
    /// One of them broke the protocol of lines; the stable word.
    Broken(Side, &'static str),
    /// The policy ended it; the stable word.
    Policy(&'static str),
    /// We were asked to stop.
    Stopped,
}

/// A client, a server, and the conversation between them.
pub struct Relay<C, S> {
    /// What decides.
    pub conversation: Mutex<Conversation>,
    /// Where records go.
    pub ledgers: Ledgers,
    /// The policy, to hear of reloads.
    pub policy: Arc<Store>,
    /// The kill switch, to hear of changes.
    pub kill: KillSwitch,
    /// What the client says.
    pub from_client: Lines<C>,
    /// What it is told.
    pub to_client: Outbox,
    /// What the server says.
    pub from_server: Lines<S>,
    /// What it is told.
    pub to_server: Outbox,
    /// How long things may take.
    pub timing: Timing,
}

/// What happened next.
enum Next {
    Message(Side, Bytes),
    End(Ended),
    Changed,
    SurveyOver,
    Drained,
    Over,
}

impl<C: AsyncRead + Unpin, S: AsyncRead + Unpin> Relay<C, S> {
    /// Relays until one side leaves, the policy ends it, or `stop` is ready.
    pub async fn run(mut self, stop: impl Future<Output = ()>) -> Ended {
        tokio::pin!(stop);
        let (mut policy, mut kill) = (self.policy.changes(), self.kill.changes());
        let mut held: VecDeque<Bytes> = VecDeque::new();
        let mut survey_until: Option<Instant> = None;
        // A client that has left may still wait for answers on their way, for a while.
        let mut client_gone: Option<Instant> = None;
        let ended = loop {
            let surveying = lock(&self.conversation).is_surveying();
            survey_until = surveying.then(|| survey_until.unwrap_or_else(|| Instant::now() + self.timing.survey));
            if !surveying && let Some(bytes) = held.pop_front() {
                if let Some(ended) = self.take(Side::Client, bytes, &mut held).await {
                    break ended;
                }
                continue;
            }
            if client_gone.is_some() && held.is_empty() && lock(&self.conversation).waiting().next().is_none() {
                break Ended::Client;
            }
            let reads_client = client_gone.is_none() && held.is_empty() && !self.to_server.is_full();
            let reads_server = !self.to_client.is_full();
            let next = tokio::select! {
                biased;
                () = &mut stop => Next::End(Ended::Stopped),
                _ = kill.changed() => Next::Changed,
                _ = policy.changed() => Next::Changed,
                line = self.from_server.next(), if reads_server => arrived(Side::Server, line),
                line = self.from_client.next(), if reads_client => arrived(Side::Client, line),
                () = self.to_server.drained(), if self.to_server.is_full() => Next::Drained,
                () = self.to_client.drained(), if !reads_server => Next::Drained,
                () = until(survey_until), if surveying => Next::SurveyOver,
                () = until(client_gone), if client_gone.is_some() => Next::Over,
            };
            let ended = match next {
                Next::Message(side, bytes) => self.take(side, bytes, &mut held).await,
                Next::Changed => {
                    let step = lock(&self.conversation).changed(now_ms());
                    self.carry_out(step).await
                }
                Next::SurveyOver => {
                    lock(&self.conversation).give_up_survey(now_ms());
                    None
                }
                Next::Drained => None,
                Next::Over => Some(Ended::Client),
                Next::End(Ended::Client) => {
                    client_gone = Some(Instant::now() + self.timing.drain);
                    None
                }
                Next::End(ended) => Some(ended),
            };
            if let Some(ended) = ended {
                break ended;
            }
        };
        self.leave(ended).await;
        ended
    }

    /// Gives a message in; a message that must wait is held.
    async fn take(&mut self, side: Side, bytes: Bytes, held: &mut VecDeque<Bytes>) -> Option<Ended> {
        let mut step = lock(&self.conversation).take(side, bytes, now_ms());
        if let Some(again) = step.again.take() {
            held.push_front(again);
        }
        self.carry_out(step).await
    }

    async fn carry_out(&mut self, step: Step) -> Option<Ended> {
        if step.is_empty() {
            return None;
        }
        let mut ended = None;
        for action in self.ledgers.settle(&self.conversation, step).await {
            match action {
                Action::Send { to, message, .. } => {
                    let outbox = if to == Side::Client { &self.to_client } else { &self.to_server };
                    if !outbox.send(message) {
                        ended = Some(if to == Side::Client { Ended::Client } else { Ended::Server });
                    }
                }
                // Only a text that was no message is answered; there is no request to answer otherwise.
                Action::Refuse { from: Side::Client, message, .. } => {
                    self.to_client.send(message);
                }
                Action::Refuse { from: Side::Server, .. } => {}
                Action::End { reason } => ended = Some(Ended::Policy(reason)),
            }
        }
        ended
    }

    /// One side has left: what is on its way to the other still arrives.
    async fn leave(&mut self, ended: Ended) {
        if ended != Ended::Client {
            let reason = match ended {
                Ended::Policy(reason) | Ended::Broken(_, reason) => reason,
                _ => "server_gone",
            };
            let answers: Vec<Action> = {
                let mut conversation = lock(&self.conversation);
                let waiting: Vec<_> = conversation.waiting().cloned().collect();
                waiting.iter().filter_map(|id| conversation.abandon(id, reason)).collect()
            };
            for action in answers {
                if let Action::Send { message, .. } = action {
                    self.to_client.send(message);
                }
            }
        }
        let _ = tokio::time::timeout(self.timing.drain, self.to_client.close()).await;
        let _ = tokio::time::timeout(self.timing.drain, self.to_server.close()).await;
    }
}

/// A line, or why there is none.
fn arrived(side: Side, line: Result<Option<Bytes>, LineFault>) -> Next {
    match (line, side) {
        (Ok(Some(bytes)), side) => Next::Message(side, bytes),
        (Ok(None), Side::Client) => Next::End(Ended::Client),
        (Ok(None), Side::Server) => Next::End(Ended::Server),
        (Err(fault), side) => {
            tracing::warn!(?side, reason = fault.reason(), "a stream of messages is refused");
            Next::End(Ended::Broken(side, fault.reason()))
        }
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
