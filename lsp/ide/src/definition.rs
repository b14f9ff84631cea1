//! Where things are declared: in policies, and in catalogs (a tool's declaration is its line there).

use crate::Package;
use crate::json_place::{self, Node, named_entry};
use crate::place::{File, Location};
use crate::symbol::{self, Symbol, location};
use crate::syntax::bytes;
use mcpz_compiler::hir::{Member, PackageId, SourceId, Span};
use mcpz_compiler::index::Referent;
use mcpz_compiler::resolve::symbols::Entity;
use mcpz_syntax::ast::{AstNode, Documented, Item, ServerEntry, TypeField};
use mcpz_syntax::{SyntaxKind, SyntaxNode};
use smol_str::SmolStr;

/// The declarations of what stands at a cursor.
pub fn definitions(package: &Package, source: SourceId, at: u32) -> Vec<Location> {
    if let Some(found) = symbol::at(package, source, at) {
        return found.symbols.iter().flat_map(|symbol| of_symbol(package, symbol)).collect();
    }
    named_file(package, source, at).into_iter().collect()
}

/// The file that a string at the cursor names.
fn named_file(package: &Package, source: SourceId, at: u32) -> Option<Location> {
    let token = crate::syntax::token_at(&package.tree(source)?, at)?;
    let parent =
        token.parent().filter(|parent| matches!(parent.kind(), SyntaxKind::CatalogEntry | SyntaxKind::Data))?;
    let path = token.text().trim_matches('"').to_owned();
    let id = package.package_of(source);
    let _ = parent;
    package.beside(id, &path)?;
    Some(Location { file: File::Beside { package: id, path }, range: 0..0 })
}

/// The declarations of a symbol.
pub fn of_symbol(package: &Package, symbol: &Symbol) -> Vec<Location> {
    match symbol {
        Symbol::Entity(entity) => package.index.declaration(*entity).map(location).into_iter().collect(),
        Symbol::Tool(member) => in_catalog(package, *member, "tools", &[]).into_iter().collect(),
        Symbol::Prompt(member) => in_catalog(package, *member, "prompts", &[]).into_iter().collect(),
        Symbol::Package(id) => package_manifest(package, *id).into_iter().collect(),
        Symbol::Local(var) => {
            let rows = package.index.locals.iter().filter(|row| row.var == *var);
            rows.map(|row| location(row.span)).collect()
        }
        Symbol::Parameter(members, path) => {
            members.iter().filter_map(|member| in_catalog(package, *member, "tools", path)).collect()
        }
        Symbol::Claim(id, name) => {
            let issuer = package.index.program.issuers.get(id.index());
            issuer.and_then(|issuer| field_in_item(package, issuer.span, name)).into_iter().collect()
        }
        Symbol::Context(path) => context_field(package, path).into_iter().collect(),
        Symbol::Rule(id) => rule(package, id).into_iter().collect(),
    }
}

fn package_manifest(package: &Package, id: PackageId) -> Option<Location> {
    package.index.package_names.get(id.index()).copied().map(location)
}

/// The item around a span.
pub fn item_around(package: &Package, span: Span) -> Option<Item> {
    let items = package.parse(span.source)?.source_file().items();
    items.into_iter().find(|item| {
        let range = bytes(item.range());
        range.start <= span.start && span.end <= range.end
    })
}

/// Where a field of this name is declared in an item.
fn field_in_item(package: &Package, span: Span, name: &str) -> Option<Location> {
    let item = item_around(package, span)?;
    field_in(item.syntax(), name).map(|range| location(Span { start: range.start, end: range.end, ..span }))
}

fn field_in(node: &SyntaxNode, name: &str) -> Option<std::ops::Range<u32>> {
    let fields = node.descendants().filter_map(TypeField::cast);
    let mut named = fields.filter_map(|field| field.name()).filter(|ident| ident.text == name);
    named.next().map(|ident| bytes(ident.range))
}

/// Where a field of `context` is declared.
fn context_field(package: &Package, path: &[SmolStr]) -> Option<Location> {
    for file in &package.loaded.files {
        for item in file.parse.source_file().items() {
            let Item::Context(context) = &item else { continue };
            let mut node = context.syntax().clone();
            let mut found = None;
            for name in path {
                let field = node
                    .descendants()
                    .filter_map(TypeField::cast)
                    .find(|field| field.name().is_some_and(|ident| ident.text == name.as_str()));
                let Some(field) = field else { break };
                found = field.name().map(|ident| bytes(ident.range));
                node = field.syntax().clone();
            }
            if let Some(range) = found {
                return Some(Location { file: File::Source(file.source), range });
            }
        }
    }
    None
}

/// Where a rule is: its `@id`, else its first word.
pub fn rule(package: &Package, id: &str) -> Option<Location> {
    let row = package.index.rules.iter().find(|rule| rule.id == id)?;
    Some(id_span(package, row.span, id).map_or_else(|| location(row.head_span), location))
}

/// Where the text of a rule's `@id` stands, quotes included.
pub fn id_span(package: &Package, rule: Span, id: &str) -> Option<Span> {
    let item = item_around(package, rule)?;
    let nodes = item.syntax().descendants().filter_map(mcpz_syntax::ast::Annotation::cast);
    let string = nodes.filter_map(|annotation| {
        annotation.string().filter(|_| annotation.name().is_some_and(|name| name.text == "id"))
    });
    let range = string.into_iter().find(|string| string.text() == id).map(|string| bytes(string.range))?;
    Some(Span { source: rule.source, start: range.start, end: range.end })
}

/// The catalog of a server: the package that holds it, and its path.
pub fn catalog_of(package: &Package, member: Member) -> Option<(PackageId, String)> {
    let server = package.index.program.servers.get(member.server.index())?;
    catalog_in(package, server.span)
}

/// The catalog that the block around a name gives, or that of the profile it is like.
fn catalog_in(package: &Package, span: Span) -> Option<(PackageId, String)> {
    let item = item_around(package, span)?;
    let entries = match &item {
        Item::Server(server) => server.entries(),
        Item::Profile(profile) => profile.entries(),
        _ => return None,
    };
    let own = entries.iter().find_map(|entry| match entry {
        ServerEntry::Catalog(entry) => entry.string(),
        _ => None,
    });
    if let Some(own) = own {
        return Some((package.package_of(span.source), own.text().to_owned()));
    }
    let Item::Server(server) = &item else { return None };
    let range = bytes(server.profile()?.segments().last()?.range);
    let name = Span { source: span.source, start: range.start, end: range.end };
    crate::types::referents(package, name).iter().find_map(|referent| match referent {
        Referent::Entity(Entity::Profile(id)) => {
            let profile = package.index.profiles.get(id.index())?;
            (profile.shape.span != span).then(|| catalog_in(package, profile.shape.span)).flatten()
        }
        _ => None,
    })
}

/// Where a tool, a prompt or a parameter stands in its catalog.
fn in_catalog(package: &Package, member: Member, list: &str, parameter: &[SmolStr]) -> Option<Location> {
    let (holder, path) = catalog_of(package, member)?;
    let text = package.beside(holder, &path)?;
    let file = json_place::read(&text);
    let name = match list {
        "tools" => crate::tools::tool(package, member)?.name.clone(),
        _ => crate::tools::prompt(package, member)?.name.clone(),
    };
    let (entry, mut range) = named_entry(&file, list, &name)?;
    if let Some(found) = parameter_range(entry, parameter) {
        range = found;
    }
    Some(Location { file: File::Beside { package: holder, path }, range })
}

/// The key of a parameter in a tool's schema.
fn parameter_range(entry: &Node, path: &[SmolStr]) -> Option<std::ops::Range<u32>> {
    let (_, mut schema) = entry.member("inputSchema")?;
    let mut found = None;
    for name in path {
        let (_, properties) = schema.member("properties")?;
        let (range, inner) = properties.member(name)?;
        found = Some(range.clone());
        schema = inner.member("items").map_or(inner, |(_, items)| items);
    }
    found
}

/// The documentation of the item around a span.
pub fn docs_around(package: &Package, span: Span) -> String {
    item_around(package, span).map(|item| item.docs()).unwrap_or_default()
}
