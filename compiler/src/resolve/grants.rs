//! `grant`: a window of access that approval opens. Its permits are rules.

use super::items::Items;
use super::{Unit, issuers, places, subjects};
use crate::diagnostics::Diagnostic;
use crate::hir::{Grant, Subject};

/// Reads the heads of grants. A grant whose subject is wrong keeps its row, for nobody.
pub fn read(items: &Items, unit: &Unit, sink: &mut Vec<Diagnostic>) -> Vec<Grant> {
    let mut grants = Vec::new();
    for item in &items.grants {
        let place = item.place;
        let (name, span) = issuers::name_span(place, item.ast.name(), &item.ast);
        let subject = item.ast.subject().and_then(|subject| subjects::subject(unit, place, &subject, sink));
        let duration = item.ast.duration();
        let at_most_ms =
            duration.and_then(|expr| places::duration_ms(place, &expr, "a grant", sink)).unwrap_or_default();
        let who = item.ast.approvers().and_then(|approvers| approvers.subject());
        let approvers = who.and_then(|who| subjects::approvers(unit, place, &who, sink)).unwrap_or_default();
        grants.push(Grant {
            name,
            package: place.package,
            subject: subject.unwrap_or(Subject::Either(Vec::new())),
            at_most_ms,
            approvers,
            span,
        });
    }
    grants
}
