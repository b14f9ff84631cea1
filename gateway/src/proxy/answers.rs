//! What a server answers, before it is forwarded: labels are committed, lists filtered, nested requests
//! decided, tasks given an owner, redactions made. What the policy asks for and cannot be done withholds the
//! answer.

use super::denial;
use super::judge::{self, Judged, Seat};
use super::listing::{self, has_imitation, make_private};
use super::methods::{self, Era};
use super::open::Task;
use super::redact::{self, Withheld};
use super::reports::{self, places};
use crate::pins::Kind as Pinned;
use crate::record::{Call, Change, Record};
use crate::state::Labels;
use crate::wire::splice::Splices;
use crate::wire::{Side, Text, Token, limits, str_at};
use bytes::Bytes;
use mcpz_runtime::Scratch;
use mcpz_runtime::decision::{LabelObligation, Obligations};
use mcpz_runtime::json::{Buffers, Document, Kind, Message, NodeId};
use serde_json::json;
use std::sync::PoisonError;
use std::time::Instant;

/// A request of a client that a server has not answered yet.
#[derive(Debug)]
pub struct Open {
    /// The request, as it was judged and sent.
    pub request: Bytes,
    /// Its method.
    pub method: String,
    /// The token by which the server may report progress.
    pub progress: Option<Token>,
    /// What is to be done with its result.
    pub obligations: Obligations,
    /// The id of its decision.
    pub decision: String,
    /// What traces say of it.
    pub call: Call,
    /// When it was forwarded.
    pub begun: Instant,
}

impl Open {
    /// It has ended: what traces say of it.
    pub fn ended(self, error: Option<String>) -> Call {
        let took_us = u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        Call { took_us, error, ..self.call }
    }
}

/// What is wrong with an answer, as the conventions for traces have it: the code of an error, or that a tool says so.
/// A code that is no number is text of the server, and stays out of traces.
pub fn error_of(document: Document<'_>) -> Option<String> {
    let root = document.root();
    if let Some(error) = document.get(root, "error") {
        let code = document.get(error, "code").filter(|code| document.kind(*code) == Kind::Number);
        let code = code.and_then(|code| document.integer(code));
        return Some(code.map_or_else(|| "error".to_owned(), |code| code.to_string()));
    }
    let is_error = crate::wire::at(document, root, &["result", "isError"]).and_then(|node| document.bool(node));
    is_error.filter(|is_error| *is_error).map(|_| "tool_error".to_owned())
}

/// What becomes of an answer.
#[derive(Debug)]
pub struct Settled {
    /// What the client gets.
    pub message: Bytes,
    /// What is to be written first.
    pub records: Vec<Record>,
}

/// Members of results that are read here; a key that imitates one could be read in its place.
const READ: [&str; 12] = [
    "content",
    "contents",
    "structuredContent",
    "messages",
    "isError",
    "resultType",
    "inputRequests",
    "task",
    "taskId",
    "cacheScope",
    "tasks",
    "result",
];

/// What is said of a task or of progress in prose, beside a result.
const SAID: [&str; 3] = ["error", "statusMessage", "message"];

/// Why an answer is not forwarded.
struct Refused {
    reason: &'static str,
    records: Vec<Record>,
}

impl Refused {
    fn because(reason: &'static str) -> Refused {
        Refused { reason, records: Vec::new() }
    }
}

/// Settles the answer to a request.
pub fn settle(
    seat: &Seat<'_>,
    open: &Open,
    id: &Token,
    era: Option<Era>,
    (message, bytes): (&Message<'_>, &Bytes),
    scratch: &mut Scratch,
) -> Settled {
    let document = message.document;
    let Some(result) = document.get(document.root(), "result") else {
        return settle_as(seat, open, id, bytes, settle_error(seat, open, document));
    };
    let changed = settle_result(seat, open, era, (document, result), scratch);
    let settled = settle_as(seat, open, id, bytes, changed);
    match era {
        Some(Era::Stateless) if settled.message != *bytes => kept_private(open, id, settled),
        _ => settled,
    }
}

/// An answer with its changes, or what stands in its place.
fn settle_as(seat: &Seat<'_>, open: &Open, id: &Token, bytes: &Bytes, changed: Result<Changed, Refused>) -> Settled {
    match changed {
        Ok(Changed { splices, changes, mut records }) => {
            if splices.is_empty() {
                return Settled { message: bytes.clone(), records };
            }
            if !changes.is_empty() {
                records.push(reports::changed(seat, &open.decision, &open.method, "changed", changes));
            }
            let text = std::str::from_utf8(bytes).unwrap_or_default();
            Settled { message: Bytes::from(splices.apply(text)), records }
        }
        Err(Refused { reason, mut records }) => {
            let changes = vec![Change { what: "withheld", count: 1 }];
            records.push(reports::changed(seat, &open.decision, &open.method, reason, changes));
            Settled { message: withheld(id, reason, &open.decision), records }
        }
    }
}

/// An error that a server answers with: it carries labels as its result would, and the same is hidden in it.
fn settle_error(seat: &Seat<'_>, open: &Open, document: Document<'_>) -> Result<Changed, Refused> {
    let error = document.get(document.root(), "error").unwrap_or(document.root());
    label_whole(seat, &open.obligations.labels, document, &[error]);
    let mut changed = Changed::default();
    redact::redact_error(document, error, &open.obligations.redactions, &mut changed.splices)
        .map_err(|Withheld| Refused::because("redaction"))?;
    if !changed.splices.is_empty() {
        changed.changes.push(Change { what: "redacted", count: open.obligations.redactions.len() });
    }
    Ok(changed)
}

/// A result that was changed for this caller must not be shared by caches: it is read again as it is now.
fn kept_private(open: &Open, id: &Token, settled: Settled) -> Settled {
    let Settled { message: bytes, records } = settled;
    let mut text = Text::new(bytes.clone());
    let Ok(message) = text.read(&limits(bytes.len())) else {
        return Settled { message: withheld(id, "redaction", &open.decision), records };
    };
    let mut splices = Splices::new();
    if let Some(result) = message.document.get(message.document.root(), "result") {
        make_private(message.document, result, false, &mut splices);
    }
    let text = std::str::from_utf8(&bytes).unwrap_or_default();
    Settled { message: Bytes::from(splices.apply(text)), records }
}

/// The answer in place of one that is not forwarded.
pub fn withheld(id: &Token, reason: &str, decision: &str) -> Bytes {
    let text = format!("The answer was withheld by policy ({reason}). Decision {decision}.");
    denial::error(Some(id), -32003, &text, Some(json!({"reason": reason, "decision": decision})))
}

/// A notification that tells of a task, or of the progress of a call: what it holds is treated as the answer to the call
/// would be, whose obligations these are.
pub fn notified(
    seat: &Seat<'_>,
    obligations: &Obligations,
    message: &Message<'_>,
    bytes: &Bytes,
) -> Result<Bytes, &'static str> {
    let document = message.document;
    let is_task = methods::treated(message.method, Side::Server) == methods::Treated::Task;
    let tells = is_task || message.method == "notifications/progress";
    let Some(told) = message.params.filter(|_| tells) else { return Ok(bytes.clone()) };
    let mut splices = Splices::new();
    settle_told(seat, obligations, (document, told), &mut splices)?;
    if splices.is_empty() {
        return Ok(bytes.clone());
    }
    Ok(Bytes::from(splices.apply(std::str::from_utf8(bytes).unwrap_or_default())))
}

/// Labels and redactions of what a server tells of a task or of progress; why it is withheld.
fn settle_told(
    seat: &Seat<'_>,
    obligations: &Obligations,
    (document, told): (Document<'_>, NodeId),
    splices: &mut Splices,
) -> Result<(), &'static str> {
    let result = document.get(told, "result");
    let imitates = |node: &NodeId| has_imitation(document, *node, &READ);
    if imitates(&told) || has_imitation(document, told, &SAID) || result.as_ref().is_some_and(imitates) {
        return Err("input_case_folded_key");
    }
    if let Some(result) = result {
        label(seat, &obligations.labels, document, result);
    }
    let said: Vec<NodeId> = SAID.iter().filter_map(|name| document.get(told, name)).collect();
    if !said.is_empty() {
        label_whole(seat, &obligations.labels, document, &said);
    }
    redact::redact_told(document, told, &obligations.redactions, splices).map_err(|Withheld| "redaction")
}

/// Changes to an answer.
#[derive(Default)]
struct Changed {
    splices: Splices,
    changes: Vec<Change>,
    records: Vec<Record>,
}

fn settle_result(
    seat: &Seat<'_>,
    open: &Open,
    era: Option<Era>,
    (document, result): (Document<'_>, NodeId),
    scratch: &mut Scratch,
) -> Result<Changed, Refused> {
    if document.kind(result) == Kind::Object && has_imitation(document, result, &READ) {
        return Err(Refused::because("input_case_folded_key"));
    }
    if let Some(listing) = methods::listing(&open.method) {
        let shown = listed_now(seat, open, scratch).ok_or_else(|| Refused::because("credential"))?;
        let filtered = listing::filter(seat, listing, era, (document, result), &shown)
            .map_err(|listing::Unfilterable| Refused::because("result_malformed"))?;
        let records = filtered.quarantined.iter().map(|(kind, name)| reports::quarantine(seat, *kind, name)).collect();
        return Ok(Changed { splices: filtered.splices, changes: filtered.changes, records });
    }
    if open.method == "tasks/list" {
        return own_tasks(seat, document, result);
    }
    let mut changed = Changed::default();
    nested_requests(seat, (document, result), scratch, &mut changed.records)?;
    if open.method == "tasks/get" {
        settle_told(seat, &open.obligations, (document, result), &mut changed.splices).map_err(Refused::because)?;
    } else {
        label(seat, &open.obligations.labels, document, result);
        redact::redact(document, result, &open.obligations.redactions, &mut changed.splices)
            .map_err(|Withheld| Refused::because("redaction"))?;
    }
    if !changed.splices.is_empty() {
        changed.changes.push(Change { what: "redacted", count: open.obligations.redactions.len() });
    }
    register_task(seat, open, document, result)?;
    if era == Some(Era::Stateless)
        && changed.splices.is_empty()
        && make_private(document, result, is_cacheable(open, document, result), &mut changed.splices)
    {
        changed.changes.push(Change { what: "cache_scope", count: 1 });
    }
    Ok(changed)
}

/// Whether a result must say who may keep it: what stands in a resource, once it is there. Lists say it too
/// ([`listing::filter`]).
fn is_cacheable(open: &Open, document: Document<'_>, result: NodeId) -> bool {
    open.method == "resources/read" && str_at(document, result, &["resultType"]) == Some("complete")
}

/// What a listing shows now: the policy may have changed since it was asked for.
fn listed_now(seat: &Seat<'_>, open: &Open, scratch: &mut Scratch) -> Option<Vec<String>> {
    let mut text = Text::new(open.request.clone());
    let request = text.read(&limits(open.request.len())).ok()?;
    let judged = judge::judge(seat, Side::Client, &open.request, &request, scratch);
    if judged.is_allow() { judged.decision.obligations.listed } else { None }
}

/// Requests that a result asks the client to answer: each is decided as if the server had sent it.
fn nested_requests(
    seat: &Seat<'_>,
    (document, result): (Document<'_>, NodeId),
    scratch: &mut Scratch,
    records: &mut Vec<Record>,
) -> Result<(), Refused> {
    let Some(requests) = document.get(result, "inputRequests") else { return Ok(()) };
    let mut refused = None;
    for (_, node) in document.members(requests) {
        let begun = Instant::now();
        let Some(mut text) = judge::nested(document, node) else {
            return Err(Refused { reason: "input_envelope", records: std::mem::take(records) });
        };
        let bytes = text.bytes.clone();
        let judged = match text.read(&limits(bytes.len())) {
            Ok(request) => {
                let judged = judge::judge(seat, Side::Server, &bytes, &request, scratch);
                records.push(reports::decision(seat, &judged, Side::Server, Some(&request), begun));
                judged
            }
            Err(fault) => Judged::refused(seat, fault.kind.name(), mcpz_runtime::decision::DenyMode::Hide),
        };
        if !judged.is_allow() {
            refused = refused.or(Some(judged.reason()));
        }
    }
    let is_object = document.kind(requests) == Kind::Object;
    match refused.or((!is_object).then_some("result_malformed")) {
        None => Ok(()),
        Some(reason) => Err(Refused { reason, records: std::mem::take(records) }),
    }
}

/// A task that the server made of a call belongs to whoever called.
fn register_task(seat: &Seat<'_>, open: &Open, document: Document<'_>, result: NodeId) -> Result<(), Refused> {
    if open.method != "tools/call" {
        return Ok(());
    }
    let is_task = str_at(document, result, &["resultType"]) == Some("task");
    let id = str_at(document, result, &["task", "taskId"]);
    let id = id.or_else(|| str_at(document, result, &["taskId"]).filter(|_| is_task));
    let Some(id) = id else { return Ok(()) };
    let task = Task { owner: seat.who.key, request: open.request.clone(), obligations: open.obligations.clone() };
    match seat.shared.tasks.add(seat.server, id, task) {
        true => Ok(()),
        false => Err(Refused::because("foreign_task")),
    }
}

/// Of a list of tasks, those of whoever asks.
fn own_tasks(seat: &Seat<'_>, document: Document<'_>, result: NodeId) -> Result<Changed, Refused> {
    let tasks = document.get(result, "tasks").filter(|tasks| document.kind(*tasks) == Kind::Array);
    let tasks = tasks.ok_or_else(|| Refused::because("result_malformed"))?;
    let is_own = |task: &NodeId| {
        let known = str_at(document, *task, &["taskId"]).and_then(|id| seat.shared.tasks.of(seat.server, id));
        known.is_some_and(|task| task.owner == seat.who.key)
    };
    let kept: Vec<NodeId> = document.elements(tasks).filter(is_own).collect();
    let mut changed = Changed::default();
    if kept.len() < document.size(tasks) {
        changed.splices.replace(crate::wire::span(document, tasks), crate::wire::splice::array_of(document, &kept));
        changed.changes.push(Change { what: "filtered", count: document.size(tasks) - kept.len() });
    }
    Ok(changed)
}

/// Commits the labels that a result carries.
pub fn label(seat: &Seat<'_>, labels: &[LabelObligation], document: Document<'_>, result: NodeId) {
    if labels.is_empty() {
        return;
    }
    let mut held = seat.labels.lock().unwrap_or_else(PoisonError::into_inner);
    for LabelObligation { label, path } in labels {
        if path.is_empty() {
            held.add(label, document, &[result]);
            continue;
        }
        held.add(label, document, &[]);
        if let Some(structured) = document.get(result, "structuredContent") {
            held.add(label, document, &places(document, structured, path));
        }
        match redact::texts_of(document, result) {
            Ok(texts) => texts.into_iter().for_each(|text| label_text(&mut held, label, path, document, text)),
            Err(Withheld) => held.add_unknown(label),
        }
    }
}

/// Commits the labels that a result would carry for what is told in its place, which has no fields: with all its values.
fn label_whole(seat: &Seat<'_>, labels: &[LabelObligation], document: Document<'_>, said: &[NodeId]) {
    if labels.is_empty() {
        return;
    }
    let mut held = seat.labels.lock().unwrap_or_else(PoisonError::into_inner);
    labels.iter().for_each(|LabelObligation { label, .. }| held.add(label, document, said));
}

/// A text that holds a copy of the result; one that cannot be read may hold any value.
fn label_text(
    held: &mut Labels,
    label: &str,
    path: &[mcpz_runtime::decision::StepImage],
    document: Document<'_>,
    text: NodeId,
) {
    let inner = document.str(text).unwrap_or_default();
    let mut buffers = Buffers::new();
    match buffers.read(inner.as_bytes(), &limits(inner.len())) {
        Ok(parsed) => held.add(label, parsed, &places(parsed, parsed.root(), path)),
        Err(_) => held.add_unknown(label),
    }
}

/// What a server says in its answer to `initialize`: the kinds of definitions it has, and the version it chose.
pub fn initialized(document: Document<'_>) -> Option<(Vec<Pinned>, &str)> {
    let result = document.get(document.root(), "result")?;
    let has = |kind: &Pinned| crate::wire::at(document, result, &["capabilities", kind.capability()]).is_some();
    let kinds = Pinned::ALL.into_iter().filter(has).collect();
    Some((kinds, str_at(document, result, &["protocolVersion"]).unwrap_or_default()))
}
