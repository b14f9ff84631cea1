//! Where things are used, and renaming them everywhere at once.

use crate::Package;
use crate::definition;
use crate::place::{File, FileEdits, Location, TextEdit};
use crate::symbol::{self, Symbol, location};
use mcpz_compiler::diagnostics::suggest::is_identifier;
use mcpz_compiler::hir::{SourceId, Span};
use mcpz_compiler::index::Referent;
use mcpz_compiler::resolve::Place;
use mcpz_compiler::resolve::symbols::Entity;
use mcpz_syntax::ast::{AstNode, RuleRef};
use mcpz_syntax::{SyntaxKind, TextSize};
use smol_str::SmolStr;
use std::ops::Range;

/// A place where something is used or declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// Where.
    pub location: Location,
    /// Whether it is the declaration.
    pub is_declaration: bool,
}

/// Every use of what stands at a cursor, declarations included, in canonical order.
pub fn references(package: &Package, source: SourceId, at: u32) -> Vec<Use> {
    let Some(found) = symbol::at(package, source, at) else { return Vec::new() };
    let mut uses: Vec<Use> = found.symbols.iter().flat_map(|symbol| of_symbol(package, symbol)).collect();
    uses.sort_by(|a, b| (&a.location.file, a.location.range.start).cmp(&(&b.location.file, b.location.range.start)));
    uses.dedup_by(|a, b| a.location == b.location);
    uses
}

/// Every use of a symbol.
pub fn of_symbol(package: &Package, symbol: &Symbol) -> Vec<Use> {
    let declarations = definition::of_symbol(package, symbol);
    let mut uses: Vec<Use> =
        declarations.iter().map(|location| Use { location: location.clone(), is_declaration: true }).collect();
    let wanted = match symbol {
        Symbol::Entity(entity) => Some(Referent::Entity(*entity)),
        Symbol::Tool(member) => Some(Referent::Tool(*member)),
        Symbol::Prompt(member) => Some(Referent::Prompt(*member)),
        Symbol::Package(id) => Some(Referent::Package(*id)),
        Symbol::Local(var) => Some(Referent::Local(*var)),
        _ => None,
    };
    let found: Vec<Location> = match (wanted, symbol) {
        (Some(wanted), _) => {
            let names = package.index.names.iter().filter(|(_, meanings)| meanings.contains(&wanted));
            names.map(|(span, _)| location(*span)).collect()
        }
        (None, Symbol::Rule(id)) => rule_references(package, id),
        (None, other) => by_search(package, other),
    };
    uses.extend(
        found
            .into_iter()
            .filter(|location| !declarations.contains(location))
            .map(|location| Use { location, is_declaration: false }),
    );
    uses
}

/// Tests that name a rule.
fn rule_references(package: &Package, id: &str) -> Vec<Location> {
    let mut found = Vec::new();
    for file in &package.loaded.files {
        let references = file.parse.tree().descendants().filter_map(RuleRef::cast);
        for reference in references.filter(|reference| reference.text() == id) {
            let range = crate::syntax::bytes(reference.range());
            found.push(Location { file: File::Source(file.source), range });
        }
    }
    found
}

/// Parameters, claims and fields: every word of that name is looked at.
fn by_search(package: &Package, wanted: &Symbol) -> Vec<Location> {
    let name = match wanted {
        Symbol::Parameter(_, path) | Symbol::Context(path) => path.last().cloned().unwrap_or_default(),
        Symbol::Claim(_, name) => name.clone(),
        _ => return Vec::new(),
    };
    let mut found = Vec::new();
    for file in &package.loaded.files {
        let tokens = file.parse.tree().descendants_with_tokens().filter_map(|element| element.into_token());
        let named = tokens.filter(|token| token.text().trim_matches('"') == name.as_str());
        for token in named.filter(|token| matches!(token.kind(), SyntaxKind::Ident | SyntaxKind::String)) {
            let meant = symbol::of_token(package, file.source, &token);
            if meant.is_some_and(|meant| meant.symbols.iter().any(|symbol| is_same(symbol, wanted))) {
                found.push(Location {
                    file: File::Source(file.source),
                    range: crate::syntax::bytes(token.text_range()),
                });
            }
        }
    }
    found
}

/// Whether two symbols are one; parameters are when any tool has both.
fn is_same(a: &Symbol, b: &Symbol) -> bool {
    match (a, b) {
        (Symbol::Parameter(tools, path), Symbol::Parameter(others, other)) => {
            path == other && tools.iter().any(|tool| others.contains(tool))
        }
        (a, b) => a == b,
    }
}

/// What would be renamed at a cursor: where its name stands, and the name. Errors are sentences for people.
pub fn prepare_rename(package: &Package, source: SourceId, at: u32) -> Result<(Range<u32>, String), String> {
    let found =
        symbol::at(package, source, at).ok_or_else(|| "there is no name here that can be changed".to_owned())?;
    let symbol = renameable(package, &found.symbols)?;
    let range = match &symbol {
        Symbol::Rule(_) => inside_quotes(package, source, &found.range),
        _ => found.range,
    };
    Ok((range, symbol::name(package, &symbol)))
}

/// The symbol to rename, or why there is none.
fn renameable(package: &Package, symbols: &[Symbol]) -> Result<Symbol, String> {
    let [symbol] = symbols else {
        return Err("this name stands for several things: change it where one of them is declared".to_owned());
    };
    match symbol {
        Symbol::Entity(_) | Symbol::Local(_) => {}
        Symbol::Rule(id) if definition_is_written(package, id) => {}
        Symbol::Rule(_) => return Err("this rule has no `@id` to change".to_owned()),
        Symbol::Tool(_) | Symbol::Prompt(_) | Symbol::Parameter(..) => {
            return Err("the server gives this name: it cannot be changed here".to_owned());
        }
        Symbol::Claim(..) => return Err("the issuer gives this name: it cannot be changed here".to_owned()),
        Symbol::Context(_) => return Err("the enforcement point gives this name: it cannot be changed here".to_owned()),
        Symbol::Package(_) => {
            return Err("a package is renamed in its manifest, and in those that depend on it".to_owned());
        }
    }
    let is_standard = |location: &Location| match &location.file {
        File::Source(source) => {
            let id = package.package_of(*source);
            package.loaded.packages.get(id.index()).is_none_or(|package| package.is_standard())
        }
        File::Beside { .. } => false,
    };
    if definition::of_symbol(package, symbol).iter().any(is_standard) {
        return Err("the standard library declares this name".to_owned());
    }
    Ok(symbol.clone())
}

fn definition_is_written(package: &Package, id: &str) -> bool {
    let rule = package.index.rules.iter().find(|rule| rule.id == id);
    rule.is_some_and(|rule| definition::id_span(package, rule.span, id).is_some())
}

/// The text of a string without its quotes.
fn inside_quotes(package: &Package, source: SourceId, range: &Range<u32>) -> Range<u32> {
    let text = package.text(source).get(crate::place::index(range.start)..crate::place::index(range.end)).unwrap_or("");
    if text.starts_with('"') && text.len() > 1 { range.start + 1..range.end - 1 } else { range.clone() }
}

/// Renames what stands at a cursor, everywhere. Errors are sentences for people.
pub fn rename(package: &Package, source: SourceId, at: u32, to: &str) -> Result<FileEdits, String> {
    let (_, from) = prepare_rename(package, source, at)?;
    let found =
        symbol::at(package, source, at).ok_or_else(|| "there is no name here that can be changed".to_owned())?;
    let symbol = renameable(package, &found.symbols)?;
    let uses = of_symbol(package, &symbol);
    check_name(package, &symbol, &uses, &from, to)?;
    let mut edits = FileEdits::default();
    for used in &uses {
        let File::Source(source) = used.location.file else { continue };
        let range = inside_quotes(package, source, &used.location.range);
        let span = Span { source, start: range.start, end: range.end };
        // Where an import gives another name, that name stays.
        if package.slice(span) == from {
            edits.add(File::Source(source), TextEdit { range, text: to.to_owned() });
        }
    }
    Ok(edits)
}

/// Whether a name may be given.
fn check_name(package: &Package, symbol: &Symbol, uses: &[Use], from: &str, to: &str) -> Result<(), String> {
    if let Symbol::Rule(_) = symbol {
        let fits = !to.is_empty() && to.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        if !fits {
            return Err(format!("`{to}` cannot be the id of a rule: letters, digits, `-`, `_` and `.`"));
        }
        let taken = package.index.rules.iter().any(|rule| rule.id == to && rule.id != from);
        return if taken { Err(format!("another rule has the id `{to}`")) } else { Ok(()) };
    }
    if !is_identifier(to) {
        return Err(format!("`{to}` is no name: letters, digits and `_`, no digit first"));
    }
    if SyntaxKind::from_word(to).is_some() || FACTS.contains(&to) {
        return Err(format!("`{to}` is a word of the language"));
    }
    let to = SmolStr::new(to);
    for used in uses {
        let File::Source(source) = used.location.file else { continue };
        if let Some(taken) = taken(package, source, symbol, used.location.range.start, &to) {
            return Err(format!("`{to}` is taken: {taken}"));
        }
    }
    Ok(())
}

/// Names that facts of a request have.
const FACTS: [&str; 16] = [
    "args", "user", "agent", "claims", "context", "now", "network", "resource", "prompt", "sample", "elicit", "spiffe",
    "uid", "hints", "result", "session",
];

/// What has a name already where a symbol is used.
fn taken(package: &Package, source: SourceId, symbol: &Symbol, at: u32, to: &SmolStr) -> Option<String> {
    let place = Place { package: package.package_of(source), source };
    let space = match symbol {
        Symbol::Entity(entity) => entity.kind().space(),
        _ => mcpz_compiler::resolve::symbols::Space::Word,
    };
    if let Some((other, _)) = package.index.symbols.visible(place, space, to) {
        return Some(format!("a {} has that name", other.kind().word()));
    }
    let is_local = |row: &&mcpz_compiler::index::LocalRow| row.name == *to && row.span.source == source;
    let near = package.index.locals.iter().filter(is_local).find(|row| same_item(package, source, row.span.start, at));
    near.map(|_| "a variable here has that name".to_owned())
}

/// Whether two offsets are in one item.
fn same_item(package: &Package, source: SourceId, a: u32, b: u32) -> bool {
    let Some(tree) = package.tree(source) else { return false };
    tree.children().any(|item| {
        let range = item.text_range();
        range.contains_inclusive(TextSize::from(a)) && range.contains_inclusive(TextSize::from(b))
    })
}

/// Whether an entity is used anywhere but where it is declared.
pub fn is_used(package: &Package, entity: Entity) -> bool {
    package.index.names.values().any(|meanings| meanings.contains(&Referent::Entity(entity)))
}
