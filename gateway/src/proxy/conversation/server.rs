//! What a server asks and answers.

use super::Conversation;
use super::steps::{Arrived, answer, denied, dropped, refuse, send};
use crate::proxy::answers::{self, Open};
use crate::proxy::came::{Came, Form, Way};
use crate::proxy::denial::{self, Shown};
use crate::proxy::judge::{Judged, Seat, judge, take_limits};
use crate::proxy::methods::{self, Era};
use crate::proxy::{Action, Step, reports};
use crate::record::Event;
use crate::wire::{self, Side, Text, Token, at};
use bytes::Bytes;
use mcpz_runtime::decision::DenyMode;
use mcpz_runtime::json::{JsonFault, Message};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Instant;

/// Most resources that one conversation hears of.
const MAX_HEARD_OF: usize = 10_000;

impl Conversation {
    /// A text of the server that is no message: it goes nowhere. It may have been an answer that is waited for, and
    /// whoever waits is told that none will come.
    pub(super) fn unreadable_answer(
        &mut self,
        seat: &Seat<'_>,
        bytes: &Bytes,
        came: &Came,
        (fault, begun): (JsonFault, Instant),
    ) -> Step {
        tracing::warn!(server = %seat.server, reason = fault.kind.name(), "a message of a server cannot be read");
        let judged = Judged::refused(seat, fault.kind.name(), DenyMode::Hide);
        let then = self.lost(answered_ids(bytes), bytes, came, seat.now_ms);
        let records = vec![reports::decision(seat, &judged, Side::Server, None, begun)];
        Step { records, otherwise: then.clone(), then, ..Step::default() }
    }

    /// An answer that does not say what it answers: a server says so that it could not read a request.
    pub(super) fn nameless_answer(&mut self, seat: &Seat<'_>, came: &Came, arrived: &Arrived<'_>) -> Step {
        tracing::warn!(server = %seat.server, "an answer of a server names no request");
        let judged = Judged::refused(seat, "unknown_id", DenyMode::Hide);
        let then = self.lost(Vec::new(), arrived.bytes, came, seat.now_ms);
        let records = vec![reports::decision(seat, &judged, Side::Server, Some(arrived.message), arrived.begun)];
        Step { records, otherwise: then.clone(), then, ..Step::default() }
    }

    /// Refuses the requests that something unreadable was, or may have been, the answer to: those it names, or the one
    /// whose response it came in. Where everything comes the same way it may have been any that is waited for.
    fn lost(&mut self, named: Vec<Token>, bytes: &Bytes, came: &Came, now_ms: i64) -> Vec<Action> {
        let (own, named): (Vec<Token>, Vec<Token>) = named.into_iter().partition(|id| self.survey.owns(id));
        own.iter().for_each(|id| self.unsent(id, now_ms));
        let named: Vec<Token> = named.into_iter().filter(|id| self.open.contains_key(id)).collect();
        let lost = match &came.way {
            _ if !named.is_empty() || !own.is_empty() => named,
            Way::Response(id) => vec![id.clone()],
            Way::Only if looks_like_message(bytes) => self.open.keys().cloned().collect(),
            Way::Only | Way::Beside => Vec::new(),
        };
        lost.iter().filter_map(|id| self.abandon(id, "answer_malformed")).collect()
    }

    /// A request of the server.
    pub(super) fn server_asks(&mut self, seat: &Seat<'_>, id: &Token, arrived: &Arrived<'_>) -> Step {
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
            ..Step::default()
        }
    }

    /// The server answers a request: of the survey, or of the client.
    pub(super) fn server_answers(&mut self, seat: &Seat<'_>, id: &Token, came: &Came, arrived: &Arrived<'_>) -> Step {
        if self.survey.owns(id) {
            return self.surveyed(seat, id, &came.form, arrived);
        }
        let Some(open) = self.open.remove(id) else {
            return dropped(seat, arrived, "unknown_id");
        };
        self.listening.remove(id);
        let error = answers::error_of(arrived.message.document);
        if let Some(step) = self.answered_handshake(seat, id, &open, arrived) {
            self.ended.push(open.ended(error));
            return step;
        }
        let settled = answers::settle(seat, &open, id, self.era, (arrived.message, arrived.bytes), &mut self.scratch);
        self.note_subscription(&open, arrived);
        let unwritten = answers::withheld(id, "audit_error", &open.decision);
        self.ended.push(open.ended(error));
        Step {
            records: settled.records,
            then: vec![answer(id, settled.message, Shown::Plain)],
            otherwise: vec![answer(id, unwritten, Shown::Plain)],
            ..Step::default()
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
            then.extend(self.survey_all(seat));
            return Some(Step { then, ..Step::default() });
        }
        let then = vec![
            answer(id, answers::withheld(id, "version", &open.decision), Shown::Plain),
            Action::End { reason: "version" },
        ];
        Some(Step { records: vec![reports::about(seat, Event::Cut, "version")], then, ..Step::default() })
    }

    /// Whether a conversation may hear of as many resources as a request adds.
    pub(super) fn has_room_to_subscribe(&self, message: &Message<'_>) -> bool {
        let more = match message.method {
            "resources/subscribe" => 1,
            _ => listened(message).count(),
        };
        let heard_of = self.subscribed.len().saturating_add(self.listening.values().map(BTreeSet::len).sum());
        more == 0 || heard_of.saturating_add(more) <= MAX_HEARD_OF
    }

    /// Resources that a subscription of the newer era names: it was allowed as a whole, and lasts as long as its request.
    pub(super) fn note_listening(&mut self, id: &Token, message: &Message<'_>) {
        let uris: BTreeSet<String> = listened(message).map(str::to_owned).collect();
        if !uris.is_empty() {
            self.listening.insert(id.clone(), uris);
        }
    }

    /// Subscriptions that the server accepted.
    fn note_subscription(&mut self, open: &Open, arrived: &Arrived<'_>) {
        let is_error = arrived.message.document.get(arrived.message.document.root(), "error").is_some();
        let mut text = Text::new(open.request.clone());
        let Ok(request) = text.read(&wire::limits(open.request.len())) else { return };
        match (request.method, request.uri) {
            ("resources/subscribe", Some(uri)) if !is_error && self.subscribed.len() < MAX_HEARD_OF => {
                self.subscribed.insert(uri.to_owned(), open.request.clone());
            }
            ("resources/unsubscribe", Some(uri)) => {
                self.subscribed.remove(uri);
            }
            _ => {}
        }
    }

    fn surveyed(&mut self, seat: &Seat<'_>, id: &Token, form: &Form, arrived: &Arrived<'_>) -> Step {
        let server = seat.surveyed(self.era == Some(Era::Stateless));
        let text = std::str::from_utf8(arrived.bytes).unwrap_or_default();
        let findings = self.survey.answered(id, arrived.message, (text, form), &server);
        Step {
            records: findings.changed.iter().map(|(kind, name)| reports::quarantine(seat, *kind, name)).collect(),
            then: findings.ask.iter().map(|ask| send(Side::Server, ask)).collect(),
            ..Step::default()
        }
    }
}

/// Resources that a subscription of the newer era names.
fn listened<'a>(message: &Message<'a>) -> impl Iterator<Item = &'a str> + use<'a> {
    let document = message.document;
    let params = message.params.filter(|_| message.method == "subscriptions/listen");
    let uris = params.and_then(|params| at(document, params, &["notifications", "resourceSubscriptions"]));
    uris.into_iter().flat_map(move |uris| document.elements(uris)).filter_map(move |uri| document.str(uri))
}

/// Whether a text was probably meant to be a message: servers also print what is none.
fn looks_like_message(bytes: &Bytes) -> bool {
    let text = bytes.trim_ascii_start();
    text.starts_with(b"{") || text.starts_with(b"[{") || text.windows(9).any(|window| window == b"\"jsonrpc\"")
}

/// The ids of answers that cannot be read strictly, as far as they can be guessed.
fn answered_ids(bytes: &Bytes) -> Vec<Token> {
    let mut values = serde_json::Deserializer::from_slice(bytes).into_iter::<Value>();
    let of = |value: &Value| match (&value["id"], value.get("method")) {
        (Value::String(text), None) => Some(Token::Text(text.clone())),
        (Value::Number(number), None) => number.as_i64().map(|number| Token::Number(number.into())),
        _ => None,
    };
    match values.next() {
        Some(Ok(Value::Array(all))) => all.iter().filter_map(of).collect(),
        Some(Ok(one)) => of(&one).into_iter().collect(),
        _ => Vec::new(),
    }
}
