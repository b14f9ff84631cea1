//! The parser: hand-written recursive descent over tokens, which records events that become a rowan tree.
//!
//! One function per production, named as in `grammar/mcpz.pest`; each opens with the syntax it reads. A production never
//! fails: where something is missing it reports that once and goes on. Recovery happens in named list contexts: items of a
//! file (`items`), entries of a block (`blocks`), lines of a test (`testing`), clauses of a rule (`rules`) and elements of a
//! bracketed list ([`core::Parser::bracketed`]).
//!
//! INVARIANT: every loop consumes a token or ends, and recursion is counted against `limits::MAX_NESTING`.

mod blocks;
mod core;
mod events;
mod expressions;
mod items;
mod names;
mod primaries;
mod rules;
mod subjects;
mod targets;
mod testing;
mod types;

use crate::ast;
use crate::error::{SyntaxError, codes};
use crate::lexer::{self, Token};
use crate::limits;
use crate::token::SyntaxKind;
use crate::tree::SyntaxNode;
use rowan::{GreenNode, TextRange, TextSize};

/// What parsing a text gives: always a tree, and the mistakes in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parse {
    green: GreenNode,
    errors: Vec<SyntaxError>,
}

impl Parse {
    /// The root of the lossless tree.
    pub fn tree(&self) -> SyntaxNode {
        SyntaxNode::new_root(self.green.clone())
    }

    /// The typed root.
    pub fn source_file(&self) -> ast::SourceFile {
        ast::SourceFile::root(self.tree())
    }

    /// The mistakes, in source order.
    pub fn errors(&self) -> &[SyntaxError] {
        &self.errors
    }

    /// Whether the text has no mistakes.
    pub fn is_valid(&self) -> bool {
        self.errors.is_empty()
    }
}

/// Parses a text. Never fails and never panics; `parse(text).tree().text() == text`.
pub fn parse(text: &str) -> Parse {
    if text.len() > limits::MAX_SOURCE_BYTES {
        return too_long(text);
    }
    let (tokens, mut errors) = lexer::lex(text);
    let mut parser = core::Parser::new(text, &tokens);
    items::source_file(&mut parser);
    let (events, parse_errors) = parser.finish();
    errors.extend(parse_errors);
    errors.sort_by_key(|error| (error.range.start(), error.range.end()));
    cut_off(&mut errors);
    Parse { green: events::build(text, &tokens, &events), errors }
}

fn cut_off(errors: &mut Vec<SyntaxError>) {
    if errors.len() > limits::MAX_ERRORS {
        let rest = errors.len() - limits::MAX_ERRORS;
        errors.truncate(limits::MAX_ERRORS);
        if let Some(last) = errors.last() {
            let message = format!("{rest} more syntax errors follow");
            errors.push(SyntaxError::new(codes::TOO_MANY_ERRORS, last.range, message));
        }
    }
}

/// The tree of a text beyond the limit: one unknown token, as far as a tree can hold it.
fn too_long(text: &str) -> Parse {
    let held = if u32::try_from(text.len()).is_ok() { text } else { "" };
    let end = TextSize::try_from(held.len()).unwrap_or_default();
    let range = TextRange::new(TextSize::from(0), end);
    let tokens = [Token { kind: SyntaxKind::Unknown, range }];
    let mut parser = core::Parser::new(held, &tokens);
    items::source_file(&mut parser);
    let (events, _) = parser.finish();
    let message = format!("this file has {} bytes; the limit is {}", text.len(), limits::MAX_SOURCE_BYTES);
    let error = SyntaxError::new(codes::SOURCE_TOO_LONG, TextRange::empty(TextSize::from(0)), message)
        .with_help("split it: the files of a package share one namespace");
    Parse { green: events::build(held, &tokens, &events), errors: vec![error] }
}
