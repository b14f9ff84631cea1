//! `label`, `stores`, `declassify`, `sensitive`: where marks come from, where they go, what is secret.

use super::items::Items;
use super::{Place, Unit, issuers, names, places, targets};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::{e0129, e0141};
use crate::hir::{Action, Declassify, Label, Member, PathStep, Sensitive, Span, Stores, Targets, Tool};
use crate::types::Type;
use mcpz_syntax::ast;
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// Actions that give results.
fn result_actions() -> BTreeSet<Action> {
    BTreeSet::from([Action::Call, Action::Read, Action::Get])
}

/// Reads every label.
pub fn read(items: &Items, unit: &Unit, sink: &mut Vec<Diagnostic>) -> Vec<Label> {
    let one = |item: &super::Placed<ast::Label>, sink: &mut Vec<Diagnostic>| {
        let (name, span) = issuers::name_span(item.place, item.ast.name(), &item.ast);
        let sources = item.ast.sources();
        let sources = sources.iter().filter_map(|source| label_source(unit, item.place, source, sink)).collect();
        Label { name, package: item.place.package, sources, span }
    };
    items.labels.iter().map(|item| one(item, sink)).collect()
}

/// `mail.read: result.messages[*].body`.
fn label_source(
    unit: &Unit,
    place: Place,
    source: &ast::LabelSource,
    sink: &mut Vec<Diagnostic>,
) -> Option<(Targets, Vec<PathStep>)> {
    let target = source.target()?;
    let resolved = targets(unit, place, &[target], &result_actions(), sink);
    let Some(path) = source.field() else { return Some((resolved.targets, Vec::new())) };
    let (root, root_span, steps) = places::field_path(place, &path)?;
    if root != "result" {
        sink.push(e0129::unknown_place(root_span, "a label's source", &root, Some("result"), ""));
        return None;
    }
    if resolved.ok {
        check_result(unit, &resolved.targets, &steps, sink);
    }
    Some((resolved.targets, places::only_steps(&steps)))
}

/// Checks a place in results as far as the tools declare what they give.
fn check_result(unit: &Unit, targets: &Targets, steps: &[(PathStep, Span)], sink: &mut Vec<Diagnostic>) {
    for (_, tool) in tools(unit, targets) {
        let Some(Type::Record(output)) = &tool.output else { continue };
        if output.open {
            continue;
        }
        let what = format!("the result of `{}`", tool.name);
        if places::follow(output, steps, &what, sink).is_none() {
            return;
        }
    }
}

/// The tools that targets name, whole servers included.
pub fn tools<'u>(unit: &'u Unit, targets: &'u Targets) -> impl Iterator<Item = (Member, &'u Tool)> {
    let servers = unit.program.servers.iter().enumerate();
    servers.flat_map(move |(row, server)| {
        let id = crate::hir::ServerId::new(row);
        let whole = targets.any_tool || targets.servers.contains(&id);
        server.tools.iter().enumerate().filter_map(move |(index, tool)| {
            let member = Member { server: id, index: u32::try_from(index).ok()? };
            (whole || targets.tools.contains(&member)).then_some((member, tool))
        })
    })
}

/// Reads every `stores`.
pub fn stores(items: &Items, unit: &Unit, sink: &mut Vec<Diagnostic>) -> Vec<Stores> {
    let mut stores = Vec::new();
    for item in &items.stores {
        let place = item.place;
        let label = item.ast.label().and_then(|path| unit.symbols.label(place, &names(place, &path), sink));
        let actions = BTreeSet::from([Action::Call]);
        let resolved = targets(unit, place, &item.ast.targets(), &actions, sink);
        let key = item.ast.key().and_then(|path| parameter(unit, place, &path, &resolved, sink));
        let (Some(label), Some(steps)) = (label, key) else { continue };
        match plain_fields(&steps) {
            Ok(key) => stores.push(Stores { label, targets: resolved.targets, key, span: place.of(&item.ast) }),
            Err(span) => sink.push(e0129::unknown_place(span, "the key of `stores`", "[*]", None, "")),
        }
    }
    stores
}

/// Fields without `[*]`, or where a `[*]` stands.
fn plain_fields(steps: &[(PathStep, Span)]) -> Result<Vec<SmolStr>, Span> {
    let field = |(step, span): &(PathStep, Span)| match step {
        PathStep::Field(name) => Ok(name.clone()),
        PathStep::Each => Err(*span),
    };
    steps.iter().map(field).collect()
}

/// A place below `args` that every tool has.
fn parameter(
    unit: &Unit,
    place: Place,
    path: &ast::FieldPath,
    resolved: &targets::ResolvedTargets,
    sink: &mut Vec<Diagnostic>,
) -> Option<Vec<(PathStep, Span)>> {
    let (root, root_span, steps) = places::field_path(place, path)?;
    if root != "args" {
        sink.push(e0129::unknown_place(root_span, "a parameter", &root, Some("args"), ""));
        return None;
    }
    if !resolved.ok {
        return Some(steps);
    }
    for (_, tool) in tools(unit, &resolved.targets) {
        let what = format!("tool `{}`", tool.name);
        places::follow(&tool.input, &steps, &what, sink)?;
    }
    Some(steps)
}

/// Reads every `declassify`.
pub fn declassify(items: &Items, unit: &Unit, sink: &mut Vec<Diagnostic>) -> Vec<Declassify> {
    let mut all = Vec::new();
    for item in &items.declassify {
        let place = item.place;
        let label = item.ast.label().and_then(|path| unit.symbols.label(place, &names(place, &path), sink));
        let targets = item.ast.in_targets().or(item.ast.from_targets()).unwrap_or_default();
        let resolved = super::targets(unit, place, &targets, &result_actions(), sink);
        if let Some(path) = item.ast.key() {
            // Cleaning by key needs the store of labels, which is not there yet: it must not clean everything.
            let label = item.ast.label().map(|label| label.to_string()).unwrap_or_default();
            sink.push(e0141::declassify_by_key(place.of(&path), &label));
        }
        if let Some(label) = label {
            all.push(Declassify { label, targets: resolved.targets, span: place.of(&item.ast) });
        }
    }
    all
}

/// Reads every `sensitive`.
pub fn sensitive(items: &Items, unit: &Unit, sink: &mut Vec<Diagnostic>) -> Vec<Sensitive> {
    let mut all = Vec::new();
    for item in &items.sensitive {
        let place = item.place;
        let actions = BTreeSet::from([Action::Call]);
        let resolved = targets(unit, place, &item.ast.targets(), &actions, sink);
        for path in item.ast.fields() {
            if let Some(steps) = parameter(unit, place, &path, &resolved, sink) {
                let path = places::only_steps(&steps);
                all.push(Sensitive { targets: resolved.targets.clone(), path });
            }
        }
    }
    all
}
