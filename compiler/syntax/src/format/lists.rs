//! Bracketed lists: on one line, or one element a line with a comma after each.

use super::comments::Comments;
use super::document::Doc;
use super::layout;
use crate::token::SyntaxKind;
use crate::tree::{SyntaxElement, SyntaxNode, SyntaxToken};

/// The brackets of a node whose children are a bracketed list, and whether a space pads them.
pub(super) fn brackets(kind: SyntaxKind) -> Option<(SyntaxKind, SyntaxKind, bool)> {
    use SyntaxKind::{LBrace, LBracket, LParen, RBrace, RBracket, RParen};
    match kind {
        SyntaxKind::ListExpr | SyntaxKind::SubjectEither | SyntaxKind::TargetList | SyntaxKind::Actions => {
            Some((LBracket, RBracket, false))
        }
        SyntaxKind::CallExpr | SyntaxKind::HistoryExpr | SyntaxKind::Predicate | SyntaxKind::Annotation => {
            Some((LParen, RParen, false))
        }
        SyntaxKind::TargetSet | SyntaxKind::UseList => Some((LBrace, RBrace, false)),
        SyntaxKind::RecordExpr | SyntaxKind::RedactRule | SyntaxKind::TypeRecord => Some((LBrace, RBrace, true)),
        _ => None,
    }
}

/// The list from its opening to its closing bracket. `elements` holds what stands between.
pub(super) fn bracketed(
    open: &SyntaxToken,
    elements: &[SyntaxElement],
    close: &SyntaxToken,
    padded: bool,
    comments: &Comments,
) -> Doc {
    let mut inner = Vec::new();
    let mut nodes = elements.iter().filter_map(|element| element.as_node()).peekable();
    let mut commas = elements
        .iter()
        .filter_map(|element| element.as_token())
        .filter(|token| token.kind() == SyntaxKind::Comma)
        .peekable();
    let edge = || if padded { Doc::Line } else { Doc::SoftLine };
    let is_empty = nodes.peek().is_none() && elements.iter().all(|element| element.as_node().is_none());
    let words: Vec<&SyntaxToken> = elements
        .iter()
        .filter_map(|element| element.as_token())
        .filter(|token| token.kind() != SyntaxKind::Comma)
        .collect();
    let parts: Vec<Part<'_>> =
        if words.is_empty() { nodes.map(Part::Node).collect() } else { words.into_iter().map(Part::Word).collect() };
    if is_empty && parts.is_empty() && !comments.has_leading(close) {
        return Doc::concat(vec![comments.token(open), comments.token(close)]);
    }
    let count = parts.len();
    for (index, part) in parts.into_iter().enumerate() {
        inner.push(if index == 0 { edge() } else { Doc::Line });
        let end = part.end();
        inner.push(part.doc(comments));
        let comma = commas.next_if(|comma| comma.text_range().start() >= end);
        let last = index + 1 == count;
        match comma {
            Some(comma) if !last => inner.push(comments.token(comma)),
            Some(comma) => {
                inner.push(Doc::concat(vec![comments.leading(comma), Doc::IfBroken(","), comments.trailing(comma)]))
            }
            None if last => inner.push(Doc::IfBroken(",")),
            None => inner.push(Doc::text(",")),
        }
    }
    if comments.has_leading(close) {
        // The comments before the closing bracket stand with the elements.
        inner.push(comments.leading(close));
    }
    let closing = Doc::concat(vec![Doc::text(close.text()), comments.trailing(close)]);
    let before_close = if comments.has_leading(close) { Doc::FreshLine } else { edge() };
    Doc::group(vec![comments.token(open), Doc::indent(inner), before_close, closing])
}

enum Part<'e> {
    Node(&'e SyntaxNode),
    Word(&'e SyntaxToken),
}

impl Part<'_> {
    fn end(&self) -> rowan::TextSize {
        match self {
            Part::Node(node) => node.text_range().end(),
            Part::Word(token) => token.text_range().end(),
        }
    }

    fn doc(&self, comments: &Comments) -> Doc {
        match self {
            Part::Node(node) => layout::node(node, comments),
            Part::Word(token) => comments.token(token),
        }
    }
}
