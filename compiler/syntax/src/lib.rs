//! Tokens, lossless tree and typed AST of the mcpz policy language.
//!
//! `text -> tokens -> tree -> AST`. [`parse`] never fails: it gives a tree and a list of errors, and the text of the tree is
//! the source, byte for byte. Nothing here knows what a policy means; there are no types, files or editors.
//!
//! Where to read next: [`token`] for the words of the language, `grammar/mcpz.pest` for the normative grammar, `parser` for the
//! productions (one function each), [`ast`] for what later passes use.

pub mod ast;
mod chars;
pub mod error;
pub mod format;
pub mod lexer;
pub mod limits;
pub mod literal;
pub mod near;
mod parser;
pub mod sexpr;
pub mod token;
mod tree;

pub use error::SyntaxError;
pub use parser::{Parse, parse};
pub use rowan::{TextRange, TextSize};
pub use token::{Keyword, SyntaxKind, WordClass, keywords};
pub use tree::{Lang, SyntaxElement, SyntaxNode, SyntaxToken, dump_tokens, dump_tree};
