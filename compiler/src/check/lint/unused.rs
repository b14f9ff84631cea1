//! Declarations that nothing names.
//!
//! A name is used when it stands anywhere in the package beside its declaration. That can miss an
//! unused name that is also a parameter's, and never warns about a used one. A package without a
//! rule is a library: its names are for others.

use super::ROOT;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::{w0601, w0602, w0603, w0604, w0605, w0606};
use crate::hir::Span;
use crate::resolve::{Entity, Unit};
use mcpz_syntax::SyntaxKind;
use std::collections::BTreeMap;

/// Warns about unused declarations of the root package.
pub(super) fn lint(unit: &Unit, sink: &mut Vec<Diagnostic>) {
    if !unit.rules.iter().any(|head| head.place.package == ROOT) {
        return;
    }
    let uses = words(unit);
    let own = unit.declared.iter().filter(|declared| declared.package == ROOT);
    for declared in own {
        let name = declared.name.text.as_str();
        if uses.get(name).copied().unwrap_or(0) > 1 {
            continue;
        }
        if let Some(warning) = unused(declared.entity, declared.name.span, name) {
            sink.push(warning);
        }
    }
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

/// How often each identifier stands in the sources of the root package.
fn words(unit: &Unit) -> BTreeMap<String, u32> {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    let own = unit.program.sources.iter().filter(|source| source.package == ROOT);
    for source in own {
        let root = mcpz_syntax::parse(&source.text).tree();
        let tokens = root.descendants_with_tokens().filter_map(|element| element.into_token());
        for token in tokens.filter(|token| token.kind() == SyntaxKind::Ident) {
            *counts.entry(token.text().to_owned()).or_default() += 1;
        }
    }
    counts
}
