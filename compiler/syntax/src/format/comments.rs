//! The comments of a text, each given to the token it belongs to.
//!
//! A comment on the line of the token before it *trails* that token; any other *leads* the token after it.

use super::document::Doc;
use crate::token::SyntaxKind;
use crate::tree::{SyntaxNode, SyntaxToken};
use rowan::TextSize;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// A comment on its own line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Leading {
    text: String,
    /// Whether an empty line stands before it.
    blank_before: bool,
}

/// What surrounds one token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Around {
    leading: Vec<Leading>,
    trailing: Option<String>,
    /// Whether an empty line stands before it, or between its last leading comment and it.
    blank_before: bool,
    /// Whether it is the first token of its line.
    starts_line: bool,
}

/// The comments of a text by the start of the token they belong to.
pub(super) struct Comments {
    around: BTreeMap<TextSize, Around>,
    end: TextSize,
    /// Last tokens of entries: their comment is printed after the whole entry, so that it does not break it.
    entry_ends: RefCell<BTreeSet<TextSize>>,
}

impl Comments {
    pub(super) fn of(root: &SyntaxNode) -> Comments {
        let end = root.text_range().end();
        let mut around: BTreeMap<TextSize, Around> = BTreeMap::new();
        let mut before: Option<TextSize> = None;
        let mut gathered = Around::default();
        let mut newlines = 0_usize;
        for token in root.descendants_with_tokens().filter_map(rowan::NodeOrToken::into_token) {
            match token.kind() {
                SyntaxKind::Whitespace => newlines += token.text().matches('\n').count(),
                SyntaxKind::Comment => {
                    let text = token.text().trim_end().to_owned();
                    match before.filter(|_| newlines == 0 && gathered.leading.is_empty()) {
                        Some(before) => around.entry(before).or_default().trailing = Some(text),
                        None => gathered.leading.push(Leading { text, blank_before: newlines > 1 }),
                    }
                    newlines = 0;
                    gathered.starts_line = true;
                }
                _ => {
                    gathered.blank_before = newlines > 1;
                    gathered.starts_line |= newlines > 0;
                    let start = token.text_range().start();
                    around.insert(start, std::mem::take(&mut gathered));
                    before = Some(start);
                    newlines = 0;
                }
            }
        }
        // INVARIANT: no token starts at the end of the text, so what leads the end has that key.
        around.insert(end, gathered);
        Comments { around, end, entry_ends: RefCell::default() }
    }

    /// A token with the comments around it.
    pub(super) fn token(&self, token: &SyntaxToken) -> Doc {
        self.token_as(token, token.text())
    }

    /// The comments of a token, with another text in its place.
    pub(super) fn token_as(&self, token: &SyntaxToken, text: &str) -> Doc {
        Doc::concat(vec![self.leading(token), Doc::text(text.trim_end()), self.trailing(token)])
    }

    /// The comments before a token.
    pub(super) fn leading(&self, token: &SyntaxToken) -> Doc {
        self.leading_at(token.text_range().start())
    }

    /// The comments after the last token of the file.
    pub(super) fn at_end(&self) -> Doc {
        let first_is_apart = self.blank_before_at(self.end);
        let apart = if first_is_apart { Doc::Blank } else { Doc::nothing() };
        Doc::concat(vec![apart, self.leading_at(self.end)])
    }

    fn leading_at(&self, start: TextSize) -> Doc {
        let Some(around) = self.around.get(&start).filter(|around| !around.leading.is_empty()) else {
            return Doc::nothing();
        };
        let mut docs = Vec::new();
        for (index, comment) in around.leading.iter().enumerate() {
            if index > 0 && comment.blank_before {
                docs.push(Doc::Blank);
            }
            docs.extend([Doc::FreshLine, Doc::text(comment.text.clone()), Doc::HardLine]);
        }
        if around.blank_before {
            docs.extend([Doc::Blank, Doc::FreshLine]);
        }
        Doc::concat(docs)
    }

    /// An entry of a file or block that ends with `last`: its doc, then the comment at the end of its line.
    pub(super) fn entry(&self, last: Option<SyntaxToken>, doc: impl FnOnce() -> Doc) -> Doc {
        let Some(last) = last else { return doc() };
        self.entry_ends.borrow_mut().insert(last.text_range().start());
        let doc = doc();
        Doc::concat(vec![doc, self.trailing_of(&last)])
    }

    /// The comment at the end of a token's line, unless its entry prints it.
    pub(super) fn trailing(&self, token: &SyntaxToken) -> Doc {
        if self.entry_ends.borrow().contains(&token.text_range().start()) {
            return Doc::nothing();
        }
        self.trailing_of(token)
    }

    fn trailing_of(&self, token: &SyntaxToken) -> Doc {
        let around = self.around.get(&token.text_range().start());
        around.and_then(|around| around.trailing.clone()).map_or_else(Doc::nothing, Doc::Suffix)
    }

    /// Whether an empty line stands before a token and its comments.
    pub(super) fn blank_before(&self, token: &SyntaxToken) -> bool {
        self.blank_before_at(token.text_range().start())
    }

    fn blank_before_at(&self, start: TextSize) -> bool {
        self.around
            .get(&start)
            .is_some_and(|around| around.leading.first().map_or(around.blank_before, |first| first.blank_before))
    }

    /// Whether a token is the first of its line.
    pub(super) fn starts_line(&self, token: &SyntaxToken) -> bool {
        self.around.get(&token.text_range().start()).is_some_and(|around| around.starts_line)
    }

    /// Whether comments stand before a token.
    pub(super) fn has_leading(&self, token: &SyntaxToken) -> bool {
        self.around.get(&token.text_range().start()).is_some_and(|around| !around.leading.is_empty())
    }
}
