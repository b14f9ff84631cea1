//! Users, agents and roles: classes of principals, each defined before it is used.

use super::items::{ClassSyntax, Items};
use super::symbols::{Entity, Symbols};
use super::{Name, Place, Unit, issuers, names, order};
use crate::check::{self, ConditionKind};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::{e0108, e0109, e0110, e0111};
use crate::hir::{Class, ClassDefinition, ClassId, CredentialSource, PrincipalKind};
use mcpz_syntax::ast::{self, Documented};

/// A class whose names are resolved; its condition is not typed yet.
struct Head {
    row: usize,
    circular: bool,
}

/// Puts the classes into dependency order: items and symbols are renumbered. Gives those in circles.
pub fn arrange(items: &mut Items, symbols: &mut Symbols, sink: &mut Vec<Diagnostic>) -> Vec<bool> {
    let uses: Vec<Vec<usize>> = items.classes.iter().map(|item| uses(item.place, &item.ast, symbols)).collect();
    let order = order::dependency_order(&uses);
    let mut circular = vec![false; items.classes.len()];
    for circle in &order.circles {
        report_circle(items, circle, sink);
        circle.iter().for_each(|row| circular[*row] = true);
    }
    let mut new_row = vec![0; items.classes.len()];
    for (new, old) in order.rows.iter().enumerate() {
        new_row[*old] = new;
    }
    symbols.renumber(|entity| match entity {
        Entity::Class(id) => Entity::Class(ClassId::new(new_row.get(id.index()).copied().unwrap_or(usize::MAX))),
        other => other,
    });
    items.classes = order.rows.iter().map(|row| items.classes[*row].clone()).collect();
    order.rows.iter().map(|row| circular[*row]).collect()
}

/// The rows of classes that a definition names.
fn uses(place: Place, class: &ClassSyntax, symbols: &Symbols) -> Vec<usize> {
    let paths: Vec<ast::Path> = match class {
        ClassSyntax::User(_) => Vec::new(),
        ClassSyntax::Agent(agent) => agent.acts_for(),
        ClassSyntax::Role(role) => role.base().into_iter().chain(role.members()).collect(),
    };
    let row = |path: &ast::Path| match symbols.value(place, &names(place, path)) {
        Some((Entity::Class(id), _)) => Some(id.index()),
        _ => None,
    };
    paths.iter().filter_map(row).collect()
}

/// Reports a circle at its first class.
fn report_circle(items: &Items, circle: &[usize], sink: &mut Vec<Diagnostic>) {
    let named = |row: &usize| {
        let item = &items.classes[*row];
        name_of(&item.ast).map(|ident| Name::new(item.place, &ident))
    };
    let names: Vec<Name> = circle.iter().filter_map(named).collect();
    let Some(first) = names.first() else { return };
    let mut texts: Vec<String> = names.iter().map(|name| name.text.to_string()).collect();
    texts.extend(texts.first().cloned());
    sink.push(e0108::class_cycle(first.span, &texts));
}

fn name_of(class: &ClassSyntax) -> Option<ast::Ident> {
    match class {
        ClassSyntax::User(user) => user.name(),
        ClassSyntax::Agent(agent) => agent.name(),
        ClassSyntax::Role(role) => role.name(),
    }
}

/// Reads every class, in dependency order, into the unit.
pub fn read(items: &Items, circular: &[bool], unit: &mut Unit, sink: &mut Vec<Diagnostic>) {
    for (row, item) in items.classes.iter().enumerate() {
        let head = Head { row, circular: circular.get(row).copied().unwrap_or(false) };
        let class = class(item.place, &item.ast, &head, unit, sink);
        unit.program.classes.push(class);
        unit.class_items.push(item_span(item.place, &item.ast));
    }
}

/// Where a class stands, as a whole item.
fn item_span(place: Place, class: &ClassSyntax) -> crate::hir::Span {
    match class {
        ClassSyntax::User(user) => place.of(user),
        ClassSyntax::Agent(agent) => place.of(agent),
        ClassSyntax::Role(role) => place.of(role),
    }
}

/// One class.
fn class(place: Place, ast: &ClassSyntax, head: &Head, unit: &Unit, sink: &mut Vec<Diagnostic>) -> Class {
    let (kind, definition, acts_for, docs) = match ast {
        ClassSyntax::User(user) => {
            let definition = identity(place, user.source(), user.condition(), unit, sink);
            (PrincipalKind::User, definition, Vec::new(), user.docs())
        }
        ClassSyntax::Agent(agent) => {
            let definition = identity(place, agent.source(), agent.condition(), unit, sink);
            let acts_for = acts_for(place, agent, head, unit, sink);
            (PrincipalKind::Agent, definition, acts_for, agent.docs())
        }
        ClassSyntax::Role(role) => {
            let definition = role_definition(place, role, head, unit, sink);
            (kind_of(&definition, unit), definition, Vec::new(), role.docs())
        }
    };
    let (name, span) = match ast {
        ClassSyntax::User(user) => issuers::name_span(place, user.name(), user),
        ClassSyntax::Agent(agent) => issuers::name_span(place, agent.name(), agent),
        ClassSyntax::Role(role) => issuers::name_span(place, role.name(), role),
    };
    Class { name, package: place.package, kind, definition, acts_for, docs, span }
}

/// What a class is before its definition is known: nobody belongs to it.
fn nobody() -> ClassDefinition {
    ClassDefinition::Join(Vec::new())
}

/// `from S where C`.
fn identity(
    place: Place,
    source: Option<ast::Path>,
    condition: Option<ast::Expr>,
    unit: &Unit,
    sink: &mut Vec<Diagnostic>,
) -> ClassDefinition {
    let Some(path) = source else { return nobody() };
    let (source, kind) = match path.single().map(|ident| ident.text).as_deref() {
        Some("mtls") => (CredentialSource::Mtls, ConditionKind::Mtls),
        Some("local") => (CredentialSource::Local, ConditionKind::Local),
        _ => match unit.symbols.issuer(place, &names(place, &path), sink) {
            Some(issuer) => (CredentialSource::Issuer(issuer), ConditionKind::Issuer(issuer)),
            None => return nobody(),
        },
    };
    let condition = condition.and_then(|expr| check::check_condition(unit, place, &expr, kind, sink));
    ClassDefinition::Identity { source, condition }
}

/// `acts for U, V`.
fn acts_for(place: Place, agent: &ast::Agent, head: &Head, unit: &Unit, sink: &mut Vec<Diagnostic>) -> Vec<ClassId> {
    let mut classes = Vec::new();
    for path in agent.acts_for() {
        let Some(id) = known_class(place, &path, head, unit, sink) else { continue };
        let Some(class) = unit.program.classes.get(id.index()) else { continue };
        if class.kind == PrincipalKind::Agent {
            sink.push(e0109::acts_for_no_user(place.of(&path), &class.name, class.span));
        } else {
            classes.push(id);
        }
    }
    classes.sort();
    classes.dedup();
    classes
}

/// A class that stands before this one; in a circle nothing does.
fn known_class(
    place: Place,
    path: &ast::Path,
    head: &Head,
    unit: &Unit,
    sink: &mut Vec<Diagnostic>,
) -> Option<ClassId> {
    let id = unit.symbols.class(place, &names(place, path), sink)?;
    (id.index() < head.row).then_some(id)
}

/// `role R of X where C`, `role R = A | B`.
fn role_definition(
    place: Place,
    role: &ast::Role,
    head: &Head,
    unit: &Unit,
    sink: &mut Vec<Diagnostic>,
) -> ClassDefinition {
    if head.circular {
        return nobody();
    }
    if role.is_union() {
        return ClassDefinition::Join(members(place, role, head, unit, sink));
    }
    let Some(base) = role.base().and_then(|base| known_class(place, &base, head, unit, sink)) else { return nobody() };
    let kind = ConditionKind::Role(base);
    let condition = role.condition().and_then(|expr| check::check_condition(unit, place, &expr, kind, sink));
    ClassDefinition::Narrow { base, condition }
}

/// The classes of a join: all of one kind, none twice.
fn members(place: Place, role: &ast::Role, head: &Head, unit: &Unit, sink: &mut Vec<Diagnostic>) -> Vec<ClassId> {
    let mut members: Vec<(ClassId, crate::hir::Span)> = Vec::new();
    let role_name = role.name().map(|name| name.text).unwrap_or_default();
    for path in role.members() {
        let Some(id) = known_class(place, &path, head, unit, sink) else { continue };
        let span = place.of(&path);
        let (Some(class), first) = (unit.program.classes.get(id.index()), members.first()) else { continue };
        let first_kind = first.and_then(|(first, _)| unit.program.classes.get(first.index())).map(|first| first.kind);
        if first_kind.is_some_and(|kind| kind != class.kind) {
            let (kind, others) = match class.kind {
                PrincipalKind::User => ("users", "agents"),
                PrincipalKind::Agent => ("agents", "users"),
            };
            sink.push(e0110::mixed_role(span, &role_name, &class.name, kind, others));
            continue;
        }
        if let Some((_, first)) = members.iter().find(|(known, _)| *known == id) {
            sink.push(e0111::duplicate_entry(span, &class.name, *first));
            continue;
        }
        members.push((id, span));
    }
    members.into_iter().map(|(id, _)| id).collect()
}

/// The kind of a role: that of what it is made of.
fn kind_of(definition: &ClassDefinition, unit: &Unit) -> PrincipalKind {
    let part = match definition {
        ClassDefinition::Narrow { base, .. } => Some(*base),
        ClassDefinition::Join(members) => members.first().copied(),
        ClassDefinition::Identity { .. } => None,
    };
    part.and_then(|id| unit.program.classes.get(id.index())).map_or(PrincipalKind::User, |class| class.kind)
}
