//! Guard authority: a package marked `authority = "guard"` may only narrow.

use super::Place;
use super::items::{Items, RuleItem};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::e0114;
use crate::package::Loaded;
use mcpz_syntax::TextRange;
use mcpz_syntax::ast::Documented;

/// Reports what opens access in guard packages.
pub fn report(items: &Items, loaded: &Loaded, sink: &mut Vec<Diagnostic>) {
    let guard = |place: Place| loaded.packages.get(place.package.index()).filter(|package| package.manifest.guard);
    let mut refuse = |place: Place, range: TextRange, word: &str| {
        if let Some(package) = guard(place) {
            sink.push(e0114::guard_authority(place.span(range), word, package.name()));
        }
    };
    for item in &items.rules {
        match &item.ast {
            RuleItem::Permit(rule) => refuse(item.place, rule.keyword_range(), "permit"),
            RuleItem::Grant(grant) => refuse(item.place, grant.keyword_range(), "grant"),
            _ => {}
        }
    }
    for item in &items.flows {
        refuse(item.place, item.ast.keyword_range(), "flow");
    }
    for item in &items.declassify {
        refuse(item.place, item.ast.keyword_range(), "declassify");
    }
}
