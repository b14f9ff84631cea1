//! What is open is judged again when the bundle or the kill switch changed.

use super::Conversation;
use super::steps::send;
use crate::proxy::judge::{Seat, judge};
use crate::proxy::{Action, Step, methods, open, reports};
use crate::record::{Event, Record};
use crate::wire::{self, Side, Text, Token};
use bytes::Bytes;
use mcpz_runtime::Scratch;
use std::collections::BTreeSet;

impl Conversation {
    /// Judges again everything that is open: the bundle or the kill switch changed.
    pub fn changed(&mut self, now_ms: i64) -> Step {
        let place = self.place.clone();
        let now = place.now(now_ms);
        let seat = place.seat(&now);
        let mut step = Step::default();
        let cut: Vec<(Token, &'static str)> = self
            .open
            .iter()
            .filter_map(|(id, open)| Some((id.clone(), no_longer(&seat, &open.request, &mut self.scratch)?)))
            .collect();
        for (id, reason) in cut {
            step.records.push(Record { effect: "deny", ..reports::about(&seat, Event::Cut, reason) });
            step.then.extend(self.abandon(&id, reason));
            step.then.push(send(Side::Server, &cancelled(&id, "no longer allowed")));
        }
        let ended: BTreeSet<String> = self
            .subscribed
            .iter()
            .filter(|(_, request)| no_longer(&seat, request, &mut self.scratch).is_some())
            .map(|(uri, _)| uri.clone())
            .collect();
        for uri in ended {
            self.subscribed.remove(&uri);
            step.records.push(Record {
                effect: "deny",
                target: Some(uri),
                ..reports::about(&seat, Event::Cut, "subscription")
            });
        }
        if let Some(reason) = no_longer(&seat, &Bytes::from_static(PING), &mut self.scratch) {
            step.records.push(Record { effect: "deny", ..reports::about(&seat, Event::Cut, reason) });
            step.then.push(Action::End { reason });
        } else if self.survey.is_outdated(now.snapshot.generation) {
            // Pins are part of what was reloaded; a survey that is under way compares with those of before.
            step.then.extend(self.survey_all(&seat));
        }
        // What is no longer allowed ends whether or not that can be written down.
        Step { otherwise: step.then.clone(), ended: self.ended(), ..step }
    }
}

/// A message that keeps the protocol going, and is denied when nothing may go on.
const PING: &[u8] = br#"{"jsonrpc":"2.0","id":0,"method":"ping"}"#;

/// Why a request that was allowed would be no longer.
fn no_longer(seat: &Seat<'_>, request: &Bytes, scratch: &mut Scratch) -> Option<&'static str> {
    let mut text = Text::new(request.clone());
    let message = text.read(&wire::limits(request.len())).ok()?;
    let judged = match methods::treated(message.method, Side::Client) {
        methods::Treated::ByRules if methods::action(message.method).is_some() => {
            open::judge_again(seat, request, scratch)
        }
        _ => judge(seat, Side::Client, request, &message, scratch),
    };
    (!judged.is_allow()).then(|| judged.reason())
}

/// Tells a server that a request will not be waited for, and why.
pub fn cancelled(id: &Token, why: &'static str) -> Bytes {
    Bytes::from(format!(
        r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{},"reason":"{why}"}}}}"#,
        id.json()
    ))
}
