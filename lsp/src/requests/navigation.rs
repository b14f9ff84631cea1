//! Going places: definitions, references, renames, highlights, symbols, hierarchies, folds, selections, links.

use crate::view::{At, Snapshot, View};
use mcpz_compiler::hir::{Member, SourceId};
use mcpz_ide::outline::{self, Outline, OutlineKind};
use mcpz_ide::place::FileEdits;
use mcpz_ide::{File, definition, references, tools, who};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::PathBuf;
use tower_lsp_server::jsonrpc::{Error, Result};
use tower_lsp_server::ls_types as lsp;

/// Most symbols that a workspace query gives.
const MAX_SYMBOLS: usize = 500;

/// Definitions.
pub fn definitions(snapshot: &Snapshot, params: &lsp::TextDocumentPositionParams) -> Option<Vec<lsp::Location>> {
    let At { view, source, offset } = snapshot.at(&params.text_document.uri, params.position)?;
    let found = definition::definitions(&view.package, source, offset);
    Some(found.iter().filter_map(|location| snapshot.location(view, location)).collect())
}

/// References, in dependants too.
pub fn references(snapshot: &Snapshot, params: &lsp::ReferenceParams) -> Option<Vec<lsp::Location>> {
    let position = &params.text_document_position;
    let at = snapshot.at(&position.text_document.uri, position.position)?;
    let mut found: Vec<lsp::Location> = Vec::new();
    for At { view, source, offset } in everywhere(snapshot, at) {
        let uses = references::references(&view.package, source, offset);
        let wanted = uses.iter().filter(|used| params.context.include_declaration || !used.is_declaration);
        for location in wanted.filter_map(|used| snapshot.location(view, &used.location)) {
            if !found.contains(&location) {
                found.push(location);
            }
        }
    }
    Some(found)
}

/// The same thing in every package that sees it: where it stands in the package asked, then where its declaration stands in
/// every other package that holds the declaring file.
fn everywhere<'s>(snapshot: &'s Snapshot, at: At<'s>) -> Vec<At<'s>> {
    let declared: Vec<(PathBuf, u32)> = definition::definitions(&at.view.package, at.source, at.offset)
        .iter()
        .filter_map(|location| match &location.file {
            File::Source(source) => Some((at.view.path(*source)?, location.range.start)),
            File::Beside { .. } => None,
        })
        .collect();
    let root = at.view.root.clone();
    let mut places = vec![at];
    for view in snapshot.views.values().filter(|view| view.root != root) {
        let here = declared.iter().find_map(|(path, offset)| Some((*view.files.get(path)?, *offset)));
        places.extend(here.map(|(source, offset)| At { view, source, offset }));
    }
    places
}

/// Highlights in the document.
pub fn highlights(snapshot: &Snapshot, params: &lsp::DocumentHighlightParams) -> Option<Vec<lsp::DocumentHighlight>> {
    let position = &params.text_document_position_params;
    let At { view, source, offset } = snapshot.at(&position.text_document.uri, position.position)?;
    let uses = references::references(&view.package, source, offset);
    let here = uses.iter().filter(|used| used.location.file == File::Source(source));
    let one = |used: &references::Use| lsp::DocumentHighlight {
        range: view.range(source, used.location.range.clone(), snapshot.config.encoding),
        kind: Some(if used.is_declaration {
            lsp::DocumentHighlightKind::WRITE
        } else {
            lsp::DocumentHighlightKind::READ
        }),
    };
    Some(here.map(one).collect())
}

/// A variable's uses in its item, which change together as one types.
pub fn linked(snapshot: &Snapshot, params: &lsp::TextDocumentPositionParams) -> Option<lsp::LinkedEditingRanges> {
    let At { view, source, offset } = snapshot.at(&params.text_document.uri, params.position)?;
    let found = mcpz_ide::symbol::at(&view.package, source, offset)?;
    if !matches!(found.symbols.as_slice(), [mcpz_ide::symbol::Symbol::Local(_)]) {
        return None;
    }
    let uses = references::references(&view.package, source, offset);
    let ranges =
        uses.iter().map(|used| view.range(source, used.location.range.clone(), snapshot.config.encoding)).collect();
    Some(lsp::LinkedEditingRanges { ranges, word_pattern: Some("[A-Za-z_][A-Za-z0-9_]*".to_owned()) })
}

fn refused(message: String) -> Error {
    Error { code: tower_lsp_server::jsonrpc::ErrorCode::ServerError(-32803), message: message.into(), data: None }
}

/// What a rename would change.
pub fn prepare_rename(
    snapshot: &Snapshot,
    params: &lsp::TextDocumentPositionParams,
) -> Result<Option<lsp::PrepareRenameResponse>> {
    let Some(At { view, source, offset }) = snapshot.at(&params.text_document.uri, params.position) else {
        return Ok(None);
    };
    let (range, placeholder) = references::prepare_rename(&view.package, source, offset).map_err(refused)?;
    let range = view.range(source, range, snapshot.config.encoding);
    Ok(Some(lsp::PrepareRenameResponse::RangeWithPlaceholder { range, placeholder }))
}

/// A rename, in every file of every package that sees the name, or in none.
pub fn rename(snapshot: &Snapshot, params: &lsp::RenameParams) -> Result<Option<lsp::WorkspaceEdit>> {
    let position = &params.text_document_position;
    let Some(at) = snapshot.at(&position.text_document.uri, position.position) else { return Ok(None) };
    let mut files: Vec<(lsp::Uri, Vec<lsp::TextEdit>)> = Vec::new();
    for At { view, source, offset } in everywhere(snapshot, at) {
        let edits = references::rename(&view.package, source, offset, &params.new_name).map_err(refused)?;
        for (uri, list) in edits.files.iter().filter_map(|(file, list)| snapshot.edits(view, file, list)) {
            match files.iter_mut().find(|(known, _)| *known == uri) {
                Some((_, known)) => {
                    let new: Vec<_> = list.into_iter().filter(|edit| !known.contains(edit)).collect();
                    known.extend(new);
                }
                None => files.push((uri, list)),
            }
        }
    }
    Ok(Some(changes(snapshot, files)))
}

/// Edits of several files of a package.
pub fn workspace_edit(snapshot: &Snapshot, view: &View, edits: &FileEdits) -> lsp::WorkspaceEdit {
    changes(snapshot, edits.files.iter().filter_map(|(file, list)| snapshot.edits(view, file, list)).collect())
}

/// Edits as the client takes them; those of open documents carry the version that they were made for.
fn changes(snapshot: &Snapshot, files: Vec<(lsp::Uri, Vec<lsp::TextEdit>)>) -> lsp::WorkspaceEdit {
    if !snapshot.config.document_changes {
        let by_uri: HashMap<lsp::Uri, Vec<lsp::TextEdit>> = files.into_iter().collect();
        return lsp::WorkspaceEdit { changes: Some(by_uri), ..lsp::WorkspaceEdit::default() };
    }
    let one = |(uri, edits): (lsp::Uri, Vec<lsp::TextEdit>)| lsp::TextDocumentEdit {
        text_document: lsp::OptionalVersionedTextDocumentIdentifier { version: snapshot.version(&uri), uri },
        edits: edits.into_iter().map(lsp::OneOf::Left).collect(),
    };
    let edits = lsp::DocumentChanges::Edits(files.into_iter().map(one).collect());
    lsp::WorkspaceEdit { document_changes: Some(edits), ..lsp::WorkspaceEdit::default() }
}

/// The symbols of a document.
pub fn document_symbols(snapshot: &Snapshot, uri: &lsp::Uri) -> Option<lsp::DocumentSymbolResponse> {
    let (view, source) = snapshot.find(uri)?;
    let symbols = outline::document(&view.package, source);
    Some(lsp::DocumentSymbolResponse::Nested(
        symbols.into_iter().map(|symbol| nested(snapshot, view, source, symbol)).collect(),
    ))
}

#[expect(deprecated, reason = "the field is deprecated in the protocol, but there is no other way to build the value")]
fn nested(snapshot: &Snapshot, view: &View, source: SourceId, symbol: Outline) -> lsp::DocumentSymbol {
    let encoding = snapshot.config.encoding;
    let children: Vec<_> = symbol.children.into_iter().map(|child| nested(snapshot, view, source, child)).collect();
    lsp::DocumentSymbol {
        name: if symbol.name.is_empty() { "?".to_owned() } else { symbol.name },
        detail: (!symbol.detail.is_empty()).then_some(symbol.detail),
        kind: kind(symbol.kind),
        tags: None,
        deprecated: None,
        range: view.range(source, symbol.range, encoding),
        selection_range: view.range(source, symbol.selection, encoding),
        children: (!children.is_empty()).then_some(children),
    }
}

fn kind(kind: OutlineKind) -> lsp::SymbolKind {
    match kind {
        OutlineKind::Principal => lsp::SymbolKind::CLASS,
        OutlineKind::Server => lsp::SymbolKind::MODULE,
        OutlineKind::Rule => lsp::SymbolKind::METHOD,
        OutlineKind::Predicate => lsp::SymbolKind::FUNCTION,
        OutlineKind::Value => lsp::SymbolKind::CONSTANT,
        OutlineKind::Set => lsp::SymbolKind::ENUM,
        OutlineKind::Test => lsp::SymbolKind::EVENT,
        OutlineKind::Grant => lsp::SymbolKind::STRUCT,
        OutlineKind::Other => lsp::SymbolKind::OBJECT,
        OutlineKind::Field => lsp::SymbolKind::FIELD,
    }
}

/// Symbols of all packages.
pub fn workspace_symbols(snapshot: &Snapshot, query: &str) -> Vec<lsp::WorkspaceSymbol> {
    let mut found = Vec::new();
    for view in snapshot.views.values() {
        for symbol in outline::workspace(&view.package, query) {
            let Some(uri) = snapshot.uri(view, symbol.source) else { continue };
            let range = view.range(symbol.source, symbol.range, snapshot.config.encoding);
            found.push(lsp::WorkspaceSymbol {
                name: symbol.name,
                kind: kind(symbol.kind),
                tags: None,
                container_name: Some(symbol.container),
                location: lsp::OneOf::Left(lsp::Location { uri, range }),
                data: None,
            });
        }
    }
    found.truncate(MAX_SYMBOLS);
    found
}

/// A tool at the cursor, as the start of a hierarchy: which rules reach it.
pub fn prepare_hierarchy(
    snapshot: &Snapshot,
    params: &lsp::TextDocumentPositionParams,
) -> Option<Vec<lsp::CallHierarchyItem>> {
    let At { view, source, offset } = snapshot.at(&params.text_document.uri, params.position)?;
    if let Some((member, _)) = outline::tool_at(&view.package, source, offset) {
        return Some(vec![tool_item(snapshot, view, member)?]);
    }
    let rules = &view.package.index.rules;
    let row = rules.iter().position(|rule| {
        rule.head_span.source == source && rule.head_span.start <= offset && offset <= rule.head_span.end
    })?;
    Some(vec![rule_item(snapshot, view, row)?])
}

fn tool_item(snapshot: &Snapshot, view: &View, member: Member) -> Option<lsp::CallHierarchyItem> {
    let name = tools::tool_name(&view.package, member);
    let place = definition::of_symbol(&view.package, &mcpz_ide::symbol::Symbol::Tool(member));
    let location = snapshot.location(view, place.first()?)?;
    Some(item(
        name,
        lsp::SymbolKind::METHOD,
        "tool".to_owned(),
        location,
        json!({"root": view.root, "tool": [member.server.0, member.index]}),
    ))
}

fn rule_item(snapshot: &Snapshot, view: &View, row: usize) -> Option<lsp::CallHierarchyItem> {
    let rule = view.package.index.rules.get(row)?;
    let location = snapshot.span(view, rule.head_span)?;
    let reach = who::reach(&view.package, rule);
    let detail = format!("{} {}", rule.verb.word(), reach.subject);
    Some(item(rule.id.clone(), lsp::SymbolKind::FUNCTION, detail, location, json!({"root": view.root, "rule": row})))
}

fn item(
    name: String,
    kind: lsp::SymbolKind,
    detail: String,
    location: lsp::Location,
    data: Value,
) -> lsp::CallHierarchyItem {
    lsp::CallHierarchyItem {
        name,
        kind,
        tags: None,
        detail: Some(detail),
        uri: location.uri,
        range: location.range,
        selection_range: location.range,
        data: Some(data),
    }
}

/// The member that an item stands for.
fn member_of(data: &Value) -> Option<Member> {
    let number = |at: usize| data["tool"].get(at).and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok());
    Some(Member { server: mcpz_compiler::hir::ServerId(number(0)?), index: number(1)? })
}

/// The rules that reach a tool.
pub fn incoming(snapshot: &Snapshot, item: &lsp::CallHierarchyItem) -> Option<Vec<lsp::CallHierarchyIncomingCall>> {
    let data = item.data.as_ref()?;
    let root: PathBuf = serde_json::from_value(data["root"].clone()).ok()?;
    let view = snapshot.views.get(&root)?;
    let member = member_of(data)?;
    let mut calls = Vec::new();
    for reach in who::rules_of(&view.package, member) {
        let row = view.package.index.rules.iter().position(|rule| rule.span == reach.rule.span)?;
        let Some(from) = rule_item(snapshot, view, row) else { continue };
        let target = reach.rule.targets.span.unwrap_or(reach.rule.head_span);
        let range = view.range(target.source, target.start..target.end, snapshot.config.encoding);
        calls.push(lsp::CallHierarchyIncomingCall { from, from_ranges: vec![range] });
    }
    Some(calls)
}

/// The tools that a rule reaches.
pub fn outgoing(snapshot: &Snapshot, item: &lsp::CallHierarchyItem) -> Option<Vec<lsp::CallHierarchyOutgoingCall>> {
    let data = item.data.as_ref()?;
    let root: PathBuf = serde_json::from_value(data["root"].clone()).ok()?;
    let view = snapshot.views.get(&root)?;
    let row = usize::try_from(data["rule"].as_u64()?).ok()?;
    let rule = view.package.index.rules.get(row)?;
    let target = rule.targets.span.unwrap_or(rule.head_span);
    let range = view.range(target.source, target.start..target.end, snapshot.config.encoding);
    let tools = who::tools_of(&view.package, row);
    let items = tools.into_iter().filter_map(|member| tool_item(snapshot, view, member));
    Some(items.map(|to| lsp::CallHierarchyOutgoingCall { to, from_ranges: vec![range] }).collect())
}

/// What can be folded.
pub fn folds(snapshot: &Snapshot, uri: &lsp::Uri) -> Option<Vec<lsp::FoldingRange>> {
    let (view, source) = snapshot.find(uri)?;
    let one = |fold: outline::Fold| {
        let range = view.range(source, fold.range.clone(), snapshot.config.encoding);
        let kind = match (fold.is_comment, fold.is_import) {
            (true, _) => Some(lsp::FoldingRangeKind::Comment),
            (_, true) => Some(lsp::FoldingRangeKind::Imports),
            _ => Some(lsp::FoldingRangeKind::Region),
        };
        lsp::FoldingRange {
            start_line: range.start.line,
            end_line: range.end.line,
            kind,
            ..lsp::FoldingRange::default()
        }
    };
    Some(outline::folds(&view.package, source).into_iter().map(one).collect())
}

/// The ranges around each position.
pub fn selections(snapshot: &Snapshot, params: &lsp::SelectionRangeParams) -> Option<Vec<lsp::SelectionRange>> {
    let (view, source) = snapshot.find(&params.text_document.uri)?;
    let encoding = snapshot.config.encoding;
    let one = |position: &lsp::Position| {
        let offset = view.offset(source, *position, encoding);
        let ranges = outline::selection(&view.package, source, offset);
        let chain = ranges.into_iter().rev().fold(None, |parent: Option<Box<lsp::SelectionRange>>, range| {
            Some(Box::new(lsp::SelectionRange { range: view.range(source, range, encoding), parent }))
        });
        let empty = lsp::SelectionRange { range: lsp::Range::new(*position, *position), parent: None };
        chain.map_or(empty, |chain| *chain)
    };
    Some(params.positions.iter().map(one).collect())
}

/// Links to files.
pub fn links(snapshot: &Snapshot, uri: &lsp::Uri) -> Option<Vec<lsp::DocumentLink>> {
    let (view, source) = snapshot.find(uri)?;
    let one = |link: outline::Link| {
        let File::Beside { package, path } = &link.target else { return None };
        Some(lsp::DocumentLink {
            range: view.range(source, link.range, snapshot.config.encoding),
            target: Some(snapshot.beside_uri(view, *package, path)?),
            tooltip: None,
            data: None,
        })
    };
    Some(outline::links(&view.package, source).into_iter().filter_map(one).collect())
}
