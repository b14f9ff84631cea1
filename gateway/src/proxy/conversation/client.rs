//! What a client asks and answers.

use super::Conversation;
use super::steps::{Arrived, answer, denied, dropped, refuse, send};
use crate::pins::Kind as Pinned;
use crate::proxy::answers::Open;
use crate::proxy::denial::{self, Shown};
use crate::proxy::judge::{Seat, judge, take_limits};
use crate::proxy::methods::{self, Era, STATELESS_VERSION};
use crate::proxy::{Action, Step, reports};
use crate::record::Call;
use crate::wire::{Side, Token, at};
use mcpz_runtime::decision::Obligations;
use mcpz_runtime::json::{Message, MessageKind};

impl Conversation {
    /// A request of the client.
    pub(super) fn client_asks(&mut self, seat: &Seat<'_>, id: &Token, arrived: &Arrived<'_>) -> Step {
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
        let judged = judge(seat, Side::Client, arrived.bytes, message, &mut self.scratch);
        if judged.is_allow() {
            if !self.uncompared(seat, message).is_empty() {
                return refuse(seat, id, arrived, "server_unsurveyed");
            }
            if !self.has_room_to_subscribe(message) {
                return refuse(seat, id, arrived, "too_many_open");
            }
        }
        let judged = take_limits(seat, judged);
        if !judged.is_allow() {
            return denied(seat, &judged, id, arrived);
        }
        self.note_listening(id, message);
        self.is_greeting |= message.method == "initialize" && seat.shared.limits.survey;
        let progress = message.params.and_then(|params| at(message.document, params, &["_meta", "progressToken"]));
        let record = reports::decision(seat, &judged, Side::Client, Some(message), arrived.begun);
        let open = Open {
            call: Call::of(&record, self.version()),
            begun: arrived.begun,
            request: arrived.bytes.clone(),
            method: message.method.to_owned(),
            progress: progress.and_then(|token| Token::of(message.document, token)),
            obligations: Obligations { listed: None, ..judged.decision.obligations.clone() },
            decision: judged.id.clone(),
        };
        self.open.insert(id.clone(), open);
        let unwritten = denial::unreadable(Some(id), "audit_error", &judged.id);
        Step {
            records: vec![record],
            then: vec![send(Side::Server, arrived.bytes)],
            otherwise: vec![answer(id, unwritten, Shown::Plain)],
            ..Step::default()
        }
    }

    /// Whether a client's message belongs to the era that is spoken; the first message that can only belong
    /// to one decides.
    pub(super) fn era_fits(&mut self, arrived: &Arrived<'_>) -> Result<(), &'static str> {
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

    /// While the server is surveyed, requests wait. A request begins a survey itself when what it asks for was not
    /// compared: with pins that have been exchanged since, not lately where there are no sessions, or not at all because
    /// the last survey failed a while ago.
    fn survey_first(&mut self, seat: &Seat<'_>, arrived: &Arrived<'_>) -> Option<Step> {
        if !seat.shared.limits.survey {
            return None;
        }
        let again = Some(arrived.bytes.clone());
        let handshake = matches!(arrived.message.method, "initialize" | "server/discover" | "ping");
        if self.is_surveying() && !handshake {
            return Some(Step { again, ..Step::default() });
        }
        let kinds = self.uncompared(seat, arrived.message);
        if kinds.is_empty() || !self.may_survey(seat, &kinds) {
            return None;
        }
        if self.era == Some(Era::Stateless) {
            let unknown: Vec<Pinned> = kinds.iter().filter(|kind| !self.kinds.contains(kind)).copied().collect();
            self.kinds.extend(unknown);
        }
        let then = self.begin_survey(seat, &kinds);
        Some(Step { then, again, ..Step::default() })
    }

    /// Kinds of definitions that a request is about and that were not compared with the pins that hold now: without
    /// sessions, lately, in whatever conversation.
    fn uncompared(&self, seat: &Seat<'_>, message: &Message<'_>) -> Vec<Pinned> {
        let (limits, generation) = (&seat.shared.limits, seat.snapshot.generation);
        if !limits.survey {
            return Vec::new();
        }
        let is_compared = |kind: &Pinned| match self.era {
            Some(Era::Stateless) => {
                let (servers, fresh_ms) = (&seat.shared.servers, limits.survey_fresh_ms);
                servers.is_fresh(seat.server, *kind, generation, seat.now_ms, fresh_ms)
            }
            _ => self.survey.has_compared(*kind, generation),
        };
        methods::kinds_of(message).iter().filter(|kind| !is_compared(kind)).copied().collect()
    }

    /// Whether a request may begin a survey of these kinds. A session's server that has not answered `initialize` is not
    /// asked, nor for what it does not say that it has.
    fn may_survey(&self, seat: &Seat<'_>, kinds: &[Pinned]) -> bool {
        let again_ms = seat.shared.limits.survey_again_ms;
        let is_known = |kind: &Pinned| self.survey.was_begun() && self.kinds.contains(kind);
        kinds.iter().all(|kind| {
            (self.era == Some(Era::Stateless) || is_known(kind))
                && !self.survey.failed_lately(*kind, seat.now_ms, again_ms)
        })
    }

    /// Begins a survey of these kinds.
    pub(super) fn begin_survey(&mut self, seat: &Seat<'_>, kinds: &[Pinned]) -> Vec<Action> {
        if !seat.shared.limits.survey {
            return Vec::new();
        }
        let asks = self.survey.begin(kinds, &seat.surveyed(self.era == Some(Era::Stateless)));
        asks.into_iter().map(|ask| send(Side::Server, &ask)).collect()
    }

    /// Begins a survey of all kinds that are surveyed here.
    pub(super) fn survey_all(&mut self, seat: &Seat<'_>) -> Vec<Action> {
        let kinds = self.kinds.clone();
        self.begin_survey(seat, &kinds)
    }

    /// The client answers a request of the server.
    pub(super) fn client_answers(&mut self, seat: &Seat<'_>, id: &Token, arrived: &Arrived<'_>) -> Step {
        if self.asked_back.remove(id).is_none() {
            return dropped(seat, arrived, "unknown_id");
        }
        Step { then: vec![send(Side::Server, arrived.bytes)], ..Step::default() }
    }
}
