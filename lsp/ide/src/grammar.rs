//! Which words of the language may stand at the cursor: the parser itself is asked.
//!
//! For every word the text from the start of the item before the cursor up to the cursor, followed by the word, is parsed. The word may
//! stand there when nothing is reported at it and the tree holds it as a keyword. So completion offers what the grammar allows, no
//! more and no less, and cannot fall behind the parser.

use crate::place::{index, offset};
use mcpz_syntax::{SyntaxKind, SyntaxNode, keywords, parse};

/// Longest stretch of text that is looked at; an item longer than this gets no keywords.
const MAX_PREFIX_BYTES: usize = 16 * 1024;

/// A name that is no word of the language.
const NAME: &str = "mcpzCursor";
/// Words that stand in one place only and are in no table of words,
/// and a pair of words that is one operator.
const MORE_WORDS: [&str; 5] = ["dpop", "local", "mtls", "not in", "spiffe"];

/// The words that may stand at an offset (the start of the word that is being typed), sorted.
pub fn allowed_words(root: &SyntaxNode, text: &str, at: u32) -> Vec<&'static str> {
    let start = prefix_start(root, at);
    let Some(prefix) = text.get(index(start)..index(at)) else { return Vec::new() };
    if prefix.len() > MAX_PREFIX_BYTES {
        return Vec::new();
    }
    // Where any name may stand, a word that is read as a name is none of the grammar's.
    let wants_name = stands(prefix, NAME).is_some();
    let may_open = may_open_item(prefix);
    let said = clauses_said(prefix);
    let may_stand = |word: &&str| {
        let read = stands(prefix, word);
        read.is_some_and(|read| (read.kind.is_keyword() || !wants_name) && (may_open || !read.opens_item))
            && !said.contains(word)
    };
    let known = keywords().into_iter().map(|keyword| keyword.text).chain(MORE_WORDS.iter().copied());
    let mut words: Vec<&'static str> = known.filter(may_stand).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// Where the item before an offset starts; the start of the text when there is none.
fn prefix_start(root: &SyntaxNode, at: u32) -> u32 {
    let items = root.children().map(|item| u32::from(item.text_range().start()));
    items.filter(|start| *start < at).max().unwrap_or(0)
}

/// What the parser makes of a word.
struct Read {
    kind: SyntaxKind,
    opens_item: bool,
}

/// Whether an item may start after a text: on a line of its own, outside every block.
fn may_open_item(prefix: &str) -> bool {
    let is_line_start = prefix.rsplit('\n').next().unwrap_or("").trim().is_empty();
    let tokens = || parse(prefix).tree().descendants_with_tokens().filter_map(|element| element.into_token());
    let count = |kind: SyntaxKind| tokens().filter(|token| token.kind() == kind).count();
    is_line_start && count(SyntaxKind::LBrace) <= count(SyntaxKind::RBrace)
}

/// The clauses that the rule at the end of a text has already: each stands once.
fn clauses_said(prefix: &str) -> Vec<&'static str> {
    const CLAUSES: [(SyntaxKind, &str); 3] =
        [(SyntaxKind::WhereClause, "where"), (SyntaxKind::WhenClause, "when"), (SyntaxKind::UnlessClause, "unless")];
    let tree = parse(prefix).tree();
    let Some(last) = tree.children().last() else { return Vec::new() };
    // The permits of a grant have clauses of their own.
    let rule = last.descendants().filter(|node| node.kind() == SyntaxKind::GrantPermit).last().unwrap_or(last);
    let said = |kind: SyntaxKind| rule.children().any(|child| child.kind() == kind);
    CLAUSES.iter().filter(|(kind, _)| said(*kind)).map(|(_, word)| *word).collect()
}

/// What a word after a text is read as; `None` when it may not stand there.
fn stands(prefix: &str, word: &str) -> Option<Read> {
    let mut text = String::with_capacity(prefix.len() + word.len());
    text.push_str(prefix);
    text.push_str(word);
    let parsed = parse(&text);
    let seam = offset(prefix.trim_end().len());
    let (start, end) = (offset(prefix.len()), offset(text.len()));
    let touches = |at: u32| at >= seam && at < end;
    if parsed.errors().iter().any(|error| touches(error.range.start().into())) {
        return None;
    }
    let token = parsed.tree().token_at_offset(start.into()).right_biased()?;
    if u32::from(token.text_range().start()) != start {
        return None;
    }
    let item = token.parent_ancestors().find(|node| node.parent().is_some_and(|parent| parent.parent().is_none()));
    let opens_item =
        token.kind().opens_item() && item.is_some_and(|item| u32::from(item.text_range().start()) == start);
    Some(Read { kind: token.kind(), opens_item })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&'static str> {
        allowed_words(&parse(text).tree(), text, offset(text.len()))
    }

    #[test]
    fn a_rule_is_led_word_by_word() {
        assert!(words("").contains(&"permit") && !words("").contains(&"where"));
        assert_eq!(words("permit analyst "), ["acting", "to"]);
        let actions = words("permit analyst to ");
        assert!(actions.contains(&"call") && actions.contains(&"use") && !actions.contains(&"where"), "{actions:?}");
        let clauses = words("permit analyst to call a.b\n");
        assert!(["where", "when", "unless", "forbid"].iter().all(|word| clauses.contains(word)), "{clauses:?}");
        assert!(!clauses.contains(&"call") && !clauses.contains(&"endpoint"), "{clauses:?}");
    }

    #[test]
    fn a_clause_stands_once_and_an_item_on_its_own_line() {
        let after_where = words("permit analyst to call a.b where x ");
        assert!(after_where.contains(&"when") && !after_where.contains(&"where") && !after_where.contains(&"permit"));
        let in_block = words("server s {\n    ");
        assert!(
            in_block.contains(&"segment") && in_block.contains(&"catalog") && !in_block.contains(&"permit"),
            "{in_block:?}"
        );
    }

    #[test]
    fn after_a_dot_every_word_is_a_name() {
        assert!(words("permit analyst to call a.").is_empty());
        assert!(words("role ").is_empty());
    }

    #[test]
    fn expressions_want_operators_after_values_and_values_after_operators() {
        let after_value = words("permit a to call b.c where args.x ");
        for word in ["in", "like", "contains", "matches", "under", "is", "and", "or", "not in", "carries", "seen"] {
            assert!(after_value.contains(&word), "{word} in {after_value:?}");
        }
        let after_operator = words("permit a to call b.c where ");
        assert!(after_operator.contains(&"not") && after_operator.contains(&"has") && !after_operator.contains(&"in"));
    }
}
