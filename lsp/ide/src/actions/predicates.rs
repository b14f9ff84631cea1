//! A condition taken out into a predicate, and a predicate put in where it is called.

use super::{Action, ActionKind, free_name};
use crate::Package;
use crate::place::{TextEdit, index};
use crate::symbol::{self, Symbol};
use crate::syntax::{around, bytes, token_at};
use mcpz_compiler::hir::{SourceId, Span};
use mcpz_compiler::resolve::symbols::Entity;
use mcpz_compiler::types::Type;
use mcpz_syntax::ast::{AstNode, CallExpr, Expr, Item, Path, Predicate};
use mcpz_syntax::{SyntaxKind, SyntaxNode};
use std::ops::Range;

/// Extraction of the selected condition, inlining of the call at the cursor.
pub(super) fn actions(package: &Package, source: SourceId, range: &Range<u32>) -> Vec<Action> {
    let extracted = if range.start < range.end { extract(package, source, range) } else { None };
    extracted.into_iter().chain(inline(package, source, range.start)).collect()
}

/// The smallest expression that holds a range.
fn selected(package: &Package, source: SourceId, range: &Range<u32>) -> Option<SyntaxNode> {
    let token = token_at(&package.tree(source)?, range.start)?;
    crate::syntax::ancestors(&token).find(|node| {
        let own = bytes(node.text_range());
        own.start <= range.start && range.end <= own.end && Expr::cast(node.clone()).is_some()
    })
}

/// The selected condition becomes a predicate; the facts that it reads become parameters.
fn extract(package: &Package, source: SourceId, range: &Range<u32>) -> Option<Action> {
    let node = selected(package, source, range)?;
    let own = bytes(node.text_range());
    let ty = package.index.types.get(&Span { source, start: own.start, end: own.end })?;
    if *ty != Type::Bool || asks_history(&node) {
        return None;
    }
    let text = package.text(source).get(index(own.start)..index(own.end))?;
    let mut parameters: Vec<(String, String, Type)> = Vec::new();
    let mut replaced: Vec<(Range<u32>, String)> = Vec::new();
    let outer = node.descendants().filter_map(Path::cast).filter(|path| reads_request(package, source, path));
    for path in outer {
        let place = bytes(path.range());
        let written = path.to_string();
        let known = parameters.iter().find(|(other, ..)| *other == written).map(|(_, name, _)| name.clone());
        let name = match known {
            Some(name) => name,
            None => {
                let ty =
                    package.index.types.get(&Span { source, start: place.start, end: place.end })?.required().clone();
                let name = parameter_name(&path, &parameters);
                parameters.push((written, name.clone(), ty));
                name
            }
        };
        replaced.push((place, name));
    }
    let mut body = text.to_owned();
    for (place, name) in replaced.iter().rev() {
        body.replace_range(index(place.start - own.start)..index(place.end - own.start), name);
    }
    let name = free_name(package, "condition");
    let heads: Vec<String> = parameters.iter().map(|(_, name, ty)| format!("{name}: {ty}")).collect();
    let given: Vec<&str> = parameters.iter().map(|(written, ..)| written.as_str()).collect();
    let item = crate::definition::item_around(package, Span { source, start: own.start, end: own.end })?;
    let at = bytes(item.range()).start;
    let declaration = format!("predicate {name}({}) = {body}\n\n", heads.join(", "));
    let action = Action::new("Extract into a predicate", ActionKind::Extract);
    let action = action.edit(source, TextEdit::insert(at, declaration));
    Some(action.edit(source, TextEdit { range: own, text: format!("{name}({})", given.join(", ")) }))
}

fn asks_history(node: &SyntaxNode) -> bool {
    node.descendants().any(|node| {
        let kind = node.kind();
        matches!(
            kind,
            SyntaxKind::HistoryExpr
                | SyntaxKind::SessionHolds
                | SyntaxKind::CarriesExpr
                | SyntaxKind::SeenExpr
                | SyntaxKind::HasExpr
        )
    })
}

/// Whether a path starts at a fact of the rule that a predicate does not see.
fn reads_request(package: &Package, source: SourceId, path: &Path) -> bool {
    let Some(first) = path.segments().first().cloned() else { return false };
    let range = bytes(first.range);
    let is_local = crate::types::referents(package, Span { source, start: range.start, end: range.end })
        .iter()
        .any(|referent| matches!(referent, mcpz_compiler::index::Referent::Local(_)));
    matches!(first.text.as_str(), "args" | "user" | "agent" | "prompt" | "resource" | "sample" | "elicit") || is_local
}

/// The last word of a path that no other parameter has.
fn parameter_name(path: &Path, taken: &[(String, String, Type)]) -> String {
    let last = path
        .segments()
        .last()
        .map_or_else(String::new, |ident| ident.text.replace(|c: char| !c.is_ascii_alphanumeric(), "_"));
    let is_free =
        |name: &str| SyntaxKind::from_word(name).is_none() && !taken.iter().any(|(_, other, _)| other == name);
    if is_free(&last) && !last.is_empty() { last } else { format!("value_{}", taken.len() + 1) }
}

/// The call at the cursor becomes the predicate's body with its arguments in place.
fn inline(package: &Package, source: SourceId, at: u32) -> Option<Action> {
    let tree = package.tree(source)?;
    let token = token_at(&tree, at)?;
    let found = symbol::of_token(package, source, &token)?;
    let [Symbol::Entity(Entity::Predicate(id))] = found.symbols.as_slice() else { return None };
    let call = around(&token, &[SyntaxKind::CallExpr]).and_then(CallExpr::cast)?;
    let declared = package.index.declaration(Entity::Predicate(*id))?;
    let Item::Predicate(predicate) = crate::definition::item_around(package, declared)? else { return None };
    // What the body names may not be seen from another package.
    if package.package_of(declared.source) != package.package_of(source) {
        return None;
    }
    let body = inlined(package, declared.source, &predicate, &call, source)?;
    let action = Action::new("Inline this predicate", ActionKind::Inline);
    Some(action.edit(source, TextEdit { range: bytes(call.range()), text: format!("({body})") }))
}

fn inlined(
    package: &Package,
    declared: SourceId,
    predicate: &Predicate,
    call: &CallExpr,
    source: SourceId,
) -> Option<String> {
    let body = predicate.body()?;
    let own = bytes(body.range());
    let mut text = package.text(declared).get(index(own.start)..index(own.end))?.to_owned();
    let names: Vec<String> = predicate.params().iter().filter_map(|param| param.name()).map(|name| name.text).collect();
    let args: Vec<String> = call
        .args()
        .iter()
        .filter_map(|arg| arg.value())
        .map(|value| {
            let range = bytes(value.range());
            let written = package.text(source).get(index(range.start)..index(range.end)).unwrap_or("").to_owned();
            let is_simple = matches!(value, Expr::Path(_) | Expr::Literal(_) | Expr::Call(_));
            if is_simple { written } else { format!("({written})") }
        })
        .collect();
    let mut places: Vec<(Range<u32>, &String)> = Vec::new();
    for path in body.syntax().descendants().filter_map(Path::cast) {
        let Some(first) = path.segments().first().cloned() else { continue };
        if let Some(argument) = names.iter().position(|name| *name == first.text).and_then(|row| args.get(row)) {
            places.push((bytes(first.range), argument));
        }
    }
    for (place, argument) in places.iter().rev() {
        text.replace_range(index(place.start - own.start)..index(place.end - own.start), argument);
    }
    Some(text)
}
