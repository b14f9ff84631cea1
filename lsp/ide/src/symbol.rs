//! What stands at the cursor: something declared, a tool, a parameter, a claim, a variable, a rule.

use crate::Package;
use crate::place::{File, Location};
use crate::syntax::{around, bytes, token_at};
use crate::types::scope_at;
use mcpz_compiler::hir::{IssuerId, Member, PackageId, SourceId, Span, VarId};
use mcpz_compiler::index::Referent;
use mcpz_compiler::resolve::symbols::{Entity, Kind};
use mcpz_syntax::ast::{Annotation, AstNode};
use mcpz_syntax::{SyntaxKind, SyntaxToken};
use smol_str::SmolStr;
use std::ops::Range;

/// What a name stands for, wherever it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Symbol {
    /// Something declared in a policy.
    Entity(Entity),
    /// A tool.
    Tool(Member),
    /// A prompt.
    Prompt(Member),
    /// A package.
    Package(PackageId),
    /// A variable.
    Local(VarId),
    /// A parameter of tools, by its path below `args`.
    Parameter(Vec<Member>, Vec<SmolStr>),
    /// A claim of an issuer.
    Claim(IssuerId, SmolStr),
    /// A field of `context`, by its path.
    Context(Vec<SmolStr>),
    /// A rule, by its id.
    Rule(String),
}

/// What a name may stand for (a name of a `use` may stand for several things), and where the name stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The meanings; never empty.
    pub symbols: Vec<Symbol>,
    /// The name.
    pub range: Range<u32>,
}

/// What stands at a cursor.
pub fn at(package: &Package, source: SourceId, offset: u32) -> Option<Found> {
    let tree = package.tree(source)?;
    let token = token_at(&tree, offset)?;
    if token.kind().is_trivia() {
        return None;
    }
    of_token(package, source, &token)
}

/// What a token stands for.
pub fn of_token(package: &Package, source: SourceId, token: &SyntaxToken) -> Option<Found> {
    let range = bytes(token.text_range());
    let span = Span { source, start: range.start, end: range.end };
    let found = |symbols: Vec<Symbol>| (!symbols.is_empty()).then(|| Found { symbols, range: range.clone() });
    if let Some(meanings) = package.index.names.get(&span) {
        return found(meanings.iter().map(|referent| symbol(*referent)).collect());
    }
    if let Some(declared) = package.index.declared.iter().find(|declared| declared.name.span == span) {
        return found(vec![Symbol::Entity(declared.entity)]);
    }
    if let Some(local) = package.index.locals.iter().find(|local| local.span == span) {
        return found(vec![Symbol::Local(local.var)]);
    }
    if let Some(id) = rule_id(package, source, token) {
        return found(vec![Symbol::Rule(id)]);
    }
    if let Some(member) = overlay_tool(package, source, token) {
        return found(vec![Symbol::Tool(member)]);
    }
    found(path_symbol(package, source, token).into_iter().collect())
}

fn symbol(referent: Referent) -> Symbol {
    match referent {
        Referent::Entity(entity) => Symbol::Entity(entity),
        Referent::Tool(member) => Symbol::Tool(member),
        Referent::Prompt(member) => Symbol::Prompt(member),
        Referent::Package(id) => Symbol::Package(id),
        Referent::Local(var) => Symbol::Local(var),
    }
}

/// The rule that `@id("..")` or `by ..` names, or whose first word the token is.
fn rule_id(package: &Package, source: SourceId, token: &SyntaxToken) -> Option<String> {
    if let Some(reference) = around(token, &[SyntaxKind::RuleRef]) {
        let id = reference.text().to_string().trim().trim_matches('"').to_owned();
        return package.index.rules.iter().any(|rule| rule.id == id).then_some(id);
    }
    let at = u32::from(token.text_range().start());
    if let Some(annotation) = around(token, &[SyntaxKind::Annotation]).and_then(Annotation::cast) {
        let is_id = annotation.name().is_some_and(|name| name.text == "id");
        return annotation
            .string()
            .filter(|_| is_id && token.kind() == SyntaxKind::String)
            .map(|id| id.text().to_owned());
    }
    let rule = package.index.rules.iter().find(|rule| rule.head_span.source == source && rule.head_span.start == at);
    rule.filter(|_| token.kind().is_keyword()).map(|rule| rule.id.clone())
}

/// The tool that an overlay or `unwraps` names.
fn overlay_tool(package: &Package, source: SourceId, token: &SyntaxToken) -> Option<Member> {
    let parent = token.parent()?;
    let holder = if parent.kind() == SyntaxKind::Name { parent.parent()? } else { parent };
    let is_first = holder.first_token().is_some_and(|first| first == *token);
    let names_tool =
        (holder.kind() == SyntaxKind::OverlayPattern && is_first) || holder.kind() == SyntaxKind::UnwrapsEntry;
    if !names_tool || token.kind() != SyntaxKind::Ident && token.kind() != SyntaxKind::String {
        return None;
    }
    let block = holder.ancestors().find(|node| node.kind() == SyntaxKind::Server)?;
    let name = block.children().find(|child| child.kind() == SyntaxKind::Name)?.text().to_string();
    let seen =
        crate::names::visible(package, source, &[Kind::Server]).into_iter().find(|seen| seen.name == name.as_str())?;
    let Entity::Server(server) = seen.entity else { return None };
    let tools = &package.index.program.servers.get(server.index())?.tools;
    let row = tools.iter().position(|tool| tool.name == token.text().trim_matches('"'))?;
    Some(Member { server, index: u32::try_from(row).ok()? })
}

/// A parameter, a claim or a field of `context`: by the path or record key that a token is in.
fn path_symbol(package: &Package, source: SourceId, token: &SyntaxToken) -> Option<Symbol> {
    let parent = token.parent()?;
    let facts = &scope_at(package, source, token.text_range().start().into())?.facts;
    if parent.kind() == SyntaxKind::RecordKey {
        return record_symbol(package, token, facts.tools.clone());
    }
    if parent.kind() != SyntaxKind::Path {
        return None;
    }
    let upto = parent
        .children_with_tokens()
        .filter_map(|element| element.into_token())
        .filter(|other| !matches!(other.kind(), SyntaxKind::Dot) && !other.kind().is_trivia())
        .take_while(|other| other.text_range().start() <= token.text_range().start());
    let words: Vec<SmolStr> = upto.map(|token| SmolStr::new(token.text().trim_matches('"'))).collect();
    match words.iter().map(SmolStr::as_str).collect::<Vec<_>>().as_slice() {
        ["args", _, ..] if !facts.tools.is_empty() => {
            let path = words.iter().skip(1).cloned().collect::<Vec<_>>();
            let first = path.first()?;
            let with = facts.tools.iter().filter(|member| {
                crate::tools::tool(package, **member).is_some_and(|tool| tool.input.fields.contains_key(first))
            });
            let tools: Vec<Member> = with.copied().collect();
            (!tools.is_empty()).then_some(Symbol::Parameter(tools, path))
        }
        ["user" | "agent", "claims", name] | ["claims", name] => claim(package, name),
        ["context", _, ..] => Some(Symbol::Context(words.iter().skip(1).cloned().collect())),
        _ => None,
    }
}

/// A key of a test's record.
fn record_symbol(package: &Package, token: &SyntaxToken, tools: Vec<Member>) -> Option<Symbol> {
    let owner = around(token, &[SyntaxKind::ActLine, SyntaxKind::SubjectInstance, SyntaxKind::GivenContext])?;
    let name = token.text().trim_matches('"');
    match owner.kind() {
        SyntaxKind::SubjectInstance => claim(package, name),
        SyntaxKind::GivenContext => Some(Symbol::Context(vec![SmolStr::new(name)])),
        _ if tools.is_empty() => None,
        _ => {
            let fields = token.parent_ancestors().filter(|node| node.kind() == SyntaxKind::RecordField);
            let mut path: Vec<SmolStr> = fields
                .filter_map(|field| field.children().find(|child| child.kind() == SyntaxKind::RecordKey))
                .map(|key| SmolStr::new(key.text().to_string().trim_matches('"')))
                .collect();
            path.reverse();
            Some(Symbol::Parameter(tools, path))
        }
    }
}

/// The claim of this name, of the first issuer that declares it.
fn claim(package: &Package, name: &str) -> Option<Symbol> {
    let issuers = &package.index.program.issuers;
    let row = issuers.iter().position(|issuer| issuer.claims.fields.contains_key(name))?;
    Some(Symbol::Claim(IssuerId::new(row), SmolStr::new(name)))
}

/// The name of a symbol, as policies write it.
pub fn name(package: &Package, symbol: &Symbol) -> String {
    match symbol {
        Symbol::Entity(entity) => {
            let declared = package.index.declared.iter().find(|declared| declared.entity == *entity);
            declared.map_or(String::new(), |declared| declared.name.text.to_string())
        }
        Symbol::Tool(member) => crate::tools::tool_name(package, *member),
        Symbol::Prompt(member) => crate::tools::prompt_name(package, *member),
        Symbol::Package(id) => crate::names::package_name(package, *id).to_owned(),
        Symbol::Local(var) => {
            let row = package.index.locals.iter().find(|row| row.var == *var);
            row.map_or(String::new(), |row| row.name.to_string())
        }
        Symbol::Parameter(_, path) => format!("args.{}", path.join(".")),
        Symbol::Claim(_, name) => name.to_string(),
        Symbol::Context(path) => format!("context.{}", path.join(".")),
        Symbol::Rule(id) => id.clone(),
    }
}

/// A span as a location.
pub fn location(span: Span) -> Location {
    Location { file: File::Source(span.source), range: span.start..span.end }
}
