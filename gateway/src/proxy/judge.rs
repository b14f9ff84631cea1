//! One message to a decision. Every message of either side that is a request or a notification comes
//! through [`judge`]; nothing else decides.

use super::methods::{self, Treated};
use super::survey::SurveyedServer;
use super::{Shared, open};
use crate::pins::Kind;
use crate::policy::Snapshot;
use crate::state::{Asked, Labels};
use crate::verified::Verified;
use crate::wire::{self, Side, Text};
use bytes::Bytes;
use mcpz_bytecode::image::RuleKind;
use mcpz_runtime::decision::{Decision, DenyMode, Effect, LimitObligation, Reason};
use mcpz_runtime::json::{Kind as Json, Message};
use mcpz_runtime::request::{ContextFacts, Direction, Facts, Request};
use mcpz_runtime::state::{Isolation, State};
use mcpz_runtime::{Caller, Input, Reading, Scratch};
use std::net::IpAddr;
use std::sync::Mutex;

/// What is known of the peer beside its credential.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Peer {
    /// Its address; none on stdio.
    pub network: Option<IpAddr>,
    /// Facts of `context`: the text of a JSON object.
    pub context: Option<String>,
}

/// From where one message is decided.
pub struct Seat<'a> {
    /// What all conversations share.
    pub shared: &'a Shared,
    /// The one snapshot of this decision.
    pub snapshot: &'a Snapshot,
    /// Who asks, resolved.
    pub caller: &'a Caller,
    /// Who asks.
    pub who: &'a Verified,
    /// Labels of the principal.
    pub labels: &'a Mutex<Labels>,
    /// The server at the other end.
    pub server: &'a str,
    /// The peer.
    pub peer: &'a Peer,
    /// The time.
    pub now_ms: i64,
}

impl<'a> Seat<'a> {
    /// The server at the other end, to be surveyed; `modern` when it is spoken to in the newer protocol.
    pub fn surveyed(&self, modern: bool) -> SurveyedServer<'a> {
        SurveyedServer {
            servers: &self.shared.servers,
            server: self.server,
            snapshot: self.snapshot,
            quarantine: &self.shared.quarantine,
            modern,
            now_ms: self.now_ms,
        }
    }
}

/// A decision, and the gateway's own word for it when no rule made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The decision.
    pub decision: Decision,
    /// Why the gateway itself refuses.
    pub refusal: Option<&'static str>,
    /// The id that a denial names.
    pub id: String,
}

impl Judged {
    /// A refusal of the gateway's own.
    pub fn refused(seat: &Seat<'_>, refusal: &'static str, show: DenyMode) -> Judged {
        let digest = seat.snapshot.program.digest();
        let decision = Decision::plain(Effect::Deny, Reason::UnknownTarget, show, digest);
        Judged { decision, refusal: Some(refusal), id: seat.shared.decision_id() }
    }

    /// Whether the message may pass.
    pub fn is_allow(&self) -> bool {
        self.decision.is_allow()
    }

    /// The stable word of the reason.
    pub fn reason(&self) -> &'static str {
        self.refusal.unwrap_or_else(|| self.decision.reason.name())
    }

    fn of(seat: &Seat<'_>, decision: Decision) -> Judged {
        Judged { decision, refusal: None, id: seat.shared.decision_id() }
    }
}

/// Decides a message of one side. Nothing is consumed: see [`take_limits`].
pub fn judge(seat: &Seat<'_>, from: Side, bytes: &Bytes, message: &Message<'_>, scratch: &mut Scratch) -> Judged {
    if seat.who.is_expired(seat.now_ms) {
        return Judged::refused(seat, "credential_expired", DenyMode::Hide);
    }
    let judged = match methods::treated(message.method, from) {
        Treated::ByRules => Judged::of(seat, decide(seat, from, bytes, Some(message), scratch)),
        Treated::AsProtocol => Judged::of(seat, ping(seat, from, scratch)),
        Treated::Listen => listen(seat, message, scratch),
        Treated::Task => match methods::task_id(message).and_then(|id| seat.shared.tasks.of(seat.server, id)) {
            Some(task) if task.owner == seat.who.key => open::judge_again(seat, &task.request, scratch),
            _ => Judged::refused(seat, "foreign_task", DenyMode::Hide),
        },
    };
    let judged = isolate(seat, judged);
    if from == Side::Client && judged.is_allow() && is_quarantined(seat, message) {
        let digest = seat.snapshot.program.digest();
        let decision = Decision::plain(Effect::Deny, Reason::Quarantined, DenyMode::Explain, digest);
        return Judged { decision, ..judged };
    }
    judged
}

/// Whether a prompt or a resource that is asked for changed under its pin; of tools the runtime asks.
fn is_quarantined(seat: &Seat<'_>, message: &Message<'_>) -> bool {
    let quarantine = &seat.shared.quarantine;
    let reference = |member: &str| {
        let params = message.params?;
        wire::str_at(message.document, params, &["ref", member])
    };
    let prompt = |name: Option<&str>| name.is_some_and(|name| quarantine.holds(seat.server, Kind::Prompt, name));
    let resource = |uri: Option<&str>| uri.is_some_and(|uri| quarantine.holds_resource(seat.server, uri));
    match message.method {
        "prompts/get" => prompt(message.name),
        "resources/read" | "resources/subscribe" => resource(message.uri),
        "completion/complete" => prompt(reference("name")) || resource(reference("uri")),
        "subscriptions/listen" => {
            let params = message.params;
            let uris = params
                .and_then(|params| wire::at(message.document, params, &["notifications", "resourceSubscriptions"]));
            uris.is_some_and(|uris| message.document.elements(uris).any(|uri| resource(message.document.str(uri))))
        }
        _ => false,
    }
}

/// The kill switch holds for everything: also for what keeps the protocol going, and for lists.
fn isolate(seat: &Seat<'_>, judged: Judged) -> Judged {
    let ungated = judged.is_allow() && matches!(judged.decision.reason, Reason::Protocol | Reason::List);
    if !ungated {
        return judged;
    }
    let asked = asked(seat);
    let agents = seat.caller.chain().iter().filter_map(|link| link.subject());
    let mut subjects = agents.map(Isolation::Agent).chain([Isolation::Server(seat.server)]);
    let reason = match subjects.try_fold(false, |cut, subject| Ok(cut | asked.isolated(subject)?)) {
        Ok(false) => return judged,
        Ok(true) => Reason::Isolated,
        Err(mcpz_runtime::state::StateError) => Reason::StateError,
    };
    let decision = Decision::plain(Effect::Deny, reason, DenyMode::Explain, seat.snapshot.program.digest());
    Judged { decision, ..judged }
}

/// What the runtime says of a message.
pub fn decide(
    seat: &Seat<'_>,
    from: Side,
    bytes: &[u8],
    message: Option<&Message<'_>>,
    scratch: &mut Scratch,
) -> Decision {
    let direction = match from {
        Side::Client => Direction::ToServer,
        Side::Server => Direction::ToClient,
    };
    let context = seat.peer.context.as_deref().map_or(ContextFacts::Nothing, ContextFacts::Text);
    let facts = Facts { now_ms: seat.now_ms, context, network_source: seat.peer.network };
    let request = Request { message: bytes, server: seat.server, direction, facts };
    let state = asked(seat);
    let Snapshot { program, data, .. } = seat.snapshot;
    let input = Input { program, data, caller: seat.caller, request, state: &state };
    match message {
        None => mcpz_runtime::decide(&input, scratch),
        Some(message) => mcpz_runtime::decide_reading(&input, &Reading::of(program, &request, *message), scratch),
    }
}

/// What has happened before, for this request.
fn asked<'a>(seat: &Seat<'a>) -> Asked<'a> {
    Asked {
        snapshot: seat.snapshot,
        kill: &seat.shared.kill,
        quarantine: &seat.shared.quarantine,
        ledger: &seat.shared.ledger,
        labels: seat.labels,
        who: seat.who,
        now_ms: seat.now_ms,
    }
}

/// What the runtime says of a message that only keeps the protocol going: credential and server must be known.
fn ping(seat: &Seat<'_>, from: Side, scratch: &mut Scratch) -> Decision {
    decide(seat, from, br#"{"jsonrpc":"2.0","id":0,"method":"ping"}"#, None, scratch)
}

/// Most resources that one subscription may name.
const MAX_SUBSCRIPTIONS: usize = 1000;

/// A subscription to several things: allowed when each resource it names may be subscribed to.
fn listen(seat: &Seat<'_>, message: &Message<'_>, scratch: &mut Scratch) -> Judged {
    let document = message.document;
    let mut all = ping(seat, Side::Client, scratch);
    let uris = message.params.and_then(|at| wire::at(document, at, &["notifications", "resourceSubscriptions"]));
    let Some(uris) = uris else { return Judged::of(seat, all) };
    if document.kind(uris) != Json::Array || document.size(uris) > MAX_SUBSCRIPTIONS {
        return Judged::refused(seat, "input_params", DenyMode::Hide);
    }
    for uri in document.elements(uris) {
        if !all.is_allow() {
            break;
        }
        if document.kind(uri) != Json::String {
            return Judged::refused(seat, "input_params", DenyMode::Hide);
        }
        let text = format!(
            r#"{{"jsonrpc":"2.0","id":0,"method":"resources/subscribe","params":{{"uri":{}}}}}"#,
            document.raw(uri)
        );
        let one = decide(seat, Side::Client, text.as_bytes(), None, scratch);
        let labels = all.obligations.labels;
        all = one;
        all.obligations.labels.extend(labels);
    }
    Judged::of(seat, all)
}

/// A request that stands inside a result (`method` and `params` of the newer protocol's `inputRequests`), as
/// the message that the older protocol would have sent. `None` when it is no such request.
pub fn nested(document: mcpz_runtime::json::Document<'_>, node: mcpz_runtime::json::NodeId) -> Option<Text> {
    let method = document.get(node, "method")?;
    document.str(method)?;
    let only_known = document.members(node).all(|(key, _)| matches!(key, "method" | "params"));
    if document.kind(node) != Json::Object || !only_known {
        return None;
    }
    let params = document.get(node, "params").map(|params| format!(r#","params":{}"#, document.raw(params)));
    let text = format!(r#"{{"jsonrpc":"2.0","id":0,"method":{}{}}}"#, document.raw(method), params.unwrap_or_default());
    Some(Text::new(Bytes::from(text)))
}

/// Takes what an allow consumes: all limits or none. A limit that another request has used up since makes
/// a denial of it.
pub fn take_limits(seat: &Seat<'_>, judged: Judged) -> Judged {
    let consumes = &judged.decision.obligations.consumes;
    if !judged.is_allow() || consumes.is_empty() {
        return judged;
    }
    let rows: Option<Vec<(&str, i128, &LimitObligation)>> = consumes
        .iter()
        .map(|limit| {
            let rule = seat.snapshot.program.image().rule(limit.rule)?;
            match rule.kind() {
                RuleKind::Limit(declared) => Some((rule.id_text()?, declared.at_most, limit)),
                _ => None,
            }
        })
        .collect();
    let taken = rows.is_some_and(|rows| seat.shared.ledger.take(seat.who, rows.into_iter(), seat.now_ms).is_ok());
    if taken {
        return judged;
    }
    let digest = seat.snapshot.program.digest();
    let mut decision = Decision::plain(Effect::Deny, Reason::Limited, DenyMode::Explain, digest);
    decision.determining = consumes.first().map(|limit| limit.rule);
    Judged { decision, ..judged }
}
