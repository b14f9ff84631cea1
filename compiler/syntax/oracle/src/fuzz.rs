//! The comparison itself: properties of one text, and loops over many.

use crate::{generate, mutate, pest_tree};
use mcpz_syntax::error::codes;
use mcpz_syntax::{parse, sexpr};
use std::fmt;

/// A text on which a property does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Replays it: run 1 with this seed.
    pub seed: u64,
    /// The text.
    pub input: String,
    /// What went wrong.
    pub reason: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}: {}\n---- input\n{}\n----", self.seed, self.reason, self.input)
    }
}

impl std::error::Error for Failure {}

/// A generated text; every second one is spoiled.
fn input(seed: u64) -> String {
    let text = generate(seed);
    if seed.is_multiple_of(2) { text } else { mutate(seed, &text) }
}

/// Runs a property over texts of consecutive seeds.
fn run(runs: u64, seed: u64, property: fn(&str) -> Result<(), String>) -> Result<(), Failure> {
    for offset in 0..runs {
        let seed = seed.wrapping_add(offset);
        let input = input(seed);
        let checked = std::panic::catch_unwind(|| property(&input));
        let result = checked.unwrap_or_else(|_| Err("it panics".to_owned()));
        result.map_err(|reason| Failure { seed, input, reason })?;
    }
    Ok(())
}

/// Both parsers accept the same texts and give the same tree; the tree's text is the source.
pub fn fuzz_parser(runs: u64, seed: u64) -> Result<(), Failure> {
    run(runs, seed, check_parser)
}

/// Formatting changes no tree, and formatting twice changes nothing more.
pub fn fuzz_format(runs: u64, seed: u64) -> Result<(), Failure> {
    run(runs, seed, check_format)
}

/// The properties of [`fuzz_parser`] for one text.
pub fn check_parser(text: &str) -> Result<(), String> {
    let parsed = parse(text);
    if parsed.tree().text() != text {
        return Err("the text of the tree is not the source".to_owned());
    }
    // The parser's limits are not part of the grammar.
    if parsed.errors().iter().any(|error| matches!(error.code, codes::TOO_DEEP | codes::SOURCE_TOO_LONG)) {
        return Ok(());
    }
    match (pest_tree(text), parsed.errors().first()) {
        (Ok(expected), None) => {
            let found = sexpr::of_tree(&parsed.tree());
            if found == expected {
                Ok(())
            } else {
                Err(format!("the trees differ\ngrammar: {expected}\nparser:  {found}"))
            }
        }
        (Err(_), Some(_)) => Ok(()),
        (Ok(_), Some(error)) => Err(format!(
            "the grammar accepts it, the parser says {}: {} at {:?}",
            error.code, error.message, error.range
        )),
        (Err(error), None) => Err(format!("the parser accepts it, the grammar says {error}")),
    }
}

/// The properties of [`fuzz_format`] for one text.
pub fn check_format(text: &str) -> Result<(), String> {
    let parsed = parse(text);
    let formatted = match mcpz_syntax::format::format(text) {
        Ok(formatted) => formatted,
        Err(_) if !parsed.is_valid() => return Ok(()),
        Err(errors) => return Err(format!("a valid text is refused: {errors:?}")),
    };
    if !parsed.is_valid() {
        return Err("a text with errors is formatted".to_owned());
    }
    let again = parse(&formatted);
    if let Some(error) = again.errors().first() {
        return Err(format!("the formatted text has an error: {} at {:?}\n{formatted}", error.message, error.range));
    }
    let normal = |tree| sexpr::of_tree(&tree).with_sorted_clauses();
    if normal(parsed.tree()) != normal(again.tree()) {
        return Err(format!("formatting changes the tree\n{formatted}"));
    }
    if comments(text) != comments(&formatted) {
        return Err(format!("formatting loses or alters a comment\n{formatted}"));
    }
    match mcpz_syntax::format::format(&formatted) {
        Ok(twice) if twice == formatted => Ok(()),
        Ok(twice) => Err(format!("formatting twice gives another text\n---- once\n{formatted}\n---- twice\n{twice}")),
        Err(errors) => Err(format!("the formatted text is refused: {errors:?}")),
    }
}

/// The comments of a text, sorted, because clauses may change places.
fn comments(text: &str) -> Vec<String> {
    let tokens = mcpz_syntax::lexer::lex(text).0;
    let is_comment = |token: &&mcpz_syntax::lexer::Token| token.kind == mcpz_syntax::SyntaxKind::Comment;
    let mut comments: Vec<String> =
        tokens.iter().filter(is_comment).map(|token| text[token.range].trim_end().to_owned()).collect();
    comments.sort();
    comments
}
