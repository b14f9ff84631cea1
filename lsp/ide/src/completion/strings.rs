//! Completions inside string literals: values of an enum, host patterns, time zones, paths of files.

use super::context::Context;
use super::item::{Completion, CompletionKind};
use crate::syntax::around;
use crate::types::path_type;
use mcpz_compiler::check;
use mcpz_compiler::hir::Span;
use mcpz_compiler::types::Type;
use mcpz_syntax::ast::{self, AstNode};
use mcpz_syntax::{SyntaxKind, SyntaxNode};
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// Completes inside the string at the cursor.
pub fn complete(cx: &Context<'_>, items: &mut Vec<Completion>) {
    let Some(parent) = cx.token.parent() else { return };
    match parent.kind() {
        SyntaxKind::CatalogEntry => files(cx, "catalog", items),
        SyntaxKind::Data => files(cx, "data", items),
        SyntaxKind::EgressEntry => hosts(cx, items),
        SyntaxKind::TargetUri => resources(cx, items),
        SyntaxKind::ActLine => resources(cx, items),
        _ => expression(cx, items),
    }
}

fn text(cx: &Context<'_>, text: impl Into<String>, detail: &str) -> Completion {
    Completion::new(text, CompletionKind::Text, cx.replace.clone()).detail(detail).rank(10)
}

/// Files of a folder of the package.
fn files(cx: &Context<'_>, folder: &str, items: &mut Vec<Completion>) {
    let id = cx.package.package_of(cx.source);
    let Some(package) = cx.package.loaded.packages.get(id.index()) else { return };
    let mut paths = package.provider.list(folder).unwrap_or_default();
    paths.sort();
    for path in paths.into_iter().filter(|path| path.ends_with(".json")) {
        items.push(Completion::new(path, CompletionKind::File, cx.replace.clone()).detail("file").rank(10));
    }
}

/// Hosts that servers and issuers of the package name.
fn hosts(cx: &Context<'_>, items: &mut Vec<Completion>) {
    let program = &cx.package.index.program;
    let mut found: BTreeSet<String> = BTreeSet::new();
    let addresses = program.servers.iter().filter_map(|server| server.endpoint.as_deref());
    for address in addresses.chain(program.issuers.iter().map(|issuer| issuer.url.as_str())) {
        let host = address.split("://").nth(1).unwrap_or("").split(['/', ':']).next().unwrap_or("");
        if !host.is_empty() {
            found.insert(host.to_owned());
        }
    }
    for server in &program.servers {
        found.extend(server.egress.iter().filter_map(|entry| entry.split(':').next().map(str::to_owned)));
    }
    for host in found {
        if let Some((_, domain)) = host.split_once('.').filter(|(_, domain)| domain.contains('.')) {
            items.push(text(cx, format!("*.{domain}"), "one label or more below it").rank(12));
        }
        items.push(text(cx, host, "exactly this host"));
    }
}

/// Resources that the server's catalog lists.
fn resources(cx: &Context<'_>, items: &mut Vec<Completion>) {
    let path = cx.token.parent().and_then(|node| node.children().find_map(ast::Path::cast));
    let name = path.and_then(|path| path.segments().first().map(|ident| ident.text.clone())).unwrap_or_default();
    for server in cx.package.index.program.servers.iter().filter(|server| server.name == name.as_str()) {
        items.extend(server.resources.iter().map(|uri| text(cx, uri.as_str(), "resource")));
        items.extend(server.resource_templates.iter().map(|uri| text(cx, uri.as_str(), "resource template")));
    }
}

/// A literal of an expression: what the other side of its operator is decides.
fn expression(cx: &Context<'_>, items: &mut Vec<Completion>) {
    if is_zone(cx) {
        return zones(cx, items);
    }
    if let Some(words) = named_words(cx) {
        items.extend(words.iter().map(|word| text(cx, *word, "day")));
        return;
    }
    match expected(cx).as_ref().map(Type::required) {
        Some(Type::Enum(names)) => items.extend(names.iter().map(|name| text(cx, name.as_str(), "value"))),
        Some(Type::Union(members)) => {
            let names =
                members.iter().filter_map(|member| if let Type::Enum(names) = member { Some(names) } else { None });
            items.extend(names.flatten().map(|name| text(cx, name.as_str(), "value")));
        }
        Some(Type::Host) => hosts(cx, items),
        Some(Type::Url) => {
            let endpoints = cx.package.index.program.servers.iter().filter_map(|server| server.endpoint.as_deref());
            items.extend(endpoints.map(|address| text(cx, address, "endpoint")));
        }
        Some(Type::Weekday) => items.extend(DAYS.iter().map(|day| text(cx, *day, "day"))),
        Some(Type::Path) => items.extend(folders(cx).into_iter().map(|folder| text(cx, folder, "folder"))),
        _ => {}
    }
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Whether the literal is a time zone: `zone:` or the second argument of a function of time.
fn is_zone(cx: &Context<'_>) -> bool {
    let Some(arg) = around(&cx.token, &[SyntaxKind::Arg]) else { return false };
    let named = arg.children().find(|child| child.kind() == SyntaxKind::ArgName);
    if let Some(named) = named {
        return named.text().to_string().trim_end_matches([':', ' ']) == "zone";
    }
    let Some(call) = arg.parent().and_then(ast::CallExpr::cast) else { return false };
    let callee = call.callee().map(|callee| callee.to_string()).unwrap_or_default();
    let is_second = call.args().get(1).is_some_and(|second| second.range() == arg.text_range());
    matches!(callee.as_str(), "time" | "date" | "weekday") && is_second
}

/// `days:` of a window.
fn named_words(cx: &Context<'_>) -> Option<&'static [&'static str]> {
    let arg = around(&cx.token, &[SyntaxKind::Arg])?;
    let named = arg.children().find(|child| child.kind() == SyntaxKind::ArgName)?;
    (named.text().to_string().trim_end_matches([':', ' ']) == "days").then_some(&DAYS)
}

fn zones(cx: &Context<'_>, items: &mut Vec<Completion>) {
    let database = jiff::tz::TimeZoneDatabase::bundled();
    items.extend(database.available().map(|name| text(cx, name.as_str(), "time zone")));
}

/// Folders that paths of the policy name already.
fn folders(cx: &Context<'_>) -> BTreeSet<String> {
    let strings = cx.root.descendants_with_tokens().filter_map(|element| element.into_token());
    let strings = strings.filter(|token| token.kind() == SyntaxKind::String && *token != cx.token);
    let inside = strings.map(|token| token.text().trim_matches('"').to_owned());
    inside.filter(|text| text.starts_with('/') && text.len() > 1).collect()
}

/// The type that the literal at the cursor is wanted to have.
fn expected(cx: &Context<'_>) -> Option<Type> {
    let literal = around(&cx.token, &[SyntaxKind::Literal])?;
    if let Some(field) = around(&cx.token, &[SyntaxKind::RecordField]) {
        return record_value(cx, &field);
    }
    let mut node = literal;
    let mut is_element = false;
    while let Some(parent) = node.parent() {
        match parent.kind() {
            SyntaxKind::ListExpr => is_element = true,
            SyntaxKind::ParenExpr => {}
            SyntaxKind::BinaryExpr => return operand(cx, &parent, &node, is_element),
            _ => return None,
        }
        node = parent;
    }
    None
}

/// The type that one side of an operator wants of the other.
fn operand(cx: &Context<'_>, binary: &SyntaxNode, this: &SyntaxNode, is_element: bool) -> Option<Type> {
    let expression = ast::BinaryExpr::cast(binary.clone())?;
    let op = expression.op()?;
    let lhs = expression.lhs()?;
    let is_left = lhs.syntax().text_range() == this.text_range();
    let other = if is_left { expression.rhs()? } else { lhs };
    let ty = type_of(cx, &other)?;
    let inner = |ty: &Type| match ty.required() {
        Type::List(inner) | Type::Set(inner) | Type::Map(inner) => Some((**inner).clone()),
        _ => None,
    };
    match op {
        ast::BinaryOp::Contains if !is_left => inner(&ty),
        ast::BinaryOp::In | ast::BinaryOp::NotIn if is_left => inner(&ty),
        ast::BinaryOp::In | ast::BinaryOp::NotIn if !is_element => None,
        _ => Some(ty),
    }
}

/// The type of an expression: as the checker saw it, else from the facts of the rule.
fn type_of(cx: &Context<'_>, expr: &ast::Expr) -> Option<Type> {
    let range = crate::syntax::bytes(expr.range());
    let span = Span { source: cx.source, start: range.start, end: range.end };
    if let Some(ty) = cx.package.index.types.get(&span) {
        return Some(ty.clone());
    }
    let ast::Expr::Path(path) = expr else { return None };
    let names: Vec<SmolStr> = path.segments().iter().map(|ident| SmolStr::new(&ident.text)).collect();
    path_type(cx.package, cx.source, &cx.facts, &cx.variables, &names)
}

/// The type of a value of a test's record: a parameter's.
fn record_value(cx: &Context<'_>, field: &SyntaxNode) -> Option<Type> {
    let mut path: Vec<SmolStr> = Vec::new();
    for field in field.ancestors().filter(|node| node.kind() == SyntaxKind::RecordField) {
        let key = field.children().find(|child| child.kind() == SyntaxKind::RecordKey)?;
        path.push(SmolStr::new(key.text().to_string().trim_matches('"')));
    }
    let args = cx.facts.args.clone()?;
    let reached = path.iter().rev().try_fold(Type::Record(args), |ty, name| check::field_type(&ty, name))?;
    Some(match reached.required() {
        Type::List(inner) | Type::Set(inner) => (**inner).clone(),
        other => other.clone(),
    })
}
