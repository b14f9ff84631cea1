//! The lexer: text to tokens that cover every byte of it, and the errors found on the way.
//!
//! A bad piece of text still becomes the token its author meant (`&&` is `and`, an unclosed string is a string), so that the
//! parser reports nothing a second time.

use crate::chars;
use crate::chars::offset_of;
use crate::error::{SyntaxError, codes};
use crate::literal;
use crate::token::SyntaxKind;
use logos::Logos;
use rowan::{TextRange, TextSize};

/// One token: its kind and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: SyntaxKind,
    /// Where it is.
    pub range: TextRange,
}

#[expect(clippy::enum_variant_names, reason = "a raw string is called one")]
#[derive(Logos, Debug, Clone, Copy, PartialEq, Eq)]
#[logos(subpattern digits = r"[0-9](_?[0-9])*")]
enum Raw {
    #[regex(r"[ \t\r\n]+")]
    Whitespace,
    #[regex(r"//[^\n]*", allow_greedy = true)]
    Comment,
    #[regex(r"/\*([^*]|\*[^/])*\*?/?", allow_greedy = true)]
    BlockComment,
    #[regex(r"#[^\n]*", allow_greedy = true)]
    HashComment,
    #[regex(r"[A-Za-z_][A-Za-z0-9_]*")]
    Word,
    #[regex(r"[A-Za-z0-9_]*[^\x00-\x7F][A-Za-z0-9_\u{80}-\u{10FFFF}]*")]
    ForeignWord,
    #[regex(r"(?&digits)")]
    Int,
    #[regex(r"(?&digits)\.(?&digits)")]
    Decimal,
    #[regex(r"((?&digits)(ms|s|m|h|d|w))+")]
    Duration,
    #[regex(r"(?&digits)(B|KB|MB|GB|KiB|MiB|GiB)")]
    Size,
    #[regex(r"[0-9][0-9]:[0-9][0-9](:[0-9][0-9])?")]
    Time,
    #[regex(r"[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]")]
    Date,
    #[regex(r"[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9](:[0-9][0-9](\.[0-9]+)?)?(Z|[+-][0-9][0-9]:[0-9][0-9])")]
    Instant,
    #[regex(r#""([^"\\\n\r]|\\[^\n\r])*""#)]
    String,
    #[regex(r#""([^"\\\n\r]|\\[^\n\r])*\\?"#)]
    OpenString,
    #[regex(r#"r"[^"\n\r]*""#)]
    RawString,
    #[regex(r#"r"[^"\n\r]*"#)]
    OpenRawString,
    #[regex(r"'[^'\n\r]*'?")]
    SingleQuoted,
    #[token("(")]
    LParen,
    #[token(")")]
    RParen,
    #[token("[")]
    LBracket,
    #[token("]")]
    RBracket,
    #[token("{")]
    LBrace,
    #[token("}")]
    RBrace,
    #[token(",")]
    Comma,
    #[token(":")]
    Colon,
    #[token(".")]
    Dot,
    #[token("@")]
    At,
    #[token("->")]
    Arrow,
    #[token("=")]
    Assign,
    #[token("==")]
    EqEq,
    #[token("!=")]
    NotEq,
    #[token("<")]
    Lt,
    #[token("<=")]
    LtEq,
    #[token(">")]
    Gt,
    #[token(">=")]
    GtEq,
    #[token("+")]
    Plus,
    #[token("-")]
    Minus,
    #[token("*")]
    Star,
    #[token("?")]
    Question,
    #[token("??")]
    Coalesce,
    #[token("..")]
    DotDot,
    #[token("..=")]
    DotDotEq,
    #[token("&")]
    Amp,
    #[token("|")]
    Pipe,
    #[token("&&")]
    AmpAmp,
    #[token("||")]
    PipePipe,
    #[token("!")]
    Bang,
}

/// Splits `text` into tokens that cover it, without an end-of-file token.
pub fn lex(text: &str) -> (Vec<Token>, Vec<SyntaxError>) {
    let mut lexer = Lexer { text, tokens: Vec::new(), errors: chars::scan(text) };
    let mut raw = Raw::lexer(text);
    while let Some(token) = raw.next() {
        let span = raw.span();
        let range = TextRange::new(offset_of(span.start), offset_of(span.end));
        match token {
            Ok(token) => lexer.accept(token, range),
            Err(()) => lexer.unknown(range),
        }
    }
    mark_misplaced_docs(&mut lexer.tokens, &mut lexer.errors);
    (lexer.tokens, lexer.errors)
}

struct Lexer<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    errors: Vec<SyntaxError>,
}

impl Lexer<'_> {
    fn accept(&mut self, raw: Raw, range: TextRange) {
        let text = &self.text[range];
        if self.extends_number(raw, range) {
            return;
        }
        let kind = match raw {
            Raw::Comment => comment_kind(text),
            Raw::Word => SyntaxKind::from_word(text).unwrap_or(SyntaxKind::Ident),
            Raw::String => {
                self.errors.extend(literal::escape_errors(text, range.start()));
                SyntaxKind::String
            }
            Raw::ForeignWord => return self.foreign_word(range),
            Raw::BlockComment
            | Raw::HashComment
            | Raw::OpenString
            | Raw::OpenRawString
            | Raw::SingleQuoted
            | Raw::AmpAmp
            | Raw::PipePipe
            | Raw::Bang => self.mistaken(raw, range),
            plain => plain_kind(plain),
        };
        self.tokens.push(Token { kind, range });
    }

    /// A word or number that touches the number before it spoils it: `12ab`, `2026-03-021`.
    fn extends_number(&mut self, raw: Raw, range: TextRange) -> bool {
        let starts_with_word = self.text[range].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let Some(last) = self.tokens.last_mut() else {
            return false;
        };
        let number = matches!(
            last.kind,
            SyntaxKind::Int
                | SyntaxKind::Decimal
                | SyntaxKind::Duration
                | SyntaxKind::Size
                | SyntaxKind::Time
                | SyntaxKind::Date
                | SyntaxKind::Instant
                | SyntaxKind::BadNumber
        );
        if !number || !starts_with_word || matches!(raw, Raw::RawString | Raw::OpenRawString) {
            return false;
        }
        last.kind = SyntaxKind::BadNumber;
        last.range = last.range.cover(range);
        true
    }

    /// Reports a sign of another language and gives the token its author meant.
    fn mistaken(&mut self, raw: Raw, range: TextRange) -> SyntaxKind {
        let text = &self.text[range];
        let foreign =
            |message: &str, help: &str| SyntaxError::new(codes::FOREIGN_SYNTAX, range, message).with_help(help);
        let (kind, error) = match raw {
            Raw::AmpAmp => {
                (SyntaxKind::AndKw, foreign("`&&` is not an operator", "write `and`").with_fix(range, "and"))
            }
            Raw::PipePipe => (SyntaxKind::OrKw, foreign("`||` is not an operator", "write `or`").with_fix(range, "or")),
            Raw::Bang => (SyntaxKind::NotKw, foreign("`!` is not an operator", "write `not`").with_fix(range, "not ")),
            Raw::SingleQuoted => {
                let inner = text.trim_matches('\'').replace('\\', "\\\\").replace('"', "\\\"");
                let error = foreign("a string stands in double quotes", "write `\"...\"`");
                (SyntaxKind::String, error.with_fix(range, format!("\"{inner}\"")))
            }
            Raw::HashComment => {
                let sign = TextRange::at(range.start(), TextSize::of('#'));
                let error = foreign("`#` opens no comment", "a comment starts with `//`");
                (SyntaxKind::Comment, error.with_fix(sign, "//"))
            }
            Raw::BlockComment => {
                (SyntaxKind::Comment, foreign("`/*` opens no comment", "start each line of a comment with `//`"))
            }
            _ => {
                let kind = if raw == Raw::OpenString { SyntaxKind::String } else { SyntaxKind::RawString };
                let error = SyntaxError::new(codes::UNCLOSED_STRING, range, "this string is not closed").with_help(
                    "a string ends on the line where it starts, with `\"`; a line break in it is written `\\n`",
                );
                (kind, error)
            }
        };
        self.errors.push(error);
        kind
    }

    /// Letters beyond ASCII: reported, and read as the name they were meant to be.
    fn foreign_word(&mut self, range: TextRange) {
        let text = &self.text[range];
        let is_word = text.chars().all(|c| c.is_alphanumeric() || c == '_');
        if !is_word && !text.chars().any(|c| c.is_ascii_alphanumeric()) {
            self.unknown(range);
            return;
        }
        if text.chars().all(|c| chars::forbidden(c).is_none()) {
            self.errors.push(non_ascii(text, range));
        }
        self.tokens.push(Token { kind: SyntaxKind::Ident, range });
    }

    /// Characters that start no token: reported once for each run, then treated as if they were not there.
    fn unknown(&mut self, range: TextRange) {
        let text = &self.text[range];
        let continues = self.tokens.last().is_some_and(|last| last.kind == SyntaxKind::Unknown);
        self.tokens.push(Token { kind: SyntaxKind::Unknown, range });
        let Some(first) = text.chars().find(|c| chars::forbidden(*c).is_none()) else {
            return;
        };
        if continues {
            return;
        }
        let error = match first {
            ';' => SyntaxError::new(codes::FOREIGN_SYNTAX, range, "`;` ends nothing here")
                .with_help("remove it: the next word that opens an item or clause ends the one before")
                .with_fix(range, ""),
            c if c.is_ascii() => {
                SyntaxError::new(codes::UNKNOWN_CHARACTER, range, format!("`{text}` means nothing here"))
            }
            _ => non_ascii(text, range),
        };
        self.errors.push(error);
    }
}

fn non_ascii(text: &str, range: TextRange) -> SyntaxError {
    SyntaxError::new(codes::NON_ASCII, range, format!("`{text}` stands outside strings and comments"))
        .with_help("names are made of ASCII letters, digits and `_`; any other name is quoted, after a `.`")
}

fn comment_kind(text: &str) -> SyntaxKind {
    if text.starts_with("//!") {
        SyntaxKind::FileDoc
    } else if text.starts_with("///") && !text.starts_with("////") {
        SyntaxKind::DocComment
    } else {
        SyntaxKind::Comment
    }
}

fn plain_kind(raw: Raw) -> SyntaxKind {
    match raw {
        Raw::Whitespace => SyntaxKind::Whitespace,
        Raw::Int => SyntaxKind::Int,
        Raw::Decimal => SyntaxKind::Decimal,
        Raw::Duration => SyntaxKind::Duration,
        Raw::Size => SyntaxKind::Size,
        Raw::Time => SyntaxKind::Time,
        Raw::Date => SyntaxKind::Date,
        Raw::Instant => SyntaxKind::Instant,
        Raw::RawString => SyntaxKind::RawString,
        Raw::LParen => SyntaxKind::LParen,
        Raw::RParen => SyntaxKind::RParen,
        Raw::LBracket => SyntaxKind::LBracket,
        Raw::RBracket => SyntaxKind::RBracket,
        Raw::LBrace => SyntaxKind::LBrace,
        Raw::RBrace => SyntaxKind::RBrace,
        Raw::Comma => SyntaxKind::Comma,
        Raw::Colon => SyntaxKind::Colon,
        Raw::Dot => SyntaxKind::Dot,
        Raw::At => SyntaxKind::At,
        Raw::Arrow => SyntaxKind::Arrow,
        Raw::Assign => SyntaxKind::Assign,
        Raw::EqEq => SyntaxKind::EqEq,
        Raw::NotEq => SyntaxKind::NotEq,
        Raw::Lt => SyntaxKind::Lt,
        Raw::LtEq => SyntaxKind::LtEq,
        Raw::Gt => SyntaxKind::Gt,
        Raw::GtEq => SyntaxKind::GtEq,
        Raw::Plus => SyntaxKind::Plus,
        Raw::Minus => SyntaxKind::Minus,
        Raw::Star => SyntaxKind::Star,
        Raw::Question => SyntaxKind::Question,
        Raw::Coalesce => SyntaxKind::Coalesce,
        Raw::DotDot => SyntaxKind::DotDot,
        Raw::DotDotEq => SyntaxKind::DotDotEq,
        Raw::Amp => SyntaxKind::Amp,
        Raw::Pipe => SyntaxKind::Pipe,
        _ => SyntaxKind::Unknown,
    }
}

/// A `///` line must stand before an item or its annotations, a `//!` line at the top of the file. Others are reported and become
/// plain comments.
fn mark_misplaced_docs(tokens: &mut [Token], errors: &mut Vec<SyntaxError>) {
    let mut before_item = false;
    for index in (0..tokens.len()).rev() {
        match tokens[index].kind {
            SyntaxKind::DocComment if !before_item => {
                tokens[index].kind = SyntaxKind::Comment;
                let range = tokens[index].range;
                let slashes = TextRange::at(range.start(), TextSize::of("///"));
                errors.push(
                    SyntaxError::new(codes::MISPLACED_DOC, range, "this doc comment documents no item")
                        .with_help("put it before the item it is about, or start it with `//`")
                        .with_fix(slashes, "//"),
                );
            }
            SyntaxKind::DocComment => {}
            kind if kind.is_trivia() => {}
            kind => before_item = kind.opens_item() || kind == SyntaxKind::At,
        }
    }
    let mut at_top = true;
    for token in tokens {
        match token.kind {
            SyntaxKind::FileDoc if !at_top => {
                token.kind = SyntaxKind::Comment;
                let slashes = TextRange::at(token.range.start(), TextSize::of("//!"));
                let error = SyntaxError::new(
                    codes::MISPLACED_DOC,
                    token.range,
                    "a `//!` line documents the file and stands at its top",
                );
                errors.push(error.with_help("move it to the top, or start it with `//`").with_fix(slashes, "//"));
            }
            SyntaxKind::FileDoc => {}
            kind if kind.is_trivia() => {}
            _ => at_top = false,
        }
    }
}
