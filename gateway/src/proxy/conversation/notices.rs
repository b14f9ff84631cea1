//! Notifications of either side.

use super::Conversation;
use super::steps::{Arrived, dropped, refusal};
use crate::proxy::answers::Open;
use crate::proxy::denial::Shown;
use crate::proxy::judge::{Seat, judge};
use crate::proxy::{Action, Step, answers, reports};
use crate::wire::{Side, Token, at};
use mcpz_runtime::decision::Obligations;

impl Conversation {
    /// A notification of either side.
    pub(super) fn notified(&mut self, seat: &Seat<'_>, arrived: &Arrived<'_>) -> Step {
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
        let obligations = self.obligations_of_progress(arrived).unwrap_or(judged.decision.obligations);
        let message = match answers::notified(seat, &obligations, message, arrived.bytes) {
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
        subscription.or_else(|| self.in_progress(arrived).next().map(|(id, _)| id.clone()))
    }

    /// Open requests of the client with the progress token that a notification of the server names.
    fn in_progress<'a>(&'a self, arrived: &Arrived<'_>) -> impl Iterator<Item = (&'a Token, &'a Open)> + use<'a> {
        let (document, params) = (arrived.message.document, arrived.message.params);
        let token = params.and_then(|params| document.get(params, "progressToken"));
        let token = token.and_then(|token| Token::of(document, token)).filter(|_| arrived.from == Side::Server);
        self.open.iter().filter(move |(_, open)| token.is_some() && open.progress == token)
    }

    /// What tells of the progress of a call is bound by what the call was allowed with; where a client has given several
    /// calls the same token, by all of them.
    fn obligations_of_progress(&self, arrived: &Arrived<'_>) -> Option<Obligations> {
        let is_progress = arrived.message.method == "notifications/progress";
        let mut calls = self.in_progress(arrived).filter(|_| is_progress).map(|(_, open)| open.obligations.clone());
        let first = calls.next()?;
        Some(calls.fold(first, |mut all, more| {
            all.labels.extend(more.labels);
            all.redactions.extend(more.redactions);
            all
        }))
    }

    /// Whether the client may hear of changes of a resource: of one it subscribed to, or one below it.
    fn is_subscribed(&self, uri: &str) -> bool {
        let below =
            |known: &String| uri == known || uri.strip_prefix(known.as_str()).is_some_and(|rest| rest.starts_with('/'));
        self.subscribed.keys().chain(self.listening.values().flatten()).any(below)
    }

    /// What follows from a notification that was let through.
    fn follow(&mut self, seat: &Seat<'_>, arrived: &Arrived<'_>) -> Vec<Action> {
        let message = arrived.message;
        let id = message.params.and_then(|params| message.document.get(params, "requestId"));
        let id = id.and_then(|id| Token::of(message.document, id));
        match (message.method, arrived.from) {
            ("notifications/cancelled", Side::Client) => {
                id.map(|id| self.close(&id, "cancelled"));
                Vec::new()
            }
            ("notifications/cancelled", Side::Server) => {
                id.map(|id| self.asked_back.remove(&id));
                Vec::new()
            }
            ("notifications/initialized", Side::Client) => {
                self.is_initialized = true;
                if self.is_greeting { Vec::new() } else { self.survey_all(seat) }
            }
            (
                "notifications/tools/list_changed"
                | "notifications/prompts/list_changed"
                | "notifications/resources/list_changed",
                Side::Server,
            ) => {
                seat.shared.servers.forget(seat.server);
                // Before the first survey there is nothing that could be outdated.
                if self.survey.was_begun() { self.survey_all(seat) } else { Vec::new() }
            }
            _ => Vec::new(),
        }
    }
}
