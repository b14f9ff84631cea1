//! What every accessor is made of: finding children and tokens of a node, and two small macros for the node types.

use super::AstNode;
use super::expressions::Expr;
use super::names::{Ident, Path, StringLiteral};
use crate::literal;
use crate::token::SyntaxKind;
use crate::tree::{SyntaxNode, SyntaxToken};
use rowan::TextRange;

/// Structs over the nodes of the kinds of the same names.
macro_rules! ast_nodes {
    ($($(#[$doc:meta])* $name:ident,)*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $name(pub(super) $crate::tree::SyntaxNode);

        impl $crate::ast::AstNode for $name {
            fn cast(node: $crate::tree::SyntaxNode) -> Option<Self> {
                (node.kind() == $crate::token::SyntaxKind::$name).then(|| $name(node))
            }

            fn syntax(&self) -> &$crate::tree::SyntaxNode {
                &self.0
            }
        }
    )* };
}

/// An enum over several node types.
macro_rules! ast_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident($node:ident),)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant($node),)* }

        impl $crate::ast::AstNode for $name {
            fn cast(node: $crate::tree::SyntaxNode) -> Option<Self> {
                let node = $crate::ast::support::inside_parentheses(node)?;
                match node.kind() {
                    $($crate::token::SyntaxKind::$node => Some($name::$variant($node(node))),)*
                    _ => None,
                }
            }

            fn syntax(&self) -> &$crate::tree::SyntaxNode {
                match self { $($name::$variant(node) => node.syntax(),)* }
            }
        }
    };
}

pub(super) use {ast_enum, ast_nodes};

/// The node inside any parentheses; the node itself if it is none. `None` for empty parentheses.
pub(super) fn inside_parentheses(mut node: SyntaxNode) -> Option<SyntaxNode> {
    while matches!(node.kind(), SyntaxKind::ParenExpr | SyntaxKind::TypeParen | SyntaxKind::SubjectParen) {
        node = node.children().next()?;
    }
    Some(node)
}

/// All children of a type.
pub(super) fn children<N: AstNode>(node: &SyntaxNode) -> Vec<N> {
    node.children().filter_map(N::cast).collect()
}

/// The first child of a type.
pub(super) fn child<N: AstNode>(node: &SyntaxNode) -> Option<N> {
    nth_child(node, 0)
}

/// The `n`-th child of a type, from 0.
pub(super) fn nth_child<N: AstNode>(node: &SyntaxNode, n: usize) -> Option<N> {
    node.children().filter_map(N::cast).nth(n)
}

/// The path that is the second operand of a node.
pub(super) fn second_path(node: &SyntaxNode) -> Option<Path> {
    match nth_child(node, 1)? {
        Expr::Path(path) => Some(path),
        _ => None,
    }
}

/// The tokens directly under a node, without white space and comments.
pub(super) fn tokens(node: &SyntaxNode) -> impl Iterator<Item = SyntaxToken> {
    node.children_with_tokens().filter_map(rowan::NodeOrToken::into_token).filter(|token| !token.kind().is_trivia())
}

/// The first direct token of a kind.
pub(super) fn token(node: &SyntaxNode, kind: SyntaxKind) -> Option<SyntaxToken> {
    tokens(node).find(|token| token.kind() == kind)
}

/// The identifiers and quoted names directly under a node.
pub(super) fn idents(node: &SyntaxNode) -> Vec<Ident> {
    tokens(node).filter_map(|token| ident(&token)).collect()
}

/// The first identifier or quoted name directly under a node.
pub(super) fn first_ident(node: &SyntaxNode) -> Option<Ident> {
    tokens(node).find_map(|token| ident(&token))
}

fn ident(token: &SyntaxToken) -> Option<Ident> {
    let range = token.text_range();
    match token.kind() {
        SyntaxKind::Ident => Some(Ident { text: token.text().to_owned(), range, quoted: false }),
        SyntaxKind::String => {
            let text = literal::decode_string(token.text(), range.start()).text;
            Some(Ident { text, range, quoted: true })
        }
        _ => None,
    }
}

/// The string literals directly under a node.
pub(super) fn strings(node: &SyntaxNode) -> Vec<StringLiteral> {
    let is_string = |token: &SyntaxToken| matches!(token.kind(), SyntaxKind::String | SyntaxKind::RawString);
    tokens(node).filter(is_string).map(|token| string(&token)).collect()
}

pub(super) fn first_string(node: &SyntaxNode) -> Option<StringLiteral> {
    strings(node).into_iter().next()
}

pub(super) fn string(token: &SyntaxToken) -> StringLiteral {
    let range = token.text_range();
    StringLiteral { value: literal::decode_string(token.text(), range.start()), range }
}

/// The lines of doc comments of a kind under a node, without the slashes and one space after them.
pub(super) fn doc_text(node: &SyntaxNode, kind: SyntaxKind) -> String {
    let line = |token: SyntaxToken| {
        let text = token.text().get(3..).unwrap_or("");
        text.strip_prefix(' ').unwrap_or(text).trim_end().to_owned()
    };
    let lines: Vec<String> = tokens(node).filter(|token| token.kind() == kind).map(line).collect();
    lines.join("\n")
}

/// The range of the first keyword directly under a node.
pub(super) fn keyword_range(node: &SyntaxNode) -> TextRange {
    tokens(node).find(|token| token.kind().is_keyword()).map_or_else(|| node.text_range(), |token| token.text_range())
}
