//! `tag`: a named set of tools. Tags may contain tags; they are read in dependency order.

use super::items::Items;
use super::symbols::{Entity, TagId};
use super::{Unit, issuers, names, order, targets};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::e0118;
use crate::hir::{Action, Span, Targets};
use mcpz_syntax::ast::Target;
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// A tag, expanded.
#[derive(Debug, Clone, Default)]
pub struct Tag {
    /// Its name.
    pub name: SmolStr,
    /// Its tools.
    pub targets: Targets,
    /// Whether every name in it was known.
    pub ok: bool,
    /// It depends on `hints`: on what servers say of themselves.
    pub from_hints: bool,
    /// Where its name stands.
    pub span: Option<Span>,
}

/// Reads every tag into the unit.
pub fn read(items: &Items, unit: &mut Unit, sink: &mut Vec<Diagnostic>) {
    let uses: Vec<Vec<usize>> = (0..items.tags.len()).map(|row| uses(items, row, unit)).collect();
    let order = order::dependency_order(&uses);
    unit.tags = vec![Tag::default(); items.tags.len()];
    let circular: BTreeSet<usize> = order.circles.iter().flatten().copied().collect();
    for circle in &order.circles {
        report_circle(items, circle, sink);
    }
    for row in order.rows {
        let item = &items.tags[row];
        let (name, span) = issuers::name_span(item.place, item.ast.name(), &item.ast);
        let mut tag = Tag { name, span: Some(span), ..Tag::default() };
        if !circular.contains(&row) {
            let actions = BTreeSet::from([Action::Call]);
            let resolved = targets::tag_targets(unit, item.place, &item.ast.targets(), &actions, sink);
            tag.from_hints = resolved.from_hints;
            tag.ok = resolved.ok;
            tag.targets = resolved.targets;
        }
        unit.tags[row] = tag;
    }
}

/// The rows of tags that a tag contains.
fn uses(items: &Items, row: usize, unit: &Unit) -> Vec<usize> {
    let item = &items.tags[row];
    let tag = |target: &Target| match target {
        Target::Tag(tag) => {
            let path = names(item.place, &tag.path()?);
            match unit.symbols.find(item.place, super::symbols::Space::Tag, &path)? {
                (Entity::Tag(TagId(row)), _) => usize::try_from(row).ok(),
                _ => None,
            }
        }
        _ => None,
    };
    item.ast.targets().iter().filter_map(tag).collect()
}

/// Reports a circle at its first tag.
fn report_circle(items: &Items, circle: &[usize], sink: &mut Vec<Diagnostic>) {
    let named = |row: &usize| {
        let item = &items.tags[*row];
        issuers::name_span(item.place, item.ast.name(), &item.ast)
    };
    let names: Vec<(SmolStr, Span)> = circle.iter().map(named).collect();
    let Some((_, span)) = names.first() else { return };
    let mut texts: Vec<String> = names.iter().map(|(name, _)| name.to_string()).collect();
    texts.extend(texts.first().cloned());
    sink.push(e0118::tag_cycle(*span, &texts));
}
