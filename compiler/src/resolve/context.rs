//! `context`: the facts that the enforcement point supplies, one record for the whole bundle.

use super::items::Items;
use super::{Name, types};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::{e0111, e0134};
use crate::hir::Span;
use crate::types::{RecordType, Type};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// Merges the context blocks of all packages.
pub fn read(items: &Items, sink: &mut Vec<Diagnostic>) -> RecordType {
    let mut merged: BTreeMap<SmolStr, (Type, Span)> = BTreeMap::new();
    for item in &items.contexts {
        let mut own: BTreeMap<SmolStr, Span> = BTreeMap::new();
        for field in item.ast.fields() {
            let Some(ident) = field.name() else { continue };
            let name = Name::new(item.place, &ident);
            let ty = field.ty().map_or(Type::Error, |ty| types::type_of(item.place, &ty, sink));
            if let Some(first) = own.insert(name.text.clone(), name.span) {
                sink.push(e0111::duplicate_entry(name.span, &name.text, first));
                continue;
            }
            match merged.get(&name.text) {
                Some((first, span)) if *first != ty && *first != Type::Error && ty != Type::Error => {
                    let error =
                        e0134::context_conflict(name.span, &name.text, &ty.to_string(), &first.to_string(), *span);
                    sink.push(error);
                }
                Some(_) => {}
                None => {
                    merged.insert(name.text, (ty, name.span));
                }
            }
        }
    }
    RecordType { fields: merged.into_iter().map(|(name, (ty, _))| (name, ty)).collect(), open: false }
}
