//! Steps that several stages take: a refusal, a denial, something dropped.

use crate::proxy::denial::{self, Shown};
use crate::proxy::judge::{Judged, Seat};
use crate::proxy::methods;
use crate::proxy::{Action, Step, reports};
use crate::wire::{Side, Token};
use bytes::Bytes;
use mcpz_runtime::decision::DenyMode;
use mcpz_runtime::json::{FaultKind, JsonFault, Message};
use std::time::Instant;

/// A message that came in.
pub(super) struct Arrived<'a> {
    /// Whose it is.
    pub(super) from: Side,
    /// Its bytes.
    pub(super) bytes: &'a Bytes,
    /// What they say.
    pub(super) message: &'a Message<'a>,
    /// When it came.
    pub(super) begun: Instant,
}

/// Something to be sent that answers nothing.
pub(super) fn send(to: Side, message: &Bytes) -> Action {
    Action::Send { to, message: message.clone(), answers: None, about: None, shown: Shown::Plain }
}

/// The answer to a request of the client.
pub(super) fn answer(id: &Token, message: Bytes, shown: Shown) -> Action {
    Action::Send { to: Side::Client, message, answers: Some(id.clone()), about: None, shown }
}

/// A request that the gateway itself refuses.
pub(super) fn refuse(seat: &Seat<'_>, id: &Token, arrived: &Arrived<'_>, refusal: &'static str) -> Step {
    let judged = Judged::refused(seat, refusal, DenyMode::Hide);
    let body = match refusal {
        "version" => denial::unsupported_version(id, methods::version_of(arrived.message)),
        "removed" => denial::no_method(id),
        _ => denial::unreadable(Some(id), refusal, &judged.id),
    };
    let shown = if refusal == "removed" { Shown::Plain } else { Shown::BadRequest };
    refused_with(seat, &judged, id, arrived, (body, shown))
}

/// A request that was denied, as the decision asks it to be shown.
pub(super) fn denied(seat: &Seat<'_>, judged: &Judged, id: &Token, arrived: &Arrived<'_>) -> Step {
    let modern = methods::version_of(arrived.message).is_some_and(methods::is_modern_version);
    let learned = |what| seat.shared.servers.learned(seat.server, what, modern);
    let image = seat.snapshot.program.image();
    let shown = denial::answer(judged, arrived.message, id, arrived.from, image, learned);
    refused_with(seat, judged, id, arrived, shown)
}

pub(super) fn refused_with(
    seat: &Seat<'_>,
    judged: &Judged,
    id: &Token,
    arrived: &Arrived<'_>,
    (body, shown): (Bytes, Shown),
) -> Step {
    let action = match arrived.from {
        Side::Client => answer(id, body, shown),
        Side::Server => send(Side::Server, &body),
    };
    Step {
        records: vec![reports::decision(seat, judged, arrived.from, Some(arrived.message), arrived.begun)],
        // It is denied either way.
        then: vec![action.clone()],
        otherwise: vec![action],
        ..Step::default()
    }
}

/// A message that nobody waits for: it goes nowhere.
pub(super) fn dropped(seat: &Seat<'_>, arrived: &Arrived<'_>, reason: &'static str) -> Step {
    let judged = Judged::refused(seat, reason, DenyMode::Hide);
    let action = refusal(arrived, &judged);
    Step {
        records: vec![reports::decision(seat, &judged, arrived.from, Some(arrived.message), arrived.begun)],
        then: vec![action.clone()],
        otherwise: vec![action],
        ..Step::default()
    }
}

/// Tells whoever sent something that it goes nowhere, where that can be told.
pub(super) fn refusal(arrived: &Arrived<'_>, judged: &Judged) -> Action {
    let message = denial::unreadable(None, judged.reason(), &judged.id);
    Action::Refuse { from: arrived.from, message, shown: Shown::BadRequest }
}

/// A text of the client that is no message: it goes nowhere.
pub(super) fn unreadable(seat: &Seat<'_>, bytes: &Bytes, fault: JsonFault, begun: Instant) -> Step {
    if fault.kind == FaultKind::Params
        && let Some(id) = methods::removed_request(bytes)
    {
        let judged = Judged::refused(seat, "removed", DenyMode::Hide);
        let action = answer(&id, denial::no_method(&id), Shown::Plain);
        let records = vec![reports::decision(seat, &judged, Side::Client, None, begun)];
        return Step { records, then: vec![action.clone()], otherwise: vec![action], ..Step::default() };
    }
    let judged = Judged::refused(seat, fault.kind.name(), DenyMode::Hide);
    let message = denial::unreadable(None, judged.reason(), &judged.id);
    let action = Action::Refuse { from: Side::Client, message, shown: Shown::BadRequest };
    let records = vec![reports::decision(seat, &judged, Side::Client, None, begun)];
    Step { records, then: vec![action.clone()], otherwise: vec![action], ..Step::default() }
}
