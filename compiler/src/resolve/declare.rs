//! Declares every name: one table per package, duplicates and reserved names reported.

use super::items::{ClassSyntax, Items};
use super::symbols::{ConstId, Entity, MonitorId, PackageTable, ProfileId, Space, Symbols, TagId};
use super::{Declared, Name, Place};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::{e0101, e0132};
use crate::hir::{ClassId, DataId, GrantId, IssuerId, LabelId, PredicateId, SegmentId, ServerId};
use crate::package::{Loaded, LoadedPackage};
use mcpz_syntax::ast;
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// Facts of a request: names that expressions start with, which nothing may be called.
const FACTS: &[&str] = &[
    "args", "user", "agent", "claims", "context", "now", "network", "resource", "prompt", "sample", "elicit", "spiffe",
    "uid", "hints", "result", "session",
];

/// The tables, and every declaration in canonical order.
pub struct Declarations {
    /// Lookup; without imports yet.
    pub symbols: Symbols,
    /// What is declared, for lints.
    pub declared: Vec<Declared>,
}

/// Declares all names of all packages. Rows are numbered in canonical order.
pub fn declare(loaded: &Loaded, items: &Items, sink: &mut Vec<Diagnostic>) -> Declarations {
    let tables = loaded.packages.iter().map(|package| PackageTable {
        name: package.name().to_owned(),
        packages: package.dependencies.clone(),
        absent: absent(package),
        ..PackageTable::default()
    });
    let mut symbols = Symbols { packages: tables.collect(), files: Vec::new(), recorder: None };
    symbols.files.resize(loaded.sources.len(), super::symbols::FileTable::default());
    let mut declarations = Declarations { symbols, declared: Vec::new() };
    for entry in entries(items) {
        add(&mut declarations, entry, sink);
    }
    declarations
}

/// The dependencies of a package that are not there.
fn absent(package: &LoadedPackage) -> BTreeSet<SmolStr> {
    let named = package.manifest.dependencies.keys();
    named.filter(|name| !package.dependencies.contains_key(*name)).map(SmolStr::new).collect()
}

/// A name to be declared.
struct Entry {
    place: Place,
    name: Option<ast::Ident>,
    entity: Entity,
    word: &'static str,
}

/// Every declared name with the row it gets.
fn entries(items: &Items) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut push = |place, name, entity, word| entries.push(Entry { place, name, entity, word });
    for (row, item) in items.issuers.iter().enumerate() {
        push(item.place, item.ast.name(), Entity::Issuer(IssuerId::new(row)), "issuer");
    }
    for (row, item) in items.classes.iter().enumerate() {
        let (name, word) = match &item.ast {
            ClassSyntax::User(user) => (user.name(), "user"),
            ClassSyntax::Agent(agent) => (agent.name(), "agent"),
            ClassSyntax::Role(role) => (role.name(), "role"),
        };
        push(item.place, name, Entity::Class(ClassId::new(row)), word);
    }
    for (row, item) in items.servers.iter().enumerate() {
        push(item.place, item.ast.name(), Entity::Server(ServerId::new(row)), "server");
    }
    for (row, item) in items.profiles.iter().enumerate() {
        push(item.place, item.ast.name(), Entity::Profile(ProfileId::new(row)), "profile");
    }
    for (row, item) in items.tags.iter().enumerate() {
        push(item.place, item.ast.name(), Entity::Tag(TagId::new(row)), "tag");
    }
    for (row, item) in items.labels.iter().enumerate() {
        push(item.place, item.ast.name(), Entity::Label(LabelId::new(row)), "label");
    }
    for (row, item) in items.segments.iter().enumerate() {
        push(item.place, item.ast.name(), Entity::Segment(SegmentId::new(row)), "segment");
    }
    for (row, item) in items.data.iter().enumerate() {
        push(item.place, item.ast.name(), Entity::Data(DataId::new(row)), "data set");
    }
    for (row, item) in items.predicates.iter().enumerate() {
        push(item.place, item.ast.name(), Entity::Predicate(PredicateId::new(row)), "predicate");
    }
    for (row, item) in items.consts.iter().enumerate() {
        push(item.place, item.ast.name(), Entity::Const(ConstId::new(row)), "constant");
    }
    for (row, item) in items.grants.iter().enumerate() {
        push(item.place, item.ast.name(), Entity::Grant(GrantId::new(row)), "grant");
    }
    for (row, item) in items.monitors.iter().enumerate() {
        push(item.place, item.ast.name(), Entity::Monitor(MonitorId::new(row)), "monitor");
    }
    // Of two declarations of one name the one that stands first is kept.
    entries.sort_by_key(|entry| (entry.place.source, entry.name.as_ref().map(|name| u32::from(name.range.start()))));
    entries
}

/// Declares one name.
fn add(declarations: &mut Declarations, entry: Entry, sink: &mut Vec<Diagnostic>) {
    let Some(ident) = &entry.name else { return };
    let name = Name::new(entry.place, ident);
    report_reserved(&entry, &name, sink);
    let space = entry.entity.kind().space();
    let Some(table) = declarations.symbols.packages.get_mut(entry.place.package.index()) else { return };
    let key = (space, name.text.clone());
    if let Some((first, span)) = table.names.get(&key) {
        let first_word = declared_word(*first, entry.entity, entry.word);
        sink.push(e0101::duplicate_name(name.span, &name.text, entry.word, first_word, *span));
        return;
    }
    table.names.insert(key, (entry.entity, name.span));
    declarations.declared.push(Declared { entity: entry.entity, name, package: entry.place.package });
}

/// The word for the first of two declarations.
fn declared_word(first: Entity, second: Entity, word: &'static str) -> &'static str {
    if first.kind() == second.kind() { word } else { first.kind().word() }
}

/// Reports names that the language keeps for itself.
fn report_reserved(entry: &Entry, name: &Name, sink: &mut Vec<Diagnostic>) {
    let text = name.text.as_str();
    let space = entry.entity.kind().space();
    if matches!(text, "mtls" | "local") && space == Space::Issuer {
        sink.push(e0132::reserved_name(name.span, text, "a credential source that needs no issuer"));
    } else if text == "std" {
        sink.push(e0132::reserved_name(name.span, text, "the standard library"));
    } else if FACTS.contains(&text) && space == Space::Word {
        sink.push(e0132::reserved_name(name.span, text, "a fact of the request"));
    }
}

/// The declarations with the rows that their names have now.
pub fn renumbered(declared: Vec<Declared>, symbols: &Symbols) -> Vec<Declared> {
    let now = |declared: &Declared| {
        let key = (declared.entity.kind().space(), declared.name.text.clone());
        symbols.packages.get(declared.package.index()).and_then(|table| table.names.get(&key)).map(|entry| entry.0)
    };
    declared.into_iter().map(|one| Declared { entity: now(&one).unwrap_or(one.entity), ..one }).collect()
}
