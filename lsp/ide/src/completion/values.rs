//! Completions in expressions: facts of the request, fields of what stands before the dot, data, constants, predicates, functions.

use super::context::Context;
use super::item::{Completion, CompletionKind};
use crate::markup::{Markup, code};
use crate::names::{self, Seen};
use crate::tools::{self, Parameter};
use crate::types::{entity_type, path_type};
use mcpz_compiler::check;
use mcpz_compiler::diagnostics::suggest::as_written;
use mcpz_compiler::resolve::symbols::{Entity, Kind};
use mcpz_compiler::types::Type;
use mcpz_syntax::SyntaxKind;
use smol_str::SmolStr;

/// Every kind of name.
pub const ALL_KINDS: [Kind; 12] = [
    Kind::Issuer,
    Kind::Class,
    Kind::Server,
    Kind::Tag,
    Kind::Label,
    Kind::Segment,
    Kind::Data,
    Kind::Predicate,
    Kind::Const,
    Kind::Grant,
    Kind::Monitor,
    Kind::Issuer,
];

/// Kinds of names that are values.
const VALUES: [Kind; 5] = [Kind::Data, Kind::Const, Kind::Predicate, Kind::Class, Kind::Segment];

/// Completes in an expression. Whether the cursor is in one.
pub fn complete(cx: &Context<'_>, items: &mut Vec<Completion>) -> bool {
    if !cx.is_path() && cx.holder().is_none_or(|holder| holder.kind() != SyntaxKind::CallExpr) {
        return after_call(cx, items);
    }
    if let Some(dialects) = sql_dialect(cx) {
        items.extend(dialects);
        return true;
    }
    if cx.qualifier.is_empty() {
        roots(cx, items);
        return true;
    }
    if let Some(ty) = path_type(cx.package, cx.source, &cx.facts, &cx.variables, &cx.qualifier) {
        fields(cx, &ty, items);
        return true;
    }
    if group(cx, items) {
        return true;
    }
    if let Some(id) = names::package_named(cx.package, cx.source, &cx.qualifier) {
        items.extend(names::declared(cx.package, id, &VALUES).iter().map(|seen| named(cx, seen).rank(10)));
    }
    true
}

/// `f(x).` : fields of what a function makes.
fn after_call(cx: &Context<'_>, items: &mut Vec<Completion>) -> bool {
    let Some(parent) = cx.token.parent().filter(|parent| parent.kind() == SyntaxKind::FieldExpr) else { return false };
    let callee = parent.children().find(|node| node.kind() == SyntaxKind::CallExpr).and_then(|call| call.first_child());
    let mut ty = callee.and_then(|callee| check::result_of(callee.text().to_string().trim()));
    for name in &cx.qualifier {
        ty = ty.and_then(|ty| check::field_type(&ty, name));
    }
    if let Some(ty) = ty {
        fields(cx, &ty, items);
    }
    true
}

/// The second argument of `sql`.
fn sql_dialect(cx: &Context<'_>) -> Option<Vec<Completion>> {
    let call = cx.around(&[SyntaxKind::CallExpr])?;
    let is_sql = call.first_child().is_some_and(|callee| callee.text() == "sql");
    let before = call
        .children()
        .filter(|node| node.kind() == SyntaxKind::Arg)
        .take_while(|arg| arg.text_range().end() < cx.token.text_range().start());
    (is_sql && before.count() == 1).then(|| {
        let one =
            |word: &&str| Completion::new(*word, CompletionKind::Text, cx.replace.clone()).detail("dialect").rank(10);
        ["ansi", "mysql", "postgres", "sqlite"].iter().map(one).collect()
    })
}

/// What an expression may start with.
fn roots(cx: &Context<'_>, items: &mut Vec<Completion>) {
    let item = |label: &str, detail: &str| {
        Completion::new(label, CompletionKind::Value, cx.replace.clone()).detail(detail).rank(20)
    };
    let facts = &cx.facts;
    let known: [(bool, &str, &str); 13] = [
        (facts.args.is_some(), "args", "the parameters of the call"),
        (facts.prompt_args.is_some(), "prompt.args", "the arguments of the prompt"),
        (facts.user.is_some(), "user.claims", "claims of the user in the chain"),
        (facts.agent.is_some(), "agent.claims", "claims of the outermost agent"),
        (facts.claims.is_some(), "claims", "claims of the token"),
        (facts.spiffe, "spiffe", "string: the SPIFFE id of the certificate"),
        (facts.uid, "uid", "int: the user id of the process"),
        (facts.request, "now", "instant: when the request came"),
        (facts.request, "context", "facts that the enforcement point supplies"),
        (facts.request, "network.source", "ip?: the peer's address"),
        (facts.resource.is_some(), "resource.uri", "string: the address of the resource"),
        (facts.sample, "sample", "what the server asks of the model"),
        (facts.elicit, "elicit", "what the server asks of the user"),
    ];
    items.extend(known.iter().filter(|(is_known, ..)| *is_known).map(|(_, label, detail)| item(label, detail)));
    for variable in &cx.variables {
        let local = Completion::new(variable.name.as_str(), CompletionKind::Value, cx.replace.clone());
        items.push(local.detail(variable.ty.to_string()).rank(10));
    }
    let kinds: &[Kind] =
        if facts.caller { &VALUES } else { &[Kind::Data, Kind::Const, Kind::Predicate, Kind::Segment] };
    items.extend(names::visible(cx.package, cx.source, kinds).iter().map(|seen| named(cx, seen).rank(30)));
    for (name, signature) in check::functions() {
        let function = Completion::new(name, CompletionKind::Function, cx.replace.clone()).detail(signature).rank(45);
        items.push(function.snippet(format!("{name}($1)")));
    }
    package_items(cx, kinds, items);
    super::imports::automatic(cx, kinds, items);
}

/// Packages that can be named, and what of these kinds they declare.
pub fn package_items(cx: &Context<'_>, kinds: &[Kind], items: &mut Vec<Completion>) {
    for (alias, id) in names::packages(cx.package, cx.source) {
        let found = names::declared(cx.package, id, kinds);
        for seen in &found {
            let mut item = named(cx, seen).rank(40);
            item.insert = format!("{alias}.{}", item.insert);
            item.label = format!("{alias}.{}", item.label);
            item.filter = Some(format!("{} {alias}.{}", seen.name, seen.name));
            items.push(item);
        }
    }
}

/// `user.` and the like: groups of facts that are no values themselves.
fn group(cx: &Context<'_>, items: &mut Vec<Completion>) -> bool {
    let [only] = cx.qualifier.as_slice() else { return false };
    let facts = &cx.facts;
    let (label, is_known, detail) = match only.as_str() {
        "user" => ("claims", facts.user.is_some(), "claims of the user in the chain"),
        "agent" => ("claims", facts.agent.is_some(), "claims of the outermost agent"),
        "network" => ("source", facts.request, "ip?: the peer's address"),
        "resource" => ("uri", facts.resource.is_some(), "string: the address of the resource"),
        "prompt" => ("args", facts.prompt_args.is_some(), "the arguments of the prompt"),
        _ => return false,
    };
    if is_known {
        items.push(Completion::new(label, CompletionKind::Field, cx.replace.clone()).detail(detail).rank(10));
    }
    true
}

/// The fields of a type; of `args` with what the schema demands.
fn fields(cx: &Context<'_>, ty: &Type, items: &mut Vec<Completion>) {
    let is_args = cx.qualifier.len() == 1
        && cx.qualifier[0] == "args"
        && !cx.variables.iter().any(|variable| variable.name == "args");
    if cx.qualifier.len() == 2 && cx.qualifier[0] == "resource" {
        let variables = cx.facts.resource.iter().flatten();
        items.extend(variables.map(|name| {
            Completion::new(name.as_str(), CompletionKind::Field, cx.replace.clone()).detail("string").rank(10)
        }));
        return;
    }
    for (name, ty) in check::fields(ty) {
        let item = Completion::new(as_written(&name), CompletionKind::Field, cx.replace.clone())
            .rank(if ty.is_optional() { 12 } else { 10 });
        items.push(if is_args { parameter(cx, item, &name, &ty) } else { item.detail(ty.to_string()) });
    }
}

/// A parameter: its type, whether every target requires it, and what the schemas demand.
pub fn parameter(cx: &Context<'_>, item: Completion, name: &SmolStr, ty: &Type) -> Completion {
    let mut docs = Markup::new();
    let rows = parameters_named(cx, name);
    let constraints: Vec<String> = match rows.as_slice() {
        [(_, only)] => only.constraints.clone(),
        rows => shared(rows),
    };
    let mut detail = ty.required().to_string();
    detail.push_str(if ty.is_optional() { ", optional" } else { ", required" });
    for constraint in &constraints {
        detail.push_str(", ");
        detail.push_str(constraint);
    }
    for (tool, parameter) in &rows {
        if !parameter.description.is_empty() {
            docs.text(format!("of {}", code(tool))).server_words(&parameter.description);
        }
    }
    if let Some(lacking) = cx.facts.lacking.get(name) {
        let tools: Vec<String> = lacking.iter().map(|tool| code(tool)).collect();
        docs.text(format!("Not a parameter of {}: ask `has args.{name}` first.", tools.join(", ")));
    }
    item.detail(detail).docs(docs)
}

/// What the tools of the rule say of a parameter.
fn parameters_named(cx: &Context<'_>, name: &SmolStr) -> Vec<(String, Parameter)> {
    let tools = cx.facts.tools.iter().take(8);
    tools
        .filter_map(|member| {
            let tool = tools::tool(cx.package, *member)?;
            let found = tools::parameters(tool).into_iter().find(|parameter| parameter.name == name.as_str())?;
            Some((tools::tool_name(cx.package, *member), found))
        })
        .collect()
}

/// The constraints that all rows have.
fn shared(rows: &[(String, Parameter)]) -> Vec<String> {
    let Some(((_, first), rest)) = rows.split_first() else { return Vec::new() };
    let everywhere = |constraint: &&String| rest.iter().all(|(_, other)| other.constraints.contains(constraint));
    first.constraints.iter().filter(everywhere).cloned().collect()
}

/// A declared name.
pub fn named(cx: &Context<'_>, seen: &Seen) -> Completion {
    let (kind, detail) = described(cx, seen.entity);
    let item = Completion::new(as_written(&seen.name), kind, cx.replace.clone());
    let item = item.detail(detail).doc_text(&names::docs(cx.package, seen.entity));
    match seen.entity {
        Entity::Predicate(_) if in_expression(cx) => item.snippet(format!("{}($1)", seen.name)),
        _ => item,
    }
}

/// Whether a predicate here is called rather than named.
fn in_expression(cx: &Context<'_>) -> bool {
    cx.around(&[SyntaxKind::UseItem]).is_none()
        && cx.holder().is_none_or(|holder| holder.kind() != SyntaxKind::CallExpr)
}

/// The kind of an entity and a few words about it.
fn described(cx: &Context<'_>, entity: Entity) -> (CompletionKind, String) {
    let program = &cx.package.index.program;
    match entity {
        Entity::Issuer(id) => {
            (CompletionKind::Issuer, program.issuers.get(id.index()).map_or(String::new(), |issuer| issuer.url.clone()))
        }
        Entity::Class(id) => (CompletionKind::Principal, crate::describe::class(cx.package, id)),
        Entity::Server(id) => {
            let tools = program.servers.get(id.index()).map_or(0, |server| server.tools.len());
            (CompletionKind::Server, format!("server, {}", crate::describe::count(tools, "tool")))
        }
        Entity::Profile(_) => (CompletionKind::Server, "profile".to_owned()),
        Entity::Tag(id) => {
            let tag = cx.package.index.tags.get(id.index());
            let tools = tag.map_or(0, |tag| tag.targets.tools.len());
            (CompletionKind::Tag, format!("tag of {}", crate::describe::count(tools, "tool")))
        }
        Entity::Label(_) => (CompletionKind::Label, "label".to_owned()),
        Entity::Segment(_) => (CompletionKind::Segment, "segment".to_owned()),
        Entity::Data(_) => {
            (CompletionKind::Value, entity_type(cx.package, entity).map_or(String::new(), |ty| ty.to_string()))
        }
        Entity::Const(_) => {
            (CompletionKind::Constant, entity_type(cx.package, entity).map_or(String::new(), |ty| ty.to_string()))
        }
        Entity::Predicate(id) => (CompletionKind::Function, crate::describe::predicate(cx.package, id)),
        Entity::Grant(_) => (CompletionKind::Grant, "grant".to_owned()),
        Entity::Monitor(_) => (CompletionKind::Value, "monitor".to_owned()),
    }
}
