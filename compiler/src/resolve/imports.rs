//! `use`: brings packages and names of packages into a file.

use super::items::Items;
use super::symbols::{Entry, Space, Symbols};
use super::{Name, Place};
use crate::diagnostics::codes::{e0104, e0105, e0106};
use crate::diagnostics::{Diagnostic, suggest};
use crate::hir::{PackageId, Span};
use crate::index::Referent;
use mcpz_syntax::ast::UsedName;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// Resolves every `use` into the table of its file.
pub fn resolve(items: &Items, symbols: &mut Symbols, sink: &mut Vec<Diagnostic>) {
    // Where each binding of a file comes from, to report two of one name.
    let mut bound: BTreeMap<(Place, SmolStr), Span> = BTreeMap::new();
    for item in &items.uses {
        for used in item.ast.names() {
            bind(item.place, &used, symbols, &mut bound, sink);
        }
    }
}

/// Binds one name of a `use`.
fn bind(
    place: Place,
    used: &UsedName,
    symbols: &mut Symbols,
    bound: &mut BTreeMap<(Place, SmolStr), Span>,
    sink: &mut Vec<Diagnostic>,
) {
    let path: Vec<Name> = used.path.iter().map(|ident| Name::new(place, ident)).collect();
    let binding = Name::new(place, &used.binding);
    // Imports of a file do not see each other: the path starts at a dependency or at `std`.
    let Some((package, consumed)) = package_of(place, &path, symbols) else {
        let meant = if symbols.is_reported(place, &path) { None } else { report_package(place, &path, symbols, sink) };
        fail(place, used, meant, symbols);
        return;
    };
    let entries = match path.get(consumed) {
        None => Vec::new(),
        Some(name) => {
            let entries = declared(package, &name.text, symbols);
            if entries.is_empty() || path.len() > consumed + 1 {
                let wrong = path.get(consumed + usize::from(!entries.is_empty())).unwrap_or(name);
                let meant = report_item(package, wrong, symbols, sink);
                fail(place, used, meant, symbols);
                return;
            }
            entries
        }
    };
    if let Some(first) = taken(place, &binding, &entries, symbols, bound) {
        sink.push(e0106::import_conflict(binding.span, &binding.text, first));
        return;
    }
    record(&path, consumed, package, &binding, &entries, symbols);
    bound.insert((place, binding.text.clone()), binding.span);
    let file = symbols.file_mut(place.source);
    if entries.is_empty() {
        file.packages.insert(binding.text, package);
        return;
    }
    for (space, entry) in entries {
        file.names.insert((space, binding.text.clone()), entry);
    }
}

/// Notes what a `use` in error would have brought in: as it is spelt, and as it was probably meant.
fn fail(place: Place, used: &UsedName, meant: Option<SmolStr>, symbols: &mut Symbols) {
    let failed = &mut symbols.file_mut(place.source).failed;
    failed.insert(SmolStr::new(&used.binding.text));
    failed.extend(meant);
}

/// Writes down what the names of a `use` mean.
fn record(
    path: &[Name],
    consumed: usize,
    package: PackageId,
    binding: &Name,
    entries: &[(Space, Entry)],
    symbols: &Symbols,
) {
    let Some(recorder) = &symbols.recorder else { return };
    path.iter().take(consumed).for_each(|name| recorder.name(name.span, Referent::Package(package)));
    for name in path.get(consumed).into_iter().chain([binding]) {
        entries.iter().for_each(|(_, (entity, _))| recorder.name(name.span, Referent::Entity(*entity)));
    }
    if entries.is_empty() {
        recorder.name(binding.span, Referent::Package(package));
    }
}

/// The package that a `use` path starts with.
fn package_of(place: Place, path: &[Name], symbols: &Symbols) -> Option<(PackageId, usize)> {
    let table = symbols.packages.get(place.package.index())?;
    (1..=path.len()).rev().find_map(|count| {
        let dotted: Vec<&str> = path.iter().take(count).map(|name| name.text.as_str()).collect();
        table.packages.get(&dotted.join(".")).map(|package| (*package, count))
    })
}

/// What a package declares under a name, in every space.
fn declared(package: PackageId, name: &SmolStr, symbols: &Symbols) -> Vec<(Space, Entry)> {
    let Some(table) = symbols.packages.get(package.index()) else { return Vec::new() };
    let of = |space: &Space| table.names.get(&(*space, name.clone())).map(|entry| (*space, *entry));
    Space::ALL.iter().filter_map(of).collect()
}

/// Where a binding's name is taken already.
fn taken(
    place: Place,
    binding: &Name,
    entries: &[(Space, Entry)],
    symbols: &Symbols,
    bound: &BTreeMap<(Place, SmolStr), Span>,
) -> Option<Span> {
    if let Some(first) = bound.get(&(place, binding.text.clone())) {
        return Some(*first);
    }
    let own = |space: &Space| symbols.visible(place, *space, &binding.text).map(|(_, span)| span);
    entries.iter().find_map(|(space, _)| own(space))
}

/// Reports a path whose root is no package. The name that was probably meant, when there is one.
fn report_package(place: Place, path: &[Name], symbols: &Symbols, sink: &mut Vec<Diagnostic>) -> Option<SmolStr> {
    let first = path.first()?;
    let table = symbols.packages.get(place.package.index())?;
    if first.text == "std" {
        let whole: Vec<&str> = path.iter().map(|name| name.text.as_str()).collect();
        let near = nearest_module(&whole.join("."));
        let meant = near.and_then(|near| near.rsplit('.').next()).map(SmolStr::new);
        let (span, near) = match near.and_then(|near| one_segment(path, near)) {
            Some((span, segment)) => (span, Some(segment)),
            None => (Span { end: path.last().map_or(first.span.end, |last| last.span.end), ..first.span }, near),
        };
        sink.push(e0104::unknown_package(span, &whole.join("."), near, STANDARD_HELP));
        return meant;
    }
    let roots = || table.packages.keys().filter(|name| !name.starts_with("std."));
    let near = suggest::nearest(&first.text, roots().map(String::as_str).chain(["std"]));
    sink.push(e0104::unknown_package(first.span, &first.text, near.as_deref(), &suggest::listing(roots())));
    near
}

/// What the standard library has, for help.
const STANDARD_HELP: &str =
    "`std.time`, `std.guard.paths`, `std.guard.net`, `std.guard.secrets`, `std.guard.sql`, `std.mcp.*`";

/// Modules of the standard library, for suggestions (the compiler does not hold the library itself).
const STANDARD_MODULES: &[&str] = &[
    "std.time",
    "std.guard.paths",
    "std.guard.net",
    "std.guard.secrets",
    "std.guard.sql",
    "std.mcp.fetch",
    "std.mcp.filesystem",
    "std.mcp.git",
    "std.mcp.memory",
    "std.mcp.time",
];

/// The module nearest to a path below `std`.
fn nearest_module(path: &str) -> Option<&'static str> {
    let near = suggest::nearest(path, STANDARD_MODULES)?;
    STANDARD_MODULES.iter().copied().find(|module| *module == near.as_str())
}

/// The one segment of a path in which it differs from a module's name, and what it should be.
fn one_segment<'m>(path: &[Name], module: &'m str) -> Option<(Span, &'m str)> {
    let wanted: Vec<&str> = module.split('.').collect();
    let mut differing = path.iter().zip(&wanted).filter(|(name, wanted)| name.text != **wanted);
    let (name, segment) = differing.next().filter(|_| path.len() == wanted.len())?;
    differing.next().is_none().then_some((name.span, *segment))
}

/// Reports a name that the package does not declare. The name that was probably meant, when there is one.
fn report_item(package: PackageId, name: &Name, symbols: &Symbols, sink: &mut Vec<Diagnostic>) -> Option<SmolStr> {
    let table = symbols.packages.get(package.index())?;
    let known = || table.names.keys().map(|(_, name)| name.as_str());
    let near = suggest::nearest(&name.text, known());
    sink.push(e0105::unknown_import(name.span, &table.name, &name.text, near.as_deref(), &suggest::listing(known())));
    near
}
