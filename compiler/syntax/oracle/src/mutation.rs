//! Spoiled texts: a few tokens taken out, doubled, swapped or put in.

use crate::random::Random;
use mcpz_syntax::lexer;

/// Texts that are put in: words, signs and pieces of tokens.
const INSERTED: &[&str] = &[
    "permit",
    "to",
    "where",
    "in",
    "not",
    "and",
    "any",
    "if",
    "then",
    "else",
    "is",
    "has",
    "user",
    "server",
    "tag",
    "for",
    "by",
    "of",
    "call",
    "read",
    "sample",
    "session",
    "holds",
    "calls",
    "count",
    "sequence",
    "r",
    "uri",
    "none",
    "given",
    "expect",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ",",
    ":",
    ".",
    "..",
    "..=",
    "=",
    "==",
    "<",
    ">",
    "-",
    "->",
    "*",
    "?",
    "??",
    "&",
    "|",
    "@",
    "1",
    "1.5",
    "09:00",
    "2026-03-02",
    "5m",
    "10MB",
    "\"s\"",
    "\"",
    "r\"x\"",
    "/// doc\n",
    "//! top\n",
    "// c\n",
    "\n",
    "&&",
    ";",
    "\u{200B}",
    "\r",
    "é",
    "_",
    "x",
    "1x",
    "\\",
    "'",
];

/// The text with one to four changes at token boundaries, chosen by the seed.
pub fn mutate(seed: u64, text: &str) -> String {
    let mut random = Random::new(seed ^ 0x5DEE_CE66);
    let mut pieces: Vec<String> = lexer::lex(text).0.iter().map(|token| text[token.range].to_owned()).collect();
    for _ in 0..=random.below(4) {
        let at = random.below(pieces.len() + 1);
        let other = random.below(pieces.len().max(1));
        match random.below(6) {
            0 if at < pieces.len() => {
                pieces.remove(at);
            }
            1 if at < pieces.len() && other < pieces.len() => pieces.swap(at, other),
            2 if other < pieces.len() => {
                let copy = pieces[other].clone();
                pieces.insert(at, copy);
            }
            3 if at < pieces.len() => pieces[at] = random.pick(INSERTED).copied().unwrap_or("").to_owned(),
            _ => pieces.insert(at, random.pick(INSERTED).copied().unwrap_or("").to_owned()),
        }
    }
    pieces.concat()
}
