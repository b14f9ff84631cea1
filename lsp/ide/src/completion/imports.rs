//! Completions of `use`, and the edit that brings a name of the standard library in.

use super::context::Context;
use super::item::{Completion, CompletionKind};
use crate::library::{LibraryItem, LibraryKind};
use crate::names;
use crate::place::{TextEdit, offset};
use mcpz_compiler::resolve::symbols::Kind;
use mcpz_syntax::SyntaxKind;
use mcpz_syntax::ast::{AstNode, Item};
use std::collections::BTreeSet;

/// Completes inside `use`. Whether the cursor is there.
pub fn complete(cx: &Context<'_>, items: &mut Vec<Completion>) -> bool {
    let Some(import) = cx.around(&[SyntaxKind::UseItem]) else { return false };
    let mut path: Vec<String> = cx.qualifier.iter().map(ToString::to_string).collect();
    if !cx.is_path() {
        let base = import.children().find(|node| node.kind() == SyntaxKind::Path);
        path = base.map(|base| base.text().to_string()).unwrap_or_default().split('.').map(str::to_owned).collect();
    }
    let typed = path.join(".");
    modules(cx, &typed, items);
    declared(cx, &typed, items);
    true
}

/// The next words of packages' names.
fn modules(cx: &Context<'_>, typed: &str, items: &mut Vec<Completion>) {
    let prefix = if typed.is_empty() { String::new() } else { format!("{typed}.") };
    let own = cx.package.index.symbols.packages.first().map(|table| table.packages.keys().cloned().collect::<Vec<_>>());
    let standard = cx.library.packages.iter().map(|(name, _)| name.clone());
    let all: BTreeSet<String> = standard.chain(own.unwrap_or_default()).collect();
    let next: BTreeSet<&str> = all
        .iter()
        .filter_map(|name| name.strip_prefix(&prefix)?.split('.').next())
        .filter(|word| !word.is_empty())
        .collect();
    for word in next {
        let whole = format!("{prefix}{word}");
        let docs = cx.library.packages.iter().find(|(name, _)| *name == whole).map(|(_, docs)| docs.as_str());
        let item = Completion::new(word, CompletionKind::Package, cx.replace.clone()).rank(10);
        items.push(item.detail("package").doc_text(docs.unwrap_or("")));
    }
}

/// What the named package declares.
fn declared(cx: &Context<'_>, typed: &str, items: &mut Vec<Completion>) {
    for found in cx.library.items.iter().filter(|item| item.package == typed) {
        items.push(library_item(found, &found.name, cx));
    }
    let table = cx.package.index.symbols.packages.first();
    let Some(id) = table.and_then(|table| table.packages.get(typed)) else { return };
    if typed.starts_with("std.") {
        return;
    }
    for seen in names::declared(cx.package, *id, &super::values::ALL_KINDS) {
        items.push(super::values::named(cx, &seen).rank(20));
    }
}

fn kind_of(kind: LibraryKind) -> CompletionKind {
    match kind {
        LibraryKind::Predicate => CompletionKind::Function,
        LibraryKind::Const => CompletionKind::Constant,
        LibraryKind::Tag => CompletionKind::Tag,
        LibraryKind::Label => CompletionKind::Label,
        LibraryKind::Profile => CompletionKind::Server,
    }
}

fn library_item(found: &LibraryItem, label: &str, cx: &Context<'_>) -> Completion {
    let item = Completion::new(label, kind_of(found.kind), cx.replace.clone());
    item.detail(format!("{} of {}", found.signature, found.package)).doc_text(&found.docs).rank(20)
}

/// Names of packages of the standard library that the file does not use, each with the `use` that brings it in.
pub fn automatic(cx: &Context<'_>, kinds: &[Kind], items: &mut Vec<Completion>) {
    let used: BTreeSet<String> = names::packages(cx.package, cx.source)
        .values()
        .map(|id| names::package_name(cx.package, *id).to_owned())
        .collect();
    for found in cx.library.items.iter().filter(|item| !used.contains(&item.package)) {
        let wanted = match found.kind {
            LibraryKind::Predicate => kinds.contains(&Kind::Predicate),
            LibraryKind::Const => kinds.contains(&Kind::Const),
            LibraryKind::Tag => kinds.contains(&Kind::Tag),
            LibraryKind::Label => kinds.contains(&Kind::Label),
            LibraryKind::Profile => kinds.contains(&Kind::Server),
        };
        if !wanted {
            continue;
        }
        let module = found.package.rsplit('.').next().unwrap_or(&found.package);
        let mut item = library_item(found, &format!("{module}.{}", found.name), cx).rank(70);
        if found.kind == LibraryKind::Predicate {
            item = item.snippet(format!("{module}.{}($1)", found.name));
        }
        item.filter = Some(format!("{} {module}.{}", found.name, found.name));
        item.more.push(use_edit(cx, &found.package));
        item.detail = format!("use {}", found.package);
        items.push(item);
    }
}

/// The edit that adds `use PACKAGE` after the last `use`, else before the first item.
fn use_edit(cx: &Context<'_>, package: &str) -> TextEdit {
    let file = cx.package.parse(cx.source).map(|parse| parse.source_file());
    let all = file.map(|file| file.items()).unwrap_or_default();
    let last = all.iter().rev().find(|item| matches!(item, Item::Use(_)));
    if let Some(last) = last {
        return TextEdit::insert(last.range().end().into(), format!("\nuse {package}"));
    }
    let first = all.first().map_or_else(|| offset(cx.text.len()), |item| u32::from(item.range().start()));
    TextEdit::insert(first.min(cx.item_line_start()), format!("use {package}\n\n"))
}

impl Context<'_> {
    /// The start of the cursor's line, before which a `use` may be put.
    fn item_line_start(&self) -> u32 {
        offset(crate::syntax::line_start(self.text, crate::place::index(self.replace.start)))
    }
}
