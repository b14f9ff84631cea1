//! Declarations that nothing names.
//!
//! A name is used when it stands anywhere in the package beside its declaration. That can miss an
//! unused name that is also a parameter's, and never warns about a used one. A package without a
//! rule is a library: its names are for others.

use super::ROOT;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::{w0601, w0602, w0603, w0604, w0605, w0606};
use crate::hir::Span;
use crate::memo::Words;
use crate::package::Loaded;
use crate::resolve::{Entity, Unit};
use std::sync::Arc;

/// Warns about unused declarations of the root package.
pub(super) fn lint(loaded: &Loaded, unit: &Unit, has_rules: bool, sink: &mut Vec<Diagnostic>) {
    if !has_rules {
        return;
    }
    let uses = words(loaded);
    let own = unit.declared.iter().filter(|declared| declared.package == ROOT);
    for declared in own {
        let name = declared.name.text.as_str();
        if stands_twice(&uses, name) {
            continue;
        }
        if let Some(warning) = unused(declared.entity, declared.name.span, name) {
            sink.push(warning);
        }
    }
}

/// Whether a name stands anywhere but where it is declared.
fn stands_twice(uses: &[Arc<Words>], name: &str) -> bool {
    let mut found = 0;
    uses.iter().filter_map(|words| words.get(name)).any(|count| {
        found += count;
        found > 1
    })
}

fn unused(entity: Entity, span: Span, name: &str) -> Option<Diagnostic> {
    Some(match entity {
        Entity::Predicate(_) => w0601::unused(span, name),
        Entity::Const(_) => w0602::unused(span, name),
        Entity::Tag(_) => w0603::unused(span, name),
        Entity::Label(_) => w0604::unused(span, name),
        Entity::Data(_) => w0605::unused(span, name),
        Entity::Class(_) => w0606::unused(span, name),
        _ => return None,
    })
}

/// How often each identifier stands in each source of the root package.
fn words(loaded: &Loaded) -> Vec<Arc<Words>> {
    let own = loaded.files.iter().filter(|file| file.package == ROOT);
    own.map(|file| file.words.clone()).collect()
}
