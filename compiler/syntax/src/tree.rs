//! The lossless tree: rowan's types for this language, and printed forms of tokens and tree.

use crate::lexer;
use crate::token::SyntaxKind;
use std::fmt::Write;

/// The language tag of rowan trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lang {}

impl rowan::Language for Lang {
    type Kind = SyntaxKind;

    fn kind_from_raw(raw: rowan::SyntaxKind) -> SyntaxKind {
        SyntaxKind::from_raw(raw)
    }

    fn kind_to_raw(kind: SyntaxKind) -> rowan::SyntaxKind {
        kind.to_raw()
    }
}

/// A node of the tree.
pub type SyntaxNode = rowan::SyntaxNode<Lang>;
/// A token of the tree.
pub type SyntaxToken = rowan::SyntaxToken<Lang>;
/// A node or a token.
pub type SyntaxElement = rowan::SyntaxElement<Lang>;

/// One line for each token but white space: offset, kind, text.
pub fn dump_tokens(text: &str) -> String {
    let mut out = String::new();
    for token in lexer::lex(text).0 {
        if token.kind != SyntaxKind::Whitespace {
            let start = u32::from(token.range.start());
            let _ = writeln!(out, "{start:>6}  {:<12} {:?}", token.kind.snake_name(), &text[token.range]);
        }
    }
    out
}

/// The tree, one node or token a line, indented by depth.
pub fn dump_tree(root: &SyntaxNode) -> String {
    let mut out = String::new();
    let mut depth = 0_usize;
    for event in root.preorder_with_tokens() {
        match event {
            rowan::WalkEvent::Enter(element) => {
                let indent = "  ".repeat(depth);
                let (kind, range) = (element.kind(), element.text_range());
                let _ = match &element {
                    rowan::NodeOrToken::Node(_) => writeln!(out, "{indent}{kind}@{range:?}"),
                    rowan::NodeOrToken::Token(token) => {
                        writeln!(out, "{indent}{kind}@{range:?} {:?}", token.text())
                    }
                };
                depth += 1;
            }
            rowan::WalkEvent::Leave(_) => depth = depth.saturating_sub(1),
        }
    }
    out
}
