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
use mcpz_runtime::json::MessageKind;

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
        if self.is_unsurveyed(seat, message.method) {
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

    /// While the server is surveyed, requests wait. A request begins a survey itself where there are no sessions and
    /// none was made lately, and where the last one failed a while ago.
    fn survey_first(&mut self, seat: &Seat<'_>, arrived: &Arrived<'_>) -> Option<Step> {
        let (limits, method) = (&seat.shared.limits, arrived.message.method);
        if !limits.survey {
            return None;
        }
        let again = Some(arrived.bytes.clone());
        let handshake = matches!(method, "initialize" | "server/discover" | "ping");
        if self.is_surveying() && !handshake {
            return Some(Step { again, ..Step::default() });
        }
        let is_due = match self.unsurveyed.is_empty() {
            true => self.era == Some(Era::Stateless) && !handshake && !self.is_fresh(seat),
            false => self.may_survey_again(seat, method),
        };
        if !is_due {
            return None;
        }
        if self.era == Some(Era::Stateless) {
            self.kinds = Pinned::ALL.to_vec();
        }
        let then = self.begin_survey(seat);
        Some(Step { then, again, ..Step::default() })
    }

    /// Whether the server was surveyed lately, in whatever conversation, with the pins that hold now.
    fn is_fresh(&self, seat: &Seat<'_>) -> bool {
        let fresh_ms = seat.shared.limits.survey_fresh_ms;
        seat.shared.servers.is_fresh(seat.server, seat.snapshot.generation, seat.now_ms, fresh_ms)
    }

    /// Whether a request that would be refused, because a survey failed, may begin another. A session's server that
    /// has not answered `initialize` is not asked.
    fn may_survey_again(&self, seat: &Seat<'_>, method: &str) -> bool {
        let waited = seat.now_ms.saturating_sub(self.unsurveyed_ms);
        let is_spoken_with = self.era == Some(Era::Stateless) || self.survey.was_begun();
        is_spoken_with && waited >= seat.shared.limits.survey_again_ms && self.is_unsurveyed(seat, method)
    }

    /// Whether nothing is known of what the server now declares of the kind that is asked for: it was not surveyed, or
    /// did not answer.
    fn is_unsurveyed(&self, seat: &Seat<'_>, method: &str) -> bool {
        let kinds: &[Pinned] = match method {
            "tools/call" => &[Pinned::Tool],
            "prompts/get" => &[Pinned::Prompt],
            "resources/read" | "resources/subscribe" => &[Pinned::Resource, Pinned::Template],
            _ => return false,
        };
        let was_begun = self.era == Some(Era::Stateless) || self.survey.was_begun();
        seat.shared.limits.survey && (!was_begun || kinds.iter().any(|kind| self.unsurveyed.contains(kind)))
    }

    pub(super) fn begin_survey(&mut self, seat: &Seat<'_>) -> Vec<Action> {
        if !seat.shared.limits.survey {
            return Vec::new();
        }
        let modern = self.era == Some(Era::Stateless);
        self.unsurveyed.clear();
        let asks = self.survey.begin(&self.kinds, modern, seat.server, &seat.shared.servers, seat.snapshot);
        asks.into_iter().map(|ask| send(Side::Server, &ask)).collect()
    }

    /// The client answers a request of the server.
    pub(super) fn client_answers(&mut self, seat: &Seat<'_>, id: &Token, arrived: &Arrived<'_>) -> Step {
        if self.asked_back.remove(id).is_none() {
            return dropped(seat, arrived, "unknown_id");
        }
        Step { then: vec![send(Side::Server, arrived.bytes)], ..Step::default() }
    }
}
