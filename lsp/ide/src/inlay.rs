//! Inlay hints: types of constants, how many tools a wildcard or tag stands for, zones of times, what the members of a role are beside it.

use crate::Package;
use crate::describe::count;
use crate::syntax::bytes;
use mcpz_compiler::hir::{ClassDefinition, ClassId, ExprKind, Literal, SourceId, Span};
use mcpz_compiler::index::Referent;
use mcpz_compiler::resolve::symbols::Entity;
use mcpz_syntax::SyntaxKind;
use mcpz_syntax::ast::{AstNode, Const, Path, SubjectName, TargetAll, TargetTag};
use std::ops::Range;

/// A hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inlay {
    /// Where it is shown.
    pub at: u32,
    /// What it says.
    pub label: String,
    /// Whether it is a type.
    pub is_type: bool,
}

/// The hints of a range of a source.
pub fn hints(package: &Package, source: SourceId, range: &Range<u32>) -> Vec<Inlay> {
    let Some(tree) = package.tree(source) else { return Vec::new() };
    let mut hints = Vec::new();
    for node in tree.descendants().filter(|node| overlaps(&bytes(node.text_range()), range)) {
        if let Some(declared) = Const::cast(node.clone()) {
            hints.extend(constant(package, source, &declared));
        } else if let Some(tag) = TargetTag::cast(node.clone()) {
            hints.extend(tag.path().and_then(|path| tag_count(package, source, &path)));
        } else if let Some(all) = TargetAll::cast(node.clone()) {
            hints.extend(server_count(package, source, &all));
        } else if let Some(name) = SubjectName::cast(node.clone()) {
            hints.extend(name.path().and_then(|path| roles(package, source, &path)));
        } else if let Some(path) = Path::cast(node) {
            hints.extend(zone(package, source, &path));
        }
    }
    hints
}

fn overlaps(a: &Range<u32>, b: &Range<u32>) -> bool {
    a.start < b.end && b.start < a.end
}

/// What the last name of a path stands for.
fn entity(package: &Package, source: SourceId, path: &Path) -> Option<(Entity, u32)> {
    let range = bytes(path.segments().last()?.range);
    let span = Span { source, start: range.start, end: range.end };
    crate::types::referents(package, span).iter().find_map(|referent| match referent {
        Referent::Entity(entity) => Some((*entity, range.end)),
        _ => None,
    })
}

/// `const x`: its type, and the zone of a window.
fn constant(package: &Package, source: SourceId, declared: &Const) -> Option<Inlay> {
    let name = declared.name()?;
    let range = bytes(name.range);
    let row =
        package.index.consts.iter().find(|row| row.span == Span { source, start: range.start, end: range.end })?;
    let value = row.value.as_ref().filter(|_| declared.ty().is_none())?;
    let mut label = format!(": {}", value.ty);
    if let ExprKind::Literal(Literal::Window(window)) = &value.kind {
        label.push_str(&format!(" in {}", window.zone));
    }
    Some(Inlay { at: range.end, label, is_type: true })
}

fn tag_count(package: &Package, source: SourceId, path: &Path) -> Option<Inlay> {
    let (Entity::Tag(id), at) = entity(package, source, path)? else { return None };
    let tag = package.index.tags.get(id.index())?;
    Some(Inlay { at, label: count(tag.targets.tools.len(), "tool"), is_type: false })
}

/// `server.*`
fn server_count(package: &Package, source: SourceId, all: &TargetAll) -> Option<Inlay> {
    let at = u32::from(all.range().end());
    let tools = match entity(package, source, &all.server()?)?.0 {
        Entity::Server(id) => package.index.program.servers.get(id.index())?.tools.len(),
        // Of every server declared like it.
        Entity::Profile(id) => {
            let instances = &package.index.profiles.get(id.index())?.instances;
            let servers = instances.iter().filter_map(|id| package.index.program.servers.get(id.index()));
            servers.map(|server| server.tools.len()).sum()
        }
        _ => return None,
    };
    Some(Inlay { at, label: count(tools, "tool"), is_type: false })
}

/// A window by its name: the zone that its hours are counted in.
fn zone(package: &Package, source: SourceId, path: &Path) -> Option<Inlay> {
    if path.syntax().parent().is_some_and(|parent| parent.kind() == SyntaxKind::UseItem) {
        return None;
    }
    let (Entity::Const(id), at) = entity(package, source, path)? else { return None };
    let value = package.index.consts.get(id.index())?.value.as_ref()?;
    let ExprKind::Literal(Literal::Window(window)) = &value.kind else { return None };
    Some(Inlay { at, label: format!("in {}", window.zone), is_type: false })
}

/// A role: everything else that its members are, the nearest first.
fn roles(package: &Package, source: SourceId, path: &Path) -> Option<Inlay> {
    let (Entity::Class(id), at) = entity(package, source, path)? else { return None };
    let mut found: Vec<String> = Vec::new();
    members_of(package, id, 0, &mut found);
    (!found.is_empty()).then(|| Inlay { at, label: format!("of {}", found.join(", ")), is_type: false })
}

/// What the members of a class are beside it. Classes only refer to earlier ones, so this ends.
fn members_of(package: &Package, id: ClassId, depth: usize, found: &mut Vec<String>) {
    let classes = &package.index.program.classes;
    let name = |id: &ClassId| classes.get(id.index()).map_or_else(String::new, |class| class.name.to_string());
    let Some(class) = classes.get(id.index()).filter(|_| depth < 64) else { return };
    match &class.definition {
        ClassDefinition::Identity { .. } => {}
        ClassDefinition::Narrow { base, .. } => {
            found.push(name(base));
            members_of(package, *base, depth + 1, found);
        }
        // One of them, and nobody knows which.
        ClassDefinition::Join(members) => found.push(members.iter().map(name).collect::<Vec<_>>().join(" | ")),
    }
}
