//! Events: what the parser records, and how they become a green tree.
//!
//! The parser sees significant tokens only. Trivia is put back here: it stands before the node that starts next, never inside at
//! either end, so that the range of a node is what its author would select.

use crate::lexer::Token;
use crate::token::SyntaxKind;
use rowan::{GreenNode, GreenNodeBuilder};

/// One step of the parse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// A node starts here. `parent` is the index of a later event that starts a node around this one.
    Start { kind: SyntaxKind, parent: Option<usize> },
    /// The innermost node ends.
    Finish,
    /// The next significant token, as this kind.
    Token(SyntaxKind),
    /// A start that was given up or has been used.
    Void,
}

/// Builds the tree of `text`. Events may be taken in any order of `parent` links, each once.
pub(super) fn build(text: &str, tokens: &[Token], events: &[Event]) -> GreenNode {
    let mut builder = Builder { text, tokens, next: 0, tree: GreenNodeBuilder::new() };
    let mut used = vec![false; events.len()];
    let last = events.len().saturating_sub(1);
    for index in 0..events.len() {
        match events[index] {
            Event::Start { .. } if used[index] => {}
            Event::Start { .. } => {
                let kinds = start_chain(events, &mut used, index);
                if index != 0 {
                    builder.trivia();
                }
                for kind in kinds.into_iter().rev() {
                    builder.tree.start_node(kind.to_raw());
                }
            }
            Event::Finish => {
                if index == last {
                    builder.trivia();
                }
                builder.tree.finish_node();
            }
            Event::Token(kind) => builder.token(kind),
            Event::Void => {}
        }
    }
    builder.tree.finish()
}

/// The kinds of the nodes that start at `index`, innermost first.
fn start_chain(events: &[Event], used: &mut [bool], index: usize) -> Vec<SyntaxKind> {
    let mut kinds = Vec::new();
    let mut next = Some(index);
    while let Some(at) = next {
        used[at] = true;
        next = match events[at] {
            Event::Start { kind, parent } => {
                kinds.push(kind);
                parent
            }
            _ => None,
        };
    }
    kinds
}

struct Builder<'t> {
    text: &'t str,
    tokens: &'t [Token],
    next: usize,
    tree: GreenNodeBuilder<'static>,
}

impl Builder<'_> {
    fn trivia(&mut self) {
        while let Some(token) = self.tokens.get(self.next).filter(|token| token.kind.is_trivia()) {
            self.tree.token(token.kind.to_raw(), &self.text[token.range]);
            self.next += 1;
        }
    }

    fn token(&mut self, kind: SyntaxKind) {
        self.trivia();
        if let Some(token) = self.tokens.get(self.next) {
            self.tree.token(kind.to_raw(), &self.text[token.range]);
            self.next += 1;
        }
    }
}
