//! Completions of what: servers, and after the dot their tools, prompts and resources.

use super::context::Context;
use super::item::{Completion, CompletionKind};
use super::values::{named, package_items};
use crate::names::{self, Seen};
use crate::tools;
use mcpz_compiler::diagnostics::suggest::as_written;
use mcpz_compiler::hir::{Member, Server, ServerId};
use mcpz_compiler::resolve::symbols::{Entity, Kind};
use mcpz_syntax::ast::{AstNode, TargetSet};
use mcpz_syntax::{SyntaxKind, SyntaxNode};
use smol_str::SmolStr;
use std::collections::BTreeSet;

const TARGETS: [SyntaxKind; 6] = [
    SyntaxKind::TargetPath,
    SyntaxKind::TargetServer,
    SyntaxKind::TargetAll,
    SyntaxKind::TargetSet,
    SyntaxKind::TargetUri,
    SyntaxKind::ActLine,
];

/// What of a catalog an action is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    Tools,
    Prompts,
    Resources,
    Everything,
}

/// Completes targets. Whether the cursor is in one.
pub fn complete(cx: &Context<'_>, items: &mut Vec<Completion>) -> bool {
    let Some(holder) = cx.holder().filter(|holder| TARGETS.contains(&holder.kind())) else { return false };
    let about = about(cx, &holder);
    if let Some(set) = TargetSet::cast(holder.clone()).filter(|_| !cx.is_path()) {
        let taken: BTreeSet<String> = set.names().into_iter().map(|ident| ident.text).collect();
        let path: Vec<SmolStr> = set
            .server()
            .map(|path| path.segments().iter().map(|ident| SmolStr::new(&ident.text)).collect())
            .unwrap_or_default();
        members(cx, &path, about, &taken, items);
        return true;
    }
    if cx.qualifier.is_empty() {
        let servers = names::visible(cx.package, cx.source, &[Kind::Server]);
        items.extend(servers.iter().map(|seen| named(cx, seen).rank(10)));
        if holder.kind() != SyntaxKind::ActLine {
            tag_items(cx, items);
        }
        package_items(cx, &[Kind::Server], items);
        return true;
    }
    members(cx, &cx.qualifier, about, &BTreeSet::new(), items);
    if holder.kind() != SyntaxKind::ActLine && server_of(cx, &cx.qualifier).is_some() {
        shapes(cx, about, items);
    }
    true
}

/// `tag t`, offered before the word `tag` is typed.
fn tag_items(cx: &Context<'_>, items: &mut Vec<Completion>) {
    for seen in names::visible(cx.package, cx.source, &[Kind::Tag]) {
        let mut item = named(cx, &seen).rank(20).insert(format!("tag {}", seen.name));
        item.label = format!("tag {}", seen.name);
        items.push(item);
    }
}

/// Which part of the catalog the action before the targets is about.
fn about(cx: &Context<'_>, holder: &SyntaxNode) -> About {
    let word = if holder.kind() == SyntaxKind::ActLine {
        holder.first_token().map(|token| token.text().to_owned())
    } else {
        let rule = holder.ancestors().find(|node| node.children().any(|child| child.kind() == SyntaxKind::Actions));
        let actions = rule.and_then(|rule| rule.children().find(|child| child.kind() == SyntaxKind::Actions));
        actions.map(|actions| actions.text().to_string())
    };
    let _ = cx;
    match word.as_deref().map(str::trim) {
        Some("get" | "complete") => About::Prompts,
        Some("read" | "subscribe") => About::Resources,
        Some(word) if word.starts_with('[') || word == "use" => About::Everything,
        _ => About::Tools,
    }
}

/// The server or profile that a path names.
fn server_of(cx: &Context<'_>, path: &[SmolStr]) -> Option<Entity> {
    let (last, before) = path.split_last()?;
    let found: Vec<Seen> = if before.is_empty() {
        names::visible(cx.package, cx.source, &[Kind::Server])
    } else {
        let id = names::package_named(cx.package, cx.source, before)?;
        names::declared(cx.package, id, &[Kind::Server])
    };
    found.into_iter().find(|seen| seen.name == *last).map(|seen| seen.entity)
}

/// What a server offers; for a package its servers.
fn members(cx: &Context<'_>, path: &[SmolStr], about: About, taken: &BTreeSet<String>, items: &mut Vec<Completion>) {
    let Some(entity) = server_of(cx, path) else {
        if let Some(id) = names::package_named(cx.package, cx.source, path) {
            items.extend(names::declared(cx.package, id, &[Kind::Server]).iter().map(|seen| named(cx, seen).rank(10)));
        }
        return;
    };
    match entity {
        Entity::Server(id) => {
            let Some(server) = cx.package.index.program.servers.get(id.index()) else { return };
            offered(cx, Some(id), server, about, taken, items);
        }
        Entity::Profile(id) => {
            let Some(profile) = cx.package.index.profiles.get(id.index()) else { return };
            offered(cx, None, &profile.shape, about, taken, items);
        }
        _ => {}
    }
}

fn offered(
    cx: &Context<'_>,
    id: Option<ServerId>,
    server: &Server,
    about: About,
    taken: &BTreeSet<String>,
    items: &mut Vec<Completion>,
) {
    if matches!(about, About::Tools | About::Everything) {
        for (row, tool) in server.tools.iter().enumerate().filter(|(_, tool)| !taken.contains(tool.name.as_str())) {
            let mut item = Completion::new(as_written(&tool.name), CompletionKind::Tool, cx.replace.clone()).rank(10);
            item.detail = first_line(&tool.description);
            let member = id.and_then(|server| Some(Member { server, index: u32::try_from(row).ok()? }));
            item.docs = member.and_then(|member| tools::page(cx.package, member)).unwrap_or_default();
            items.push(item);
        }
    }
    if matches!(about, About::Prompts | About::Everything) {
        let prompts = server.prompts.iter().filter(|prompt| !taken.contains(prompt.name.as_str()));
        items.extend(prompts.map(|prompt| {
            let arguments: Vec<&str> = prompt.input.fields.keys().map(SmolStr::as_str).collect();
            let item = Completion::new(as_written(&prompt.name), CompletionKind::Prompt, cx.replace.clone()).rank(10);
            item.detail(format!("prompt({})", arguments.join(", ")))
        }));
    }
}

/// What may follow a server's dot beside names: all of it, a set, a resource pattern.
fn shapes(cx: &Context<'_>, about: About, items: &mut Vec<Completion>) {
    let item = |label: &str, detail: &str| {
        Completion::new(label, CompletionKind::Snippet, cx.replace.clone()).detail(detail).rank(30)
    };
    items.push(item("*", "everything of this server that the action is about"));
    if about != About::Resources {
        items.push(item("{..}", "several of them").snippet("{$1}"));
    }
    if matches!(about, About::Resources | About::Everything) {
        items.push(item("uri(\"..\")", "resources by their address").snippet("uri(\"$1\")"));
    }
}

/// The first line of a server's words, for the place beside a label.
pub fn first_line(text: &str) -> String {
    let line: String = crate::markup::visible(text.trim().lines().next().unwrap_or("")).chars().take(80).collect();
    line
}
