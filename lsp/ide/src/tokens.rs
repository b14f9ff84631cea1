//! Semantic tokens: what each word is, once names are resolved.

use crate::Package;
use crate::symbol::{self, Symbol};
use crate::syntax::bytes;
use mcpz_compiler::check;
use mcpz_compiler::hir::SourceId;
use mcpz_compiler::resolve::symbols::Entity;
use mcpz_syntax::{SyntaxKind, SyntaxToken};
use std::ops::Range;

/// Kinds of tokens, in the order of the legend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TokenKind {
    /// A word of the language.
    Keyword,
    /// A user, agent or role.
    Class,
    /// An issuer.
    Interface,
    /// A server, profile or package.
    Namespace,
    /// A tool or prompt.
    Method,
    /// A parameter, claim or field.
    Property,
    /// A variable, data, a constant, a fact.
    Variable,
    /// A predicate's parameter or a binder.
    Parameter,
    /// A predicate or function.
    Function,
    /// A tag, label, segment or grant.
    Enum,
    /// A type.
    Type,
    /// An annotation.
    Decorator,
    /// Text.
    String,
    /// A number, duration, size or time.
    Number,
    /// A comment.
    Comment,
    /// An operator.
    Operator,
    /// The id of a rule.
    Label,
}

/// The legend: names of kinds in the protocol, in order.
pub const LEGEND: [&str; 17] = [
    "keyword",
    "class",
    "interface",
    "namespace",
    "method",
    "property",
    "variable",
    "parameter",
    "function",
    "enum",
    "type",
    "decorator",
    "string",
    "number",
    "comment",
    "operator",
    "label",
];

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its bytes.
    pub range: Range<u32>,
    /// What it is.
    pub kind: TokenKind,
    /// Whether it declares a name.
    pub is_declaration: bool,
    /// Whether it belongs to the standard library or the language.
    pub is_standard: bool,
    /// Whether its value is fixed.
    pub is_readonly: bool,
}

/// The tokens of a range of a source, in order.
pub fn tokens(package: &Package, source: SourceId, range: &Range<u32>) -> Vec<Token> {
    let Some(tree) = package.tree(source) else { return Vec::new() };
    let all = tree.descendants_with_tokens().filter_map(|element| element.into_token());
    let inside = all.filter(|token| {
        let own = bytes(token.text_range());
        own.start < range.end && range.start < own.end
    });
    inside.filter_map(|token| classify(package, source, &token)).collect()
}

fn classify(package: &Package, source: SourceId, token: &SyntaxToken) -> Option<Token> {
    let range = bytes(token.text_range());
    let plain = |kind: TokenKind| {
        Some(Token { range: range.clone(), kind, is_declaration: false, is_standard: false, is_readonly: false })
    };
    let kind = token.kind();
    if crate::syntax::is_comment(kind) {
        return plain(TokenKind::Comment);
    }
    let parent = token.parent()?.kind();
    let is_name = kind == SyntaxKind::Ident
        || (kind == SyntaxKind::String && matches!(parent, SyntaxKind::Path | SyntaxKind::Name));
    if is_name {
        return name(package, source, token);
    }
    match kind {
        SyntaxKind::String | SyntaxKind::RawString => plain(TokenKind::String),
        SyntaxKind::At => plain(TokenKind::Decorator),
        kind if kind.is_literal() && !kind.is_keyword() => plain(TokenKind::Number),
        kind if kind.is_keyword() => plain(TokenKind::Keyword),
        SyntaxKind::EqEq
        | SyntaxKind::NotEq
        | SyntaxKind::Lt
        | SyntaxKind::LtEq
        | SyntaxKind::Gt
        | SyntaxKind::GtEq
        | SyntaxKind::Plus
        | SyntaxKind::Minus
        | SyntaxKind::Star
        | SyntaxKind::Coalesce
        | SyntaxKind::DotDot
        | SyntaxKind::DotDotEq
        | SyntaxKind::Amp
        | SyntaxKind::Pipe
        | SyntaxKind::Arrow => plain(TokenKind::Operator),
        _ => None,
    }
}

/// A name: by what it stands for, else by where it stands.
fn name(package: &Package, source: SourceId, token: &SyntaxToken) -> Option<Token> {
    let range = bytes(token.text_range());
    let found = symbol::of_token(package, source, token);
    let declares = package
        .index
        .declared
        .iter()
        .any(|declared| declared.name.span.source == source && declared.name.span.start == range.start);
    let made = |kind: TokenKind| Token {
        range: range.clone(),
        kind,
        is_declaration: declares,
        is_standard: false,
        is_readonly: false,
    };
    if let Some(symbol) = found.as_ref().and_then(|found| found.symbols.first()) {
        let mut token = made(kind_of(symbol));
        token.is_standard = is_standard(package, symbol);
        token.is_readonly = matches!(symbol, Symbol::Entity(Entity::Const(_)));
        return Some(token);
    }
    Some(made(match token.parent()?.kind() {
        SyntaxKind::TypeName | SyntaxKind::TypeGeneric => TokenKind::Type,
        SyntaxKind::Actions | SyntaxKind::LimitBy | SyntaxKind::HistoryBy | SyntaxKind::AuditLevel => {
            TokenKind::Keyword
        }
        SyntaxKind::AnnotationArg => TokenKind::Enum,
        SyntaxKind::Name if token.parent_ancestors().any(|node| node.kind() == SyntaxKind::Annotation) => {
            TokenKind::Decorator
        }
        SyntaxKind::Path if is_function(token) => {
            return Some(Token { is_standard: true, ..made(TokenKind::Function) });
        }
        SyntaxKind::Path if token.prev_token().is_none_or(|before| before.kind() != SyntaxKind::Dot) => {
            TokenKind::Variable
        }
        SyntaxKind::RuleRef => TokenKind::Label,
        _ => TokenKind::Property,
    }))
}

/// Whether a name is a function of the language that is called.
fn is_function(token: &SyntaxToken) -> bool {
    let is_called =
        token.parent().and_then(|path| path.parent()).is_some_and(|parent| parent.kind() == SyntaxKind::CallExpr);
    is_called && check::functions().any(|(name, _)| name == token.text())
}

fn kind_of(symbol: &Symbol) -> TokenKind {
    match symbol {
        Symbol::Entity(Entity::Class(_)) => TokenKind::Class,
        Symbol::Entity(Entity::Issuer(_)) => TokenKind::Interface,
        Symbol::Entity(Entity::Server(_) | Entity::Profile(_)) | Symbol::Package(_) => TokenKind::Namespace,
        Symbol::Entity(Entity::Predicate(_)) => TokenKind::Function,
        Symbol::Entity(Entity::Data(_) | Entity::Const(_) | Entity::Monitor(_)) => TokenKind::Variable,
        Symbol::Entity(Entity::Tag(_) | Entity::Label(_) | Entity::Segment(_) | Entity::Grant(_)) => TokenKind::Enum,
        Symbol::Tool(_) | Symbol::Prompt(_) => TokenKind::Method,
        Symbol::Local(_) => TokenKind::Parameter,
        Symbol::Parameter(..) | Symbol::Claim(..) | Symbol::Context(_) => TokenKind::Property,
        Symbol::Rule(_) => TokenKind::Label,
    }
}

fn is_standard(package: &Package, symbol: &Symbol) -> bool {
    let id = match symbol {
        Symbol::Package(id) => Some(*id),
        Symbol::Entity(entity) => package.index.declaration(*entity).map(|span| package.package_of(span.source)),
        _ => None,
    };
    id.and_then(|id| package.loaded.packages.get(id.index())).is_some_and(|package| package.is_standard())
}
