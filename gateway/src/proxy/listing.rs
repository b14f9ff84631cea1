//! Lists, filtered page by page: what the list-time program shows to this caller, and of that only what is
//! as it was pinned. Kept entries and cursors stay as the server sent them.

use super::judge::Seat;
use super::methods::{Era, Listing};
use super::survey::{Presented, compare_presented};
use crate::pins::Kind;
use crate::record::Change;
use crate::wire::splice::{Splices, append_member, array_of};
use crate::wire::{quoted, span};
use mcpz_runtime::json::{Document, Kind as Json, NodeId};
use std::collections::BTreeSet;

/// A list, filtered.
#[derive(Debug)]
pub struct Filtered {
    /// The changes to the message.
    pub splices: Splices,
    /// What was changed, for the record.
    pub changes: Vec<Change>,
    /// Definitions that were put into quarantine now.
    pub quarantined: Vec<(Kind, String)>,
}

/// The list cannot be filtered: it is not what the protocol says, and is withheld.
#[derive(Debug, PartialEq, Eq)]
pub struct Unfilterable;

/// Filters the result of a listing; `shown` is what this caller may see.
pub fn filter(
    seat: &Seat<'_>,
    listing: Listing,
    era: Option<Era>,
    (document, result): (Document<'_>, NodeId),
    shown: &[String],
) -> Result<Filtered, Unfilterable> {
    if has_imitation(document, result, &[listing.list, "nextCursor", "cacheScope"]) {
        return Err(Unfilterable);
    }
    let entries = document.get(result, listing.list).filter(|list| document.kind(*list) == Json::Array);
    let entries = entries.ok_or(Unfilterable)?;
    let mut filtered = Filtered { splices: Splices::new(), changes: Vec::new(), quarantined: Vec::new() };
    let kept = kept_entries(seat, listing, (document, entries), shown, &mut filtered.quarantined)?;
    let dropped = document.size(entries).saturating_sub(kept.len());
    if dropped > 0 {
        filtered.splices.replace(span(document, entries), array_of(document, &kept));
        filtered.changes.push(Change { what: "filtered", count: dropped });
    }
    if era == Some(Era::Stateless) && make_private(document, result, true, &mut filtered.splices) {
        filtered.changes.push(Change { what: "cache_scope", count: 1 });
    }
    Ok(filtered)
}

/// The entries that this caller may see.
fn kept_entries(
    seat: &Seat<'_>,
    listing: Listing,
    (document, entries): (Document<'_>, NodeId),
    shown: &[String],
    quarantined: &mut Vec<(Kind, String)>,
) -> Result<Vec<NodeId>, Unfilterable> {
    let kind = Kind::ALL.into_iter().find(|kind| kind.list() == listing.list);
    let at = seat.surveyed(false);
    let mut seen = BTreeSet::new();
    // Names whose entries here are not as they were pinned. Another conversation may let them out of quarantine at any
    // time, for what its server presents to it; what stands here is still not it.
    let mut unfit = BTreeSet::new();
    let mut kept = Vec::new();
    for entry in document.elements(entries) {
        if document.kind(entry) != Json::Object || has_imitation(document, entry, &[listing.key, "inputSchema"]) {
            return Err(Unfilterable);
        }
        let Some(name) = document.get(entry, listing.key).and_then(|name| document.str(name)) else {
            return Err(Unfilterable);
        };
        let is_twice = !seen.insert(name);
        if let Some(kind) = kind {
            let compared = compare_presented(kind, name, document.raw(entry), is_twice, &at);
            if compared == Presented::PutIn {
                quarantined.push((kind, name.to_owned()));
            }
            if compared != Presented::Fits {
                unfit.insert(name);
            }
        }
        if !is_twice && shown.iter().any(|shown| shown == name) {
            kept.push((name, entry));
        }
    }
    let is_held = |name: &str| kind.is_some_and(|kind| seat.shared.quarantine.holds(seat.server, kind, name));
    kept.retain(|(name, _)| !unfit.contains(name) && !is_held(name));
    Ok(kept.into_iter().map(|(_, entry)| entry).collect())
}

/// A result that depends on who asks must not be shared by caches; whether something had to be changed.
pub fn make_private(document: Document<'_>, result: NodeId, is_list: bool, splices: &mut Splices) -> bool {
    match document.get(result, "cacheScope") {
        Some(scope) if document.str(scope) == Some("private") => false,
        Some(scope) => {
            splices.replace(span(document, scope), quoted("private"));
            true
        }
        None if is_list => {
            append_member(splices, document, result, "cacheScope", &quoted("private"));
            true
        }
        None => false,
    }
}

/// Whether an object has a key that is none of these but equals one when case is ignored: a parser that
/// ignores case would read it in place of what was filtered.
pub fn has_imitation(document: Document<'_>, object: NodeId, names: &[&str]) -> bool {
    document.members(object).any(|(key, _)| {
        names
            .iter()
            .any(|name| key != *name && (key.eq_ignore_ascii_case(name) || key.to_lowercase() == name.to_lowercase()))
    })
}
