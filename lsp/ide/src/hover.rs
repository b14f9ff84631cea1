//! Hover: what the name, rule, expression or literal at the cursor is.

use crate::Package;
use crate::definition;
use crate::describe;
use crate::lens::Coverage;
use crate::literal;
use crate::markup::{Markup, code, escape};
use crate::names;
use crate::symbol::{self, Symbol};
use crate::syntax::{bytes, token_at};
use crate::tools;
use crate::types::entity_type;
use crate::who;
use mcpz_compiler::hir::{Member, SourceId, Span};
use mcpz_compiler::resolve::RuleVerb;
use mcpz_compiler::resolve::symbols::Entity;
use mcpz_syntax::{SyntaxKind, SyntaxToken};
use smol_str::SmolStr;
use std::ops::Range;

/// How many tools or rules are listed.
const LISTED: usize = 12;

/// What is shown for a range.
#[derive(Debug, Clone)]
pub struct Hover {
    /// The document.
    pub markup: Markup,
    /// What it is about.
    pub range: Range<u32>,
}

/// What stands at a cursor; `now_ms` is the time, for zones; the coverage is of the last run of all tests.
pub fn hover(package: &Package, source: SourceId, at: u32, now_ms: i64, coverage: Option<&Coverage>) -> Option<Hover> {
    let tree = package.tree(source)?;
    let token = token_at(&tree, at)?;
    let range = bytes(token.text_range());
    if token.kind().is_trivia() || crate::syntax::is_comment(token.kind()) {
        return None;
    }
    if let Some(found) = symbol::of_token(package, source, &token) {
        let mut markup = Markup::new();
        for symbol in &found.symbols {
            about(package, symbol, &mut markup);
            if let (Symbol::Rule(id), Some(coverage)) = (symbol, coverage) {
                markup.text(format!("{}.", describe::sentence(&coverage.of(id))));
            }
        }
        if let Some(ty) = type_ending(package, source, &range).filter(|_| matters(&found.symbols)) {
            markup.text(format!("type {}", code(&ty)));
        }
        return (!markup.is_empty()).then_some(Hover { markup, range: found.range });
    }
    if let Some(markup) = literal::meaning(package, source, &token, now_ms) {
        return Some(Hover { markup, range });
    }
    let word = token.kind().is_word() || token.kind() == SyntaxKind::String;
    let named = type_ending(package, source, &range).filter(|_| word).map(|ty| (ty, range));
    let is_text = matches!(token.kind(), SyntaxKind::String | SyntaxKind::RawString);
    let (ty, range) = named.or_else(|| type_around(package, source, &token).filter(|_| !is_text))?;
    let mut markup = Markup::new();
    markup.text(format!("type {}", code(&ty)));
    Some(Hover { markup, range })
}

/// The type of the smallest expression around a token: of an operator's result, of what a function gives.
fn type_around(package: &Package, source: SourceId, token: &SyntaxToken) -> Option<(String, Range<u32>)> {
    token.parent_ancestors().find_map(|node| {
        let range = bytes(node.text_range());
        let ty = package.index.types.get(&Span { source, start: range.start, end: range.end })?;
        Some((ty.to_string(), range))
    })
}

/// Whether the type at the place says more than what is said of the symbol.
fn matters(symbols: &[Symbol]) -> bool {
    symbols.iter().all(|symbol| {
        matches!(symbol, Symbol::Parameter(..) | Symbol::Claim(..) | Symbol::Context(_) | Symbol::Local(_))
    })
}

/// The type of the expression that ends where a name ends: of the path up to it.
fn type_ending(package: &Package, source: SourceId, range: &Range<u32>) -> Option<String> {
    let ends = |span: &&Span| span.source == source && span.end == range.end && span.start <= range.start;
    let low = Span { source, start: 0, end: 0 };
    let high = Span { source, start: range.start, end: u32::MAX };
    let spans = package.index.types.range(low..=high);
    // The shortest such expression is the path itself.
    let found = spans.filter(|(span, _)| ends(span)).max_by_key(|(span, _)| span.start);
    found.map(|(_, ty)| ty.to_string())
}

/// The page of a symbol.
fn about(package: &Package, symbol: &Symbol, markup: &mut Markup) {
    match symbol {
        Symbol::Tool(member) => {
            if let Some(page) = tools::page(package, *member) {
                *markup = page;
            }
            callers(package, *member, markup);
        }
        Symbol::Prompt(member) => {
            markup.text(format!("prompt {}", code(&tools::prompt_name(package, *member))));
            let fields = tools::prompt(package, *member).into_iter().flat_map(|prompt| &prompt.input.fields);
            let row = |(name, ty): (&SmolStr, &mcpz_compiler::types::Type)| {
                vec![name.to_string(), if ty.is_optional() { "optional" } else { "required" }.to_owned()]
            };
            markup.table(&["argument", ""], fields.map(row).collect());
        }
        Symbol::Entity(entity) => self::entity(package, *entity, markup),
        Symbol::Package(id) => {
            let version =
                package.loaded.packages.get(id.index()).map_or("", |package| package.manifest.version.as_str());
            markup.text(format!("package {} {}", code(names::package_name(package, *id)), escape(version)));
        }
        Symbol::Local(_) => {
            markup.text(format!("variable {}", code(&symbol::name(package, symbol))));
        }
        Symbol::Parameter(members, path) => parameter(package, members, path, markup),
        Symbol::Claim(id, name) => {
            let issuer = package.index.program.issuers.get(id.index());
            let issuer_name = issuer.map_or("", |issuer| issuer.name.as_str());
            markup.text(format!("claim {} of issuer {}", code(name), code(issuer_name)));
        }
        Symbol::Context(path) => {
            markup.text(format!(
                "{}: supplied by the enforcement point, may be missing",
                code(&format!("context.{}", path.join(".")))
            ));
        }
        Symbol::Rule(id) => rule(package, id, markup),
    }
}

/// Who may call a tool.
fn callers(package: &Package, member: Member, markup: &mut Markup) {
    let reaches = who::rules_of(package, member);
    let permits: Vec<String> =
        reaches.iter().filter(|reach| reach.rule.verb == RuleVerb::Permit).take(LISTED).map(who::line).collect();
    if permits.is_empty() {
        markup.text("Nobody may call it: no permit names it.");
        return;
    }
    markup.text("May be called by:").list(permits);
    let others: Vec<String> = reaches
        .iter()
        .filter(|reach| reach.rule.verb != RuleVerb::Permit)
        .take(LISTED)
        .map(|reach| format!("{} {}", reach.rule.verb.word(), who::line(reach)))
        .collect();
    if !others.is_empty() {
        markup.text("What stands against it:").list(others);
    }
}

fn parameter(package: &Package, members: &[Member], path: &[SmolStr], markup: &mut Markup) {
    let Some(first) = path.first() else { return };
    markup.text(format!("parameter {}", code(&path.join("."))));
    let mut rows = Vec::new();
    for member in members.iter().take(LISTED) {
        let Some(tool) = tools::tool(package, *member) else { continue };
        let Some(known) = tools::parameters(tool).into_iter().find(|parameter| parameter.name == first.as_str()) else {
            continue;
        };
        rows.push(vec![
            tools::tool_name(package, *member),
            known.ty.map_or(String::new(), |ty| ty.to_string()),
            if known.is_required { "required" } else { "optional" }.to_owned(),
            known.constraints.join(", "),
            known.description,
        ]);
    }
    markup.table(&["tool", "type", "", "constraints", "the server says"], rows);
}

/// A rule: its documentation, and what it expands to.
fn rule(package: &Package, id: &str, markup: &mut Markup) {
    let Some(row) = package.index.rules.iter().position(|rule| rule.id == id) else { return };
    let Some(rule) = package.index.rules.get(row) else { return };
    markup.text(format!("rule {} ({})", code(id), rule.verb.word()));
    markup.text(escape(&rule.docs));
    let reach = who::reach(package, rule);
    let mut expansion = vec![format!("who: {}", reach.subject)];
    let tools = who::tools_of(package, row);
    if !tools.is_empty() {
        let mut shown: Vec<String> =
            tools.iter().take(LISTED).map(|member| tools::tool_name(package, *member)).collect();
        if tools.len() > LISTED {
            shown.push(format!("and {} more", tools.len() - LISTED));
        }
        expansion.push(format!("tools ({}): {}", tools.len(), shown.join(", ")));
    }
    expansion.extend(reach.conditions);
    markup.list(expansion);
    let named = package
        .index
        .program
        .tests
        .iter()
        .filter(|test| test.expect.iter().any(|expected| expected.by.as_deref() == Some(id)));
    let count = named.count();
    markup.text(if count == 0 {
        "No test expects it by name.".to_owned()
    } else {
        format!("Expected by name in {}.", describe::count(count, "test"))
    });
}

/// Something declared.
fn entity(package: &Package, entity: Entity, markup: &mut Markup) {
    let program = &package.index.program;
    let name = symbol::name(package, &Symbol::Entity(entity));
    let docs = names::docs(package, entity);
    let head = match entity {
        Entity::Class(id) => format!("{} ({})", code(&name), describe::class(package, id)),
        Entity::Predicate(id) => format!("predicate {}", code(&describe::predicate(package, id))),
        Entity::Data(_) | Entity::Const(_) => {
            let ty = entity_type(package, entity).map_or(String::new(), |ty| format!(": {ty}"));
            format!("{} {}", entity.kind().word(), code(&format!("{name}{ty}")))
        }
        other => format!("{} {}", other.kind().word(), code(&name)),
    };
    markup.text(head).text(escape(&docs));
    match entity {
        Entity::Server(id) => {
            let Some(server) = program.servers.get(id.index()) else { return };
            let address = server.endpoint.clone().unwrap_or_else(|| server.command.join(" "));
            let what = [
                (server.tools.len(), "tool"),
                (server.prompts.len(), "prompt"),
                (server.resources.len() + server.resource_templates.len(), "resource"),
            ];
            let counts: Vec<String> = what
                .iter()
                .filter(|(count, _)| *count > 0)
                .map(|(count, noun)| describe::count(*count, noun))
                .collect();
            markup.list(vec![address, counts.join(", ")].into_iter().filter(|line| !line.is_empty()).collect());
        }
        Entity::Tag(id) => {
            let members = package.index.tags.get(id.index()).map(|tag| &tag.targets.tools);
            let tools: Vec<String> =
                members.into_iter().flatten().map(|member| tools::tool_name(package, *member)).collect();
            markup
                .text(format!("{}:", describe::count(tools.len(), "tool")))
                .list(tools.into_iter().take(LISTED).collect());
        }
        Entity::Segment(id) => {
            let networks = program.segments.get(id.index()).map(|segment| &segment.networks);
            markup
                .list(networks.into_iter().flatten().map(|(address, length)| format!("{address}/{length}")).collect());
        }
        Entity::Class(id) => {
            if let Some(line) = declaration_line(package, program.classes.get(id.index()).map(|class| class.span)) {
                markup.source(line);
            }
        }
        Entity::Predicate(_) | Entity::Const(_) | Entity::Label(_) | Entity::Grant(_) | Entity::Issuer(_) => {
            if let Some(text) = declaration_line(package, package.index.declaration(entity)) {
                markup.source(text);
            }
        }
        _ => {}
    }
}

/// The text of the item around a name, without documentation and annotations, when it is short.
fn declaration_line(package: &Package, span: Option<Span>) -> Option<String> {
    use mcpz_syntax::ast::{AstNode, Documented};
    let item = definition::item_around(package, span?)?;
    let start = item.keyword_range().start();
    let range = mcpz_syntax::TextRange::new(start, item.range().end().max(start));
    let bytes = bytes(range);
    let text = package.slice(Span { source: span?.source, start: bytes.start, end: bytes.end });
    (text.lines().count() <= LISTED).then(|| text.to_owned())
}
