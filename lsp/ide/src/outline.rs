//! The shape of a file and of a package: symbols, folding, selection, links.

use crate::Package;
use crate::place::{File, offset};
use crate::symbol;
use crate::syntax::bytes;
use mcpz_compiler::hir::{PackageId, SourceId};
use mcpz_syntax::ast::{AstNode, Documented, Item};
use mcpz_syntax::{SyntaxKind, SyntaxNode};
use std::ops::Range;

/// Kinds of symbols.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutlineKind {
    /// Who.
    Principal,
    /// A server or profile.
    Server,
    /// A rule.
    Rule,
    /// A predicate.
    Predicate,
    /// A constant or data.
    Value,
    /// A tag, label or segment.
    Set,
    /// A test or assertion.
    Test,
    /// A grant.
    Grant,
    /// Anything else.
    Other,
    /// A field or entry inside.
    Field,
}

/// A symbol of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// Its name.
    pub name: String,
    /// A few words.
    pub detail: String,
    /// What it is.
    pub kind: OutlineKind,
    /// All of it.
    pub range: Range<u32>,
    /// Its name.
    pub selection: Range<u32>,
    /// What is inside.
    pub children: Vec<Outline>,
}

/// The symbols of a file.
pub fn document(package: &Package, source: SourceId) -> Vec<Outline> {
    let Some(parse) = package.parse(source) else { return Vec::new() };
    let items = parse.source_file().items().into_iter().filter(|item| !matches!(item, Item::Use(_)));
    items.map(|item| outline(package, source, &item)).collect()
}

fn outline(package: &Package, source: SourceId, item: &Item) -> Outline {
    let range = bytes(item.range());
    let keyword = bytes(item.keyword_range());
    let word = item.syntax().text().to_string();
    let word = word
        .get(crate::place::index(keyword.start - range.start)..crate::place::index(keyword.end - range.start))
        .unwrap_or("")
        .to_owned();
    let rule =
        package.index.rules.iter().find(|rule| rule.span.source == source && rule.head_span.start == keyword.start);
    let named = item.syntax().children().find(|child| child.kind() == SyntaxKind::Name);
    let (name, selection) = match (rule, &named) {
        (Some(rule), _) => (short_id(&rule.id), keyword.clone()),
        (None, Some(name)) => (name.text().to_string(), bytes(name.text_range())),
        (None, None) => title(item).unwrap_or_else(|| (word.clone(), keyword.clone())),
    };
    let head = rule.map(|rule| crate::who::one_line(package.slice(rule.head_span)));
    Outline {
        name,
        detail: head.unwrap_or(word),
        kind: kind(item),
        range,
        selection,
        children: children(item.syntax()),
    }
}

/// A rule without an id is called by its place.
fn short_id(id: &str) -> String {
    id.rsplit('/').next().unwrap_or(id).to_owned()
}

/// The quoted name of a test or assertion.
fn title(item: &Item) -> Option<(String, Range<u32>)> {
    let string = match item {
        Item::Test(test) => test.name(),
        Item::Assert(assert) => assert.text(),
        _ => None,
    }?;
    Some((string.text().to_owned(), bytes(string.range)))
}

fn kind(item: &Item) -> OutlineKind {
    match item {
        Item::Issuer(_) | Item::User(_) | Item::Agent(_) | Item::Role(_) => OutlineKind::Principal,
        Item::Server(_) | Item::Profile(_) => OutlineKind::Server,
        Item::Permit(_) | Item::Forbid(_) | Item::Require(_) | Item::Limit(_) | Item::Redact(_) | Item::Audit(_) => {
            OutlineKind::Rule
        }
        Item::Predicate(_) => OutlineKind::Predicate,
        Item::Const(_) | Item::Data(_) => OutlineKind::Value,
        Item::Tag(_) | Item::Label(_) | Item::Segment(_) => OutlineKind::Set,
        Item::Test(_) | Item::Assert(_) => OutlineKind::Test,
        Item::Grant(_) => OutlineKind::Grant,
        _ => OutlineKind::Other,
    }
}

/// Entries of blocks: claims, fields, permits of a grant.
fn children(node: &SyntaxNode) -> Vec<Outline> {
    const INSIDE: [SyntaxKind; 12] = [
        SyntaxKind::TypeField,
        SyntaxKind::GrantPermit,
        SyntaxKind::EndpointEntry,
        SyntaxKind::CommandEntry,
        SyntaxKind::IdentityEntry,
        SyntaxKind::CatalogEntry,
        SyntaxKind::SegmentEntry,
        SyntaxKind::OverlayEntry,
        SyntaxKind::UnwrapsEntry,
        SyntaxKind::EgressEntry,
        SyntaxKind::ExtraEntry,
        SyntaxKind::ClaimsEntry,
    ];
    let entries = node.children().filter(|child| INSIDE.contains(&child.kind()));
    entries
        .map(|entry| {
            let range = bytes(entry.text_range());
            let first = entry.first_token();
            let selection = first.as_ref().map_or(range.clone(), |token| bytes(token.text_range()));
            let name = first.map_or(String::new(), |token| token.text().to_owned());
            Outline {
                name,
                detail: String::new(),
                kind: OutlineKind::Field,
                range,
                selection,
                children: children(&entry),
            }
        })
        .collect()
}

/// A symbol of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceSymbol {
    /// Its name.
    pub name: String,
    /// What it is in.
    pub container: String,
    /// What it is.
    pub kind: OutlineKind,
    /// The file.
    pub source: SourceId,
    /// Its name's place.
    pub range: Range<u32>,
}

/// Symbols of the package's own files whose name has the letters of a query in order; the best first.
pub fn workspace(package: &Package, query: &str) -> Vec<WorkspaceSymbol> {
    let mut found: Vec<(usize, WorkspaceSymbol)> = Vec::new();
    for source in package.own_policies() {
        let container = package.path_in_package(source).to_owned();
        for symbol in document(package, source) {
            let text = if symbol.kind == OutlineKind::Rule {
                format!("{} {}", symbol.name, symbol.detail)
            } else {
                symbol.name.clone()
            };
            if let Some(score) = score(&text, query) {
                let symbol = WorkspaceSymbol {
                    name: text,
                    container: container.clone(),
                    kind: symbol.kind,
                    source,
                    range: symbol.selection,
                };
                found.push((score, symbol));
            }
        }
    }
    found.sort_by(|a, b| (a.0, &a.1.name, a.1.range.start).cmp(&(b.0, &b.1.name, b.1.range.start)));
    found.into_iter().map(|(_, symbol)| symbol).collect()
}

/// How far apart the letters of a query are in a name, upper and lower case alike; `None` when one is missing.
fn score(name: &str, query: &str) -> Option<usize> {
    let letters: Vec<char> = name.to_lowercase().chars().collect();
    let (mut at, mut gaps) = (0, 0);
    for wanted in query.to_lowercase().chars().filter(|c| !c.is_whitespace()) {
        let found = letters.get(at..)?.iter().position(|c| *c == wanted)?;
        gaps += found;
        at += found + 1;
    }
    Some(gaps)
}

/// What can be folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// From the end of its first line to the end of its last.
    pub range: Range<u32>,
    /// Whether it is a comment.
    pub is_comment: bool,
    /// Whether it is a group of imports.
    pub is_import: bool,
}

/// What of a file can be folded.
pub fn folds(package: &Package, source: SourceId) -> Vec<Fold> {
    let Some(tree) = package.tree(source) else { return Vec::new() };
    let text = package.text(source);
    let mut folds = Vec::new();
    let several_lines = |range: &Range<u32>| {
        text.get(crate::place::index(range.start)..crate::place::index(range.end))
            .is_some_and(|part| part.trim_end().contains('\n'))
    };
    for node in tree.descendants() {
        let range = bytes(node.text_range());
        let is_item = node.parent().is_some_and(|parent| parent.parent().is_none());
        let has_block = node.children_with_tokens().any(|element| element.kind() == SyntaxKind::LBrace);
        if (is_item || has_block) && node.kind() != SyntaxKind::UseItem && several_lines(&range) {
            folds.push(Fold { range, is_comment: false, is_import: false });
        }
    }
    let uses: Vec<Range<u32>> = tree
        .children()
        .filter(|item| item.kind() == SyntaxKind::UseItem)
        .map(|item| bytes(item.text_range()))
        .collect();
    if let (Some(first), Some(last)) = (uses.first(), uses.last())
        && uses.len() > 1
    {
        folds.push(Fold { range: first.start..last.end, is_comment: false, is_import: true });
    }
    folds.extend(comment_blocks(text));
    folds
}

/// Runs of comment lines.
fn comment_blocks(text: &str) -> Vec<Fold> {
    let mut blocks = Vec::new();
    let (mut start, mut end, mut lines, mut at) = (0, 0, 0, 0);
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with("//") {
            start = if lines == 0 { at } else { start };
            end = at + line.trim_end().len();
            lines += 1;
        } else {
            if lines > 1 {
                blocks.push(Fold { range: offset(start)..offset(end), is_comment: true, is_import: false });
            }
            lines = 0;
        }
        at += line.len();
    }
    if lines > 1 {
        blocks.push(Fold { range: offset(start)..offset(end), is_comment: true, is_import: false });
    }
    blocks
}

/// The ranges around a cursor, innermost first.
pub fn selection(package: &Package, source: SourceId, at: u32) -> Vec<Range<u32>> {
    let Some(tree) = package.tree(source) else { return Vec::new() };
    let Some(token) = crate::syntax::token_at(&tree, at) else { return Vec::new() };
    let mut ranges = vec![bytes(token.text_range())];
    ranges.extend(crate::syntax::ancestors(&token).map(|node| bytes(node.text_range())));
    ranges.dedup();
    ranges
}

/// A file that a string names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The string, without its quotes.
    pub range: Range<u32>,
    /// The file.
    pub target: File,
}

/// Links to catalogs and data files.
pub fn links(package: &Package, source: SourceId) -> Vec<Link> {
    let Some(tree) = package.tree(source) else { return Vec::new() };
    let id: PackageId = package.package_of(source);
    let nodes = tree.descendants().filter(|node| matches!(node.kind(), SyntaxKind::CatalogEntry | SyntaxKind::Data));
    let strings = nodes
        .flat_map(|node| node.children_with_tokens().filter_map(|element| element.into_token()).collect::<Vec<_>>());
    let mut links = Vec::new();
    for token in strings.filter(|token| token.kind() == SyntaxKind::String && token.text().len() > 2) {
        let path = token.text().trim_matches('"').to_owned();
        if package.beside(id, &path).is_some() {
            let range = bytes(token.text_range());
            links.push(Link { range: range.start + 1..range.end - 1, target: File::Beside { package: id, path } });
        }
    }
    links
}

/// The words of a declaration at a cursor, for clients that ask what a hierarchy starts from.
pub fn tool_at(package: &Package, source: SourceId, at: u32) -> Option<(mcpz_compiler::hir::Member, Range<u32>)> {
    let found = symbol::at(package, source, at)?;
    found.symbols.iter().find_map(|symbol| match symbol {
        symbol::Symbol::Tool(member) => Some((*member, found.range.clone())),
        _ => None,
    })
}
