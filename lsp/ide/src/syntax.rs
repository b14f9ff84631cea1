//! Finding one's way in a tree: the token at the cursor, the node around it, the item it stands in.

use crate::place::offset;
use mcpz_syntax::{SyntaxKind, SyntaxNode, SyntaxToken, TextRange, TextSize};
use std::ops::Range;

/// A range of the tree as bytes.
pub fn bytes(range: TextRange) -> Range<u32> {
    range.start().into()..range.end().into()
}

/// The two tokens that meet at an offset; they are one inside a token.
pub fn tokens_at(root: &SyntaxNode, at: u32) -> (Option<SyntaxToken>, Option<SyntaxToken>) {
    let end = offset(root.text_range().end().into());
    let found = root.token_at_offset(TextSize::from(at.min(end)));
    (found.clone().left_biased(), found.right_biased())
}

/// The token at an offset that a reader means: a word or literal rather than what stands around it.
pub fn token_at(root: &SyntaxNode, at: u32) -> Option<SyntaxToken> {
    let (left, right) = tokens_at(root, at);
    let rank = |token: &SyntaxToken| match token.kind() {
        kind if kind == SyntaxKind::Ident || kind.is_literal() => 3,
        kind if kind.is_word() => 2,
        kind if kind.is_trivia() => 0,
        _ => 1,
    };
    match (left, right) {
        (Some(left), Some(right)) => Some(if rank(&left) > rank(&right) { left } else { right }),
        (left, right) => left.or(right),
    }
}

/// The last token with a meaning before an offset.
pub fn token_before(root: &SyntaxNode, at: u32) -> Option<SyntaxToken> {
    let (left, _) = tokens_at(root, at);
    let mut token = left?;
    while token.kind().is_trivia() || u32::from(token.text_range().end()) > at {
        token = token.prev_token()?;
    }
    Some(token)
}

/// The nodes around a token, innermost first.
pub fn ancestors(token: &SyntaxToken) -> impl Iterator<Item = SyntaxNode> {
    token.parent().into_iter().flat_map(|node| node.ancestors().collect::<Vec<_>>())
}

/// The nearest node of a kind around a token.
pub fn around(token: &SyntaxToken, kinds: &[SyntaxKind]) -> Option<SyntaxNode> {
    ancestors(token).find(|node| kinds.contains(&node.kind()))
}

/// Whether a token is a comment of any kind.
pub fn is_comment(kind: SyntaxKind) -> bool {
    matches!(kind, SyntaxKind::Comment | SyntaxKind::DocComment | SyntaxKind::FileDoc)
}

/// The white space at the start of the line of an offset.
pub fn indent_at(text: &str, at: usize) -> String {
    let line = text.get(..at).unwrap_or("").rsplit('\n').next().unwrap_or("");
    line.chars().take_while(|c| *c == ' ' || *c == '\t').collect()
}

/// The offset of the start of the line of an offset.
pub fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
}
