//! Completions inside blocks and around items: annotations, types, overlays, places in results, ids of rules.

use super::context::Context;
use super::item::{Completion, CompletionKind};
use crate::names;
use crate::tools;
use mcpz_compiler::check;
use mcpz_compiler::diagnostics::codes;
use mcpz_compiler::diagnostics::suggest::as_written;
use mcpz_compiler::hir::Server;
use mcpz_compiler::resolve::symbols::{Entity, Kind};
use mcpz_compiler::types::{RecordType, Type};
use mcpz_syntax::ast::{AstNode, Documented, Item, LabelSource, RedactRule, RuleParts, Sensitive, Stores, Target};
use mcpz_syntax::{SyntaxKind, SyntaxNode};
use smol_str::SmolStr;

/// Annotations: name, what is inserted, what it does.
const ANNOTATIONS: [(&str, &str, &str); 6] = [
    ("id", "id(\"$1\")", "a stable name of the rule"),
    ("message", "message(\"$1\")", "what a denial says"),
    ("severity", "severity(${1|low,medium,high,critical|})", "how grave a match is"),
    ("deny", "deny(${1|explain,hide,step_up|})", "how a denial is shown"),
    ("shadow", "shadow", "evaluated and logged; blocks and grants nothing"),
    ("allow", "allow(${1:W0601}, \"${2:reason}\")", "silences a lint for this item"),
];

/// Types that an author writes.
const TYPES: [&str; 18] = [
    "bool", "int", "decimal", "string", "bytes", "duration", "instant", "date", "time", "weekday", "ip", "net", "host",
    "url", "path", "json", "null", "segment",
];

/// Completes in such a place. Whether the cursor is in one.
pub fn complete(cx: &Context<'_>, items: &mut Vec<Completion>) -> bool {
    let Some(holder) = cx.holder() else { return false };
    match holder.kind() {
        SyntaxKind::Annotation => annotations(cx, items),
        SyntaxKind::AnnotationArg => annotation_argument(cx, &holder, items),
        SyntaxKind::TypeName | SyntaxKind::TypeGeneric | SyntaxKind::IsExpr if !cx.is_path() => types(cx, items),
        SyntaxKind::OverlayPattern => overlay(cx, &holder, items),
        SyntaxKind::UnwrapsEntry if !cx.is_path() => server_tools(cx, &holder, items),
        SyntaxKind::FieldPath => field_path(cx, &holder, items),
        SyntaxKind::RuleRef => rule_ids(cx, items),
        _ => return false,
    }
    true
}

fn annotations(cx: &Context<'_>, items: &mut Vec<Completion>) {
    for (name, text, what) in ANNOTATIONS {
        items.push(
            Completion::new(name, CompletionKind::Keyword, cx.replace.clone()).snippet(text).detail(what).rank(10),
        );
    }
}

/// The word inside an annotation.
fn annotation_argument(cx: &Context<'_>, argument: &SyntaxNode, items: &mut Vec<Completion>) {
    let annotation = argument.parent();
    let name = annotation.and_then(|node| node.children().find(|child| child.kind() == SyntaxKind::Name));
    let words: &[&str] = match name.map(|name| name.text().to_string()).as_deref() {
        Some("severity") => &["low", "medium", "high", "critical"],
        Some("deny") => &["explain", "hide", "step_up"],
        Some("allow") => return lints(cx, items),
        _ => return,
    };
    items.extend(words.iter().map(|word| Completion::new(*word, CompletionKind::Text, cx.replace.clone()).rank(10)));
}

fn lints(cx: &Context<'_>, items: &mut Vec<Completion>) {
    for info in codes::ALL.iter().filter(|info| info.code.starts_with('W')) {
        let item = Completion::new(info.code, CompletionKind::Text, cx.replace.clone()).rank(10);
        items.push(item.detail(format!("{}: {}", info.name, info.summary)));
    }
}

fn types(cx: &Context<'_>, items: &mut Vec<Completion>) {
    items.extend(TYPES.iter().map(|name| Completion::new(*name, CompletionKind::Type, cx.replace.clone()).rank(10)));
    for name in ["list", "set", "map"] {
        items.push(
            Completion::new(format!("{name}<>"), CompletionKind::Type, cx.replace.clone())
                .snippet(format!("{name}<$1>"))
                .rank(11),
        );
    }
}

/// The server or profile whose block a node is in.
fn server_around(cx: &Context<'_>, node: &SyntaxNode) -> Option<Server> {
    let block = node.ancestors().find(|node| matches!(node.kind(), SyntaxKind::Server | SyntaxKind::Profile))?;
    let name = block.children().find(|child| child.kind() == SyntaxKind::Name)?.text().to_string();
    let seen =
        names::visible(cx.package, cx.source, &[Kind::Server]).into_iter().find(|seen| seen.name == name.as_str())?;
    match seen.entity {
        Entity::Server(id) => cx.package.index.program.servers.get(id.index()).cloned(),
        Entity::Profile(id) => cx.package.index.profiles.get(id.index()).map(|profile| profile.shape.clone()),
        _ => None,
    }
}

/// `tool.parameter` of an overlay.
fn overlay(cx: &Context<'_>, holder: &SyntaxNode, items: &mut Vec<Completion>) {
    let Some(server) = server_around(cx, holder) else { return };
    let Some(tool) = cx.qualifier.first() else {
        let is_wild = holder.first_token().is_some_and(|token| token.kind() == SyntaxKind::Star);
        if !is_wild {
            return server_tools(cx, holder, items);
        }
        let every = server.tools.iter().flat_map(|tool| tool.input.fields.iter());
        let mut fields: Vec<(SmolStr, Type)> = every.map(|(name, ty)| (name.clone(), ty.clone())).collect();
        fields.sort();
        fields.dedup_by(|a, b| a.0 == b.0);
        return push_fields(cx, fields, items);
    };
    let input = server.tools.iter().find(|known| known.name == *tool).map(|tool| Type::Record(tool.input.clone()));
    let below =
        cx.qualifier.iter().skip(1).try_fold(input, |ty, name| Some(ty.and_then(|ty| check::field_type(&ty, name))));
    if let Some(ty) = below.flatten() {
        push_fields(cx, check::fields(&ty), items);
    }
}

fn push_fields(cx: &Context<'_>, fields: Vec<(SmolStr, Type)>, items: &mut Vec<Completion>) {
    for (name, ty) in fields {
        items.push(
            Completion::new(as_written(&name), CompletionKind::Field, cx.replace.clone())
                .detail(ty.to_string())
                .rank(10),
        );
    }
}

fn server_tools(cx: &Context<'_>, holder: &SyntaxNode, items: &mut Vec<Completion>) {
    let Some(server) = server_around(cx, holder) else { return };
    for tool in &server.tools {
        let item = Completion::new(as_written(&tool.name), CompletionKind::Tool, cx.replace.clone());
        items.push(item.detail(super::targets::first_line(&tool.description)).rank(10));
    }
}

/// `result.memo`, `args.path`: places in what the targets give or take.
fn field_path(cx: &Context<'_>, holder: &SyntaxNode, items: &mut Vec<Completion>) {
    let owner = holder.ancestors().skip(1).find_map(|node| owner_targets(&node));
    let Some((targets, is_result)) = owner else { return };
    let root = if is_result { "result" } else { "args" };
    if cx.qualifier.is_empty() {
        items.push(Completion::new(root, CompletionKind::Value, cx.replace.clone()).rank(10));
        return;
    }
    let types = target_types(cx, &targets, is_result);
    let mut fields: Vec<(SmolStr, Type)> = Vec::new();
    for ty in types {
        let reached = cx.qualifier.iter().skip(1).try_fold(ty, |ty, name| match check::field_type(&ty, name)? {
            Type::List(inner) | Type::Set(inner) => Some(*inner),
            other => Some(other),
        });
        fields.extend(reached.map(|ty| check::fields(&ty)).unwrap_or_default());
    }
    fields.sort();
    fields.dedup_by(|a, b| a.0 == b.0);
    push_fields(cx, fields, items);
}

/// The targets whose parameters or results a place is in.
fn owner_targets(node: &SyntaxNode) -> Option<(Vec<Target>, bool)> {
    if let Some(source) = LabelSource::cast(node.clone()) {
        return Some((source.target().into_iter().collect(), true));
    }
    if let Some(rule) = RedactRule::cast(node.clone()) {
        return Some((rule.targets(), true));
    }
    if let Some(stores) = Stores::cast(node.clone()) {
        return Some((stores.targets(), false));
    }
    Sensitive::cast(node.clone()).map(|sensitive| (sensitive.targets(), false))
}

/// The types of the results or parameters of the tools that targets name.
fn target_types(cx: &Context<'_>, targets: &[Target], is_result: bool) -> Vec<Type> {
    let mut types = Vec::new();
    for target in targets {
        for token in target.syntax().descendants_with_tokens().filter_map(|element| element.into_token()) {
            let range = crate::syntax::bytes(token.text_range());
            let span = mcpz_compiler::hir::Span { source: cx.source, start: range.start, end: range.end };
            for referent in crate::types::referents(cx.package, span) {
                let mcpz_compiler::index::Referent::Tool(member) = referent else { continue };
                let Some(tool) = tools::tool(cx.package, *member) else { continue };
                let record = |record: &RecordType| Type::Record(record.clone());
                types.extend(if is_result { tool.output.clone() } else { Some(record(&tool.input)) });
            }
        }
    }
    types
}

/// Ids of rules, after `by` in a test: as they are written, because the package may be checked for this file alone.
fn rule_ids(cx: &Context<'_>, items: &mut Vec<Completion>) {
    let own = cx.package.loaded.files.iter().filter(|file| file.package.0 == 0);
    for item in own.flat_map(|file| file.parse.source_file().items()) {
        if let Some(word) = item.rule_word() {
            rule_id(cx, &item, word, items);
        }
        if let Item::Grant(grant) = &item {
            grant.permits().iter().for_each(|permit| rule_id(cx, permit, "permit", items));
        }
    }
    items.push(
        Completion::new("none", CompletionKind::Keyword, cx.replace.clone()).detail("no rule decided it").rank(20),
    );
}

fn rule_id(cx: &Context<'_>, rule: &impl Documented, word: &str, items: &mut Vec<Completion>) {
    let annotations = rule.annotations();
    let named = annotations.iter().find(|annotation| annotation.name().is_some_and(|name| name.text == "id"));
    if let Some(id) = named.and_then(|annotation| annotation.string()) {
        let item = Completion::new(id.text(), CompletionKind::Rule, cx.replace.clone()).rank(10);
        items.push(item.detail(word).doc_text(&rule.docs()));
    }
}
