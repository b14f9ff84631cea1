//! Signature help: of functions and predicates inside their parentheses, of tools inside the record of a test.

use crate::Package;
use crate::markup::Markup;
use crate::names;
use crate::place::offset;
use crate::syntax::{around, bytes, token_before};
use crate::tools;
use crate::types::scope_at;
use mcpz_compiler::check;
use mcpz_compiler::hir::{SourceId, Span};
use mcpz_compiler::index::Referent;
use mcpz_compiler::resolve::symbols::Entity;
use mcpz_syntax::ast::{AstNode, CallExpr};
use mcpz_syntax::{SyntaxKind, SyntaxNode, SyntaxToken};
use std::ops::Range;

/// A signature.
#[derive(Debug, Clone)]
pub struct Signature {
    /// The whole, as one line.
    pub label: String,
    /// Where its parameters stand in the label, in bytes.
    pub parameters: Vec<Range<u32>>,
    /// The parameter at the cursor.
    pub active: Option<usize>,
    /// What it does.
    pub docs: Markup,
}

/// The signature of the call around a cursor.
pub fn signature(package: &Package, source: SourceId, at: u32) -> Option<Signature> {
    let tree = package.tree(source)?;
    let token = token_before(&tree, at)?;
    let call = call_around(&token, at);
    if let Some(call) = call {
        return of_call(package, source, &call, at);
    }
    let act = around(&token, &[SyntaxKind::ActLine])?;
    of_tool(package, source, &token, &act)
}

/// The innermost call whose parentheses are around a cursor.
fn call_around(token: &SyntaxToken, at: u32) -> Option<SyntaxNode> {
    crate::syntax::ancestors(token).find(|node| {
        let paren = |kind: SyntaxKind| {
            node.children_with_tokens().filter_map(|element| element.into_token()).find(|token| token.kind() == kind)
        };
        let opened = paren(SyntaxKind::LParen).is_some_and(|open| u32::from(open.text_range().end()) <= at);
        let closed = paren(SyntaxKind::RParen).is_some_and(|close| u32::from(close.text_range().end()) <= at);
        node.kind() == SyntaxKind::CallExpr && opened && !closed
    })
}

fn of_call(package: &Package, source: SourceId, call: &SyntaxNode, at: u32) -> Option<Signature> {
    let callee = CallExpr::cast(call.clone())?.callee()?;
    let commas = call
        .children_with_tokens()
        .filter_map(|element| element.into_token())
        .filter(|token| token.kind() == SyntaxKind::Comma && u32::from(token.text_range().end()) <= at);
    let active = commas.count();
    let name = callee.to_string();
    if let Some((_, label)) = check::functions().find(|(function, _)| *function == name) {
        return Some(labelled(label.to_owned(), active, Markup::new()));
    }
    let last = callee.segments().last()?.range;
    let range = bytes(last);
    let span = Span { source, start: range.start, end: range.end };
    let id = crate::types::referents(package, span).iter().find_map(|referent| match referent {
        Referent::Entity(Entity::Predicate(id)) => Some(*id),
        _ => None,
    })?;
    let mut docs = Markup::new();
    docs.text(crate::markup::escape(&names::docs(package, Entity::Predicate(id))));
    Some(labelled(crate::describe::predicate(package, id), active, docs))
}

/// A label of the form `name(a, b)`: its parameters are found by the commas outside brackets.
fn labelled(label: String, active: usize, docs: Markup) -> Signature {
    let open = label.find('(').map_or(label.len(), |at| at + 1);
    let close = label.rfind(')').unwrap_or(label.len()).max(open);
    let mut parameters = Vec::new();
    let (mut start, mut depth) = (open, 0_i32);
    for (at, c) in label.char_indices().filter(|(at, _)| (open..close).contains(at)) {
        match c {
            '<' | '[' | '{' | '(' => depth += 1,
            '>' | ']' | '}' | ')' => depth -= 1,
            ',' if depth == 0 => {
                parameters.push(start..at);
                start = at + 1;
            }
            _ => {}
        }
    }
    if start < close {
        parameters.push(start..close);
    }
    let trimmed = |range: &Range<usize>| {
        let text = label.get(range.clone()).unwrap_or("");
        let lead = text.len() - text.trim_start().len();
        offset(range.start + lead)..offset(range.end)
    };
    let parameters: Vec<Range<u32>> = parameters.iter().map(trimmed).collect();
    let active = (active < parameters.len()).then_some(active);
    Signature { label, parameters, active, docs }
}

/// `call payments.refund { .. }`
fn of_tool(package: &Package, source: SourceId, token: &SyntaxToken, act: &SyntaxNode) -> Option<Signature> {
    let record = act.children().find(|child| child.kind() == SyntaxKind::RecordExpr)?;
    let inside = record.text_range().start() < token.text_range().end();
    let facts = &scope_at(package, source, act.text_range().start().into())?.facts;
    let member = facts.tools.first().filter(|_| inside)?;
    let tool = tools::tool(package, *member)?;
    let mut label = format!("{} {{ ", tools::tool_name(package, *member));
    let mut parameters = Vec::new();
    let key = around(token, &[SyntaxKind::RecordField])
        .and_then(|field| field.children().find(|child| child.kind() == SyntaxKind::RecordKey));
    let key = key.map(|key| key.text().to_string());
    let mut active = None;
    for (row, parameter) in tools::parameters(tool).iter().enumerate() {
        if row > 0 {
            label.push_str(", ");
        }
        let start = label.len();
        let ty = parameter.ty.as_ref().map_or(String::new(), ToString::to_string);
        label.push_str(&format!("{}{}: {ty}", parameter.name, if parameter.is_required { "" } else { "?" }));
        parameters.push(offset(start)..offset(label.len()));
        if key.as_deref().map(|key| key.trim().trim_matches('"')) == Some(parameter.name.as_str()) {
            active = Some(row);
        }
    }
    label.push_str(" }");
    let mut docs = Markup::new();
    docs.server_words(&tool.description);
    Some(Signature { label, parameters, active, docs })
}
