//! Audit records: what is written of a decision. Text that callers and servers sent stands only in members
//! that are known to hold it; the audit log and its readers escape them.

use super::judge::{Judged, Seat};
use super::methods;
use crate::pins::Kind;
use crate::policy::hex;
use crate::record::{Arguments, ChainLink, Change, Event, Record};
use crate::telemetry::traces;
use crate::wire::{Side, span, splice::Splices, str_at};
use mcpz_bytecode::image::{StepImage, TargetsImage};
use mcpz_runtime::credential::subject;
use mcpz_runtime::decision::{AuditLevel, RuleId};
use mcpz_runtime::json::{Document, Message, NodeId};
use mcpz_runtime::principal::{Link, LinkSource};
use sha2::{Digest, Sha256};
use std::time::Instant;

/// The record of a decision.
pub fn decision(seat: &Seat<'_>, judged: &Judged, from: Side, message: Option<&Message<'_>>, begun: Instant) -> Record {
    // Making the record is no part of deciding.
    let latency = begun.elapsed();
    let decision = &judged.decision;
    let image = seat.snapshot.program.image();
    let rule_id = |rule: RuleId| image.rule(rule).map_or_else(String::new, |rule| rule.id().into_owned());
    let mut rules: Vec<String> = decision.determining.iter().map(|rule| rule_id(*rule)).collect();
    for limit in &decision.obligations.consumes {
        rules.push(rule_id(limit.rule));
    }
    for redaction in &decision.obligations.redactions {
        rules.push(rule_id(redaction.rule));
    }
    rules.dedup();
    let level = decision.obligations.audit;
    Record {
        id: judged.id.clone(),
        direction: direction(from),
        method: message.map_or_else(String::new, |message| known(message.method)),
        action: message.and_then(|message| methods::action(message.method)),
        target: message.and_then(target),
        effect: decision.effect.name(),
        rules,
        errors: decision.errors.iter().map(|error| (rule_id(error.rule), error.code.name())).collect(),
        shadow: decision.shadow.iter().map(|hit| (rule_id(hit.rule), hit.error.map(|code| code.name()))).collect(),
        arguments: message.map_or(Arguments::None, |message| arguments(seat, message, level)),
        level,
        durable: level.is_some_and(|level| level > AuditLevel::None),
        latency_us: u64::try_from(latency.as_micros()).unwrap_or(u64::MAX),
        trace_id: message.and_then(parent).map(|(trace, _)| trace.to_owned()),
        parent_span: message.and_then(parent).map(|(_, span)| span.to_owned()),
        ..about(seat, Event::Decision, judged.reason())
    }
}

/// A record about something that happened at this seat.
pub fn about(seat: &Seat<'_>, event: Event, reason: &str) -> Record {
    Record {
        server: seat.server.to_owned(),
        chain: seat.who.principal.chain.iter().map(link).collect(),
        session: Some(hex(seat.who.key.0.get(..8).unwrap_or_default())),
        bundle: seat.snapshot.digest.clone(),
        ..Record::event(event, seat.now_ms, reason)
    }
}

/// The record of a definition that changed under its pin.
pub fn quarantine(seat: &Seat<'_>, kind: Kind, name: &str) -> Record {
    Record {
        target: Some(name.to_owned()),
        effect: "deny",
        action: Some(kind.name()),
        durable: true,
        ..about(seat, Event::Quarantine, "changed_under_pin")
    }
}

/// The record of what was changed in an answer.
pub fn changed(seat: &Seat<'_>, id: &str, method: &str, reason: &str, changes: Vec<Change>) -> Record {
    Record {
        id: id.to_owned(),
        direction: direction(Side::Server),
        method: known(method),
        changes,
        ..about(seat, Event::Result, reason)
    }
}

fn direction(from: Side) -> &'static str {
    match from {
        Side::Client => "to_server",
        Side::Server => "to_client",
    }
}

fn known(method: &str) -> String {
    if methods::is_known(method) { method.to_owned() } else { String::new() }
}

fn target(message: &Message<'_>) -> Option<String> {
    let of = message.name.or(message.uri);
    let reference = || {
        let at = message.params?;
        str_at(message.document, at, &["ref", "name"]).or_else(|| str_at(message.document, at, &["ref", "uri"]))
    };
    of.or_else(reference).or_else(|| methods::task_id(message)).map(str::to_owned)
}

fn link(link: &Link) -> ChainLink {
    let source = match &link.source {
        LinkSource::Issuer(name) => format!("issuer:{name}"),
        LinkSource::Mtls { .. } => "mtls".to_owned(),
        LinkSource::Local { .. } => "local".to_owned(),
    };
    ChainLink { kind: link.kind, source, subject: subject(link).unwrap_or_default() }
}

/// The trace that the message belongs to, and the span that asks: `_meta.traceparent`, as W3C has it.
fn parent<'a>(message: &Message<'a>) -> Option<(&'a str, &'a str)> {
    traces::parent(str_at(message.document, message.params?, &["_meta", "traceparent"])?)
}

/// A digest of the arguments, or at the full level their text without what is sensitive.
fn arguments(seat: &Seat<'_>, message: &Message<'_>, level: Option<AuditLevel>) -> Arguments {
    let Some(node) = message.arguments else { return Arguments::None };
    let raw = message.document.raw(node);
    if level != Some(AuditLevel::Full) {
        return Arguments::Digest(Sha256::digest(raw).into());
    }
    let start = span(message.document, node).start;
    let mut splices = Splices::new();
    for place in sensitive(seat, message, node) {
        let inner = span(message.document, place);
        splices.replace(inner.start - start..inner.end - start, "\"[sensitive]\"");
    }
    Arguments::Redacted(splices.apply(raw))
}

/// Places of the arguments that the policy calls sensitive.
fn sensitive(seat: &Seat<'_>, message: &Message<'_>, arguments: NodeId) -> Vec<NodeId> {
    let program = &seat.snapshot.program;
    let (Some(server), Some(name)) = (program.server(seat.server), message.name) else { return Vec::new() };
    let tool = program.tool(server, name);
    let covers = |targets: &TargetsImage| {
        targets.any_tool
            || targets.servers.contains(&server)
            || targets.tools.iter().any(|(of, row)| *of == server && usize::try_from(*row).ok() == tool)
    };
    let declared = program.image().sensitive.iter().filter(|sensitive| covers(&sensitive.targets));
    declared.flat_map(|sensitive| places(message.document, arguments, &sensitive.path)).collect()
}

/// Every value at a path.
pub fn places(document: Document<'_>, from: NodeId, path: &[StepImage]) -> Vec<NodeId> {
    path.iter().fold(vec![from], |nodes, step| {
        nodes
            .into_iter()
            .flat_map(|node| match step {
                StepImage::Field(name) => document.get(node, name).into_iter().collect::<Vec<_>>(),
                StepImage::Each => {
                    document.elements(node).chain(document.members(node).map(|(_, member)| member)).collect()
                }
            })
            .collect()
    })
}
