//! Types of paths from the facts of a place: what `args.filter.status` is, whether or not the rule around it type-checks.

use crate::Package;
use crate::place::index;
use mcpz_compiler::check;
use mcpz_compiler::hir::{SourceId, Span};
use mcpz_compiler::index::scopes::Facts;
use mcpz_compiler::index::{Referent, ScopeRow};
use mcpz_compiler::resolve::symbols::{Entity, Space};
use mcpz_compiler::resolve::{Name, Place};
use mcpz_compiler::types::{RecordType, Type};
use smol_str::SmolStr;

/// The place whose names a source sees.
pub fn place(package: &Package, source: SourceId) -> Place {
    Place { package: package.package_of(source), source }
}

/// The scope that an offset is in: that of the item around it, or of the item that ends before it with only white space between.
pub fn scope_at(package: &Package, source: SourceId, at: u32) -> Option<&ScopeRow> {
    let before = package.index.scopes.iter().filter(|row| row.span.source == source && row.span.start <= at);
    let nearest = before.max_by_key(|row| row.span.start)?;
    if at <= nearest.span.end {
        return Some(nearest);
    }
    let between = package.text(source).get(index(nearest.span.end)..index(at))?;
    between.trim().is_empty().then_some(nearest)
}

/// A variable that is bound around an offset.
#[derive(Debug, Clone)]
pub struct Variable {
    /// Its name.
    pub name: SmolStr,
    /// Its type.
    pub ty: Type,
}

/// The type of a path of names at a place, as far as it is known.
pub fn path_type(
    package: &Package,
    source: SourceId,
    facts: &Facts,
    variables: &[Variable],
    path: &[SmolStr],
) -> Option<Type> {
    let (mut ty, consumed) = root_type(package, source, facts, variables, path)?;
    for name in path.iter().skip(consumed) {
        ty = check::field_type(&ty, name)?;
    }
    Some(ty)
}

fn root_type(
    package: &Package,
    source: SourceId,
    facts: &Facts,
    variables: &[Variable],
    path: &[SmolStr],
) -> Option<(Type, usize)> {
    let first = path.first()?;
    if let Some(variable) = variables.iter().rev().find(|variable| variable.name == *first) {
        return Some((variable.ty.clone(), 1));
    }
    let record = |record: &Option<RecordType>| record.clone().map(Type::Record);
    let second = path.get(1).map(SmolStr::as_str);
    Some(match (first.as_str(), second) {
        ("args", _) => (record(&facts.args)?, 1),
        ("prompt", Some("args")) => (record(&facts.prompt_args)?, 2),
        ("user", Some("claims")) => (record(&facts.user)?, 2),
        ("agent", Some("claims")) => (record(&facts.agent)?, 2),
        ("claims", _) => (record(&facts.claims)?, 1),
        ("spiffe", _) => (Type::String, 1),
        ("uid", _) => (Type::Int, 1),
        ("context", _) => (Type::Record(context(package)), 1),
        ("now", _) => (Type::Instant, 1),
        ("network", Some("source")) => (Type::Ip.optional(), 2),
        ("resource", Some("uri")) => (Type::String, path.len().min(3)),
        ("sample", _) => (
            Type::Record(fixed(&[
                ("max_tokens", Type::Int),
                ("messages", Type::Int),
                ("model", Type::String.optional()),
            ])),
            1,
        ),
        ("elicit", _) => (elicit(), 1),
        _ => return declared_type(package, source, path),
    })
}

fn elicit() -> Type {
    Type::Record(fixed(&[
        ("asks_secret", Type::Bool),
        ("fields", Type::List(Box::new(Type::String))),
        ("mode", Type::String),
    ]))
}

/// The `context` record; every field may be missing.
pub fn context(package: &Package) -> RecordType {
    let declared = &package.index.program.context;
    let fields = declared.fields.iter().map(|(name, ty)| (name.clone(), ty.clone().optional())).collect();
    RecordType { fields, open: declared.open }
}

fn fixed(fields: &[(&str, Type)]) -> RecordType {
    RecordType { fields: fields.iter().map(|(name, ty)| (SmolStr::new(name), ty.clone())).collect(), open: false }
}

/// The type of data or a constant.
fn declared_type(package: &Package, source: SourceId, path: &[SmolStr]) -> Option<(Type, usize)> {
    let span = Span { source, start: 0, end: 0 };
    let names: Vec<Name> = path.iter().map(|text| Name { text: text.clone(), span }).collect();
    let (entity, consumed) = package.index.symbols.find(place(package, source), Space::Word, &names)?;
    Some((entity_type(package, entity)?, consumed))
}

/// The type of the value that an entity stands for.
pub fn entity_type(package: &Package, entity: Entity) -> Option<Type> {
    Some(match entity {
        Entity::Data(id) => package.index.program.data.get(id.index())?.ty.clone(),
        Entity::Const(id) => package.index.consts.get(id.index())?.value.as_ref()?.ty.clone(),
        Entity::Segment(_) => Type::Segment,
        Entity::Class(_) | Entity::Predicate(_) => Type::Bool,
        _ => return None,
    })
}

/// What stands for a name at a span.
pub fn referents(package: &Package, span: Span) -> &[Referent] {
    package.index.names.get(&span).map_or(&[], Vec::as_slice)
}
