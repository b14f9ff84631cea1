//! Names that a source sees, by kind: its own package's, what it imports, and the packages it can reach into.

use crate::Package;
use crate::types::place;
use mcpz_compiler::hir::{PackageId, SourceId};
use mcpz_compiler::resolve::symbols::{Entity, Kind};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// A name and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    /// The name.
    pub name: SmolStr,
    /// What it stands for.
    pub entity: Entity,
}

/// Every name of these kinds that a source sees without a qualifier.
pub fn visible(package: &Package, source: SourceId, kinds: &[Kind]) -> Vec<Seen> {
    let place = place(package, source);
    let symbols = &package.index.symbols;
    let own = symbols.packages.get(place.package.index()).into_iter().flat_map(|table| &table.names);
    let imported = symbols.files.get(source.index()).into_iter().flat_map(|table| &table.names);
    collect(own.chain(imported).map(|((_, name), (entity, _))| (name, *entity)), kinds)
}

/// Every name of these kinds that a package declares.
pub fn declared(package: &Package, of: PackageId, kinds: &[Kind]) -> Vec<Seen> {
    let table = package.index.symbols.packages.get(of.index());
    collect(table.into_iter().flat_map(|table| &table.names).map(|((_, name), (entity, _))| (name, *entity)), kinds)
}

fn collect<'n>(names: impl Iterator<Item = (&'n SmolStr, Entity)>, kinds: &[Kind]) -> Vec<Seen> {
    let wanted = names.filter(|(_, entity)| kinds.contains(&entity.kind()));
    let mut seen: Vec<Seen> = wanted.map(|(name, entity)| Seen { name: name.clone(), entity }).collect();
    seen.sort();
    seen.dedup();
    seen
}

/// Packages that a source can name with one word: imports and dependencies.
pub fn packages(package: &Package, source: SourceId) -> BTreeMap<SmolStr, PackageId> {
    let place = place(package, source);
    let symbols = &package.index.symbols;
    let mut found: BTreeMap<SmolStr, PackageId> = BTreeMap::new();
    if let Some(table) = symbols.packages.get(place.package.index()) {
        let dependencies = table.packages.iter().filter(|(name, _)| !name.contains('.'));
        found.extend(dependencies.map(|(name, id)| (SmolStr::new(name), *id)));
    }
    if let Some(table) = symbols.files.get(source.index()) {
        found.extend(table.packages.iter().map(|(name, id)| (name.clone(), *id)));
    }
    found
}

/// The package that the words before the last of a path name.
pub fn package_named(package: &Package, source: SourceId, path: &[SmolStr]) -> Option<PackageId> {
    if let [only] = path {
        return packages(package, source).get(only).copied();
    }
    let table = package.index.symbols.packages.get(place(package, source).package.index())?;
    table.packages.get(&path.join(".")).copied()
}

/// The name under which a package is shown.
pub fn package_name(package: &Package, id: PackageId) -> &str {
    package.loaded.packages.get(id.index()).map_or("", |package| package.name())
}

/// The documentation of an entity.
pub fn docs(package: &Package, entity: Entity) -> String {
    use mcpz_syntax::ast::{AstNode, Documented, Item};
    let Some(span) = package.index.declaration(entity) else { return String::new() };
    let Some(tree) = package.parse(span.source) else { return String::new() };
    let items = tree.source_file().items();
    let around =
        |item: &&Item| u32::from(item.range().start()) <= span.start && span.end <= u32::from(item.range().end());
    items.iter().find(around).map(Documented::docs).unwrap_or_default()
}
