//! Regular expressions: checked for size, and for the mistakes that policies are known for.
//!
//! A pattern is matched against the whole value, in linear time. `\d`, `\w`, `\s` and `\b` are
//! ASCII, and so are the brackets that hold them. A pattern that is too large by itself is refused
//! here, with the repetition to blame where there is one; the size of its deterministic automaton is
//! found when the bundle is built.

use super::LiteralError;
use regex_automata::nfa::thompson;
use regex_syntax::ast::{self, Ast};

/// The longest pattern, in bytes.
const MAX_PATTERN: usize = 4096;
/// The largest automaton before it is made deterministic, in bytes.
const MAX_NFA: usize = 256 * 1024;
/// The deepest nesting.
const MAX_NEST: u32 = 50;

/// Something odd in a pattern that compiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegexNote {
    /// What it is.
    pub kind: RegexNoteKind,
    /// First byte in the pattern.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// Kinds of [`RegexNote`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RegexNoteKind {
    /// `.` between names, as in `api.example.com`: it matches any character.
    UnescapedDot,
    /// `[^evil.com]`: a set of characters, meant as "not this domain".
    NegatedWord,
    /// `^` at the start or `$` at the end: the whole value is matched anyhow.
    Anchor,
    /// `[A-z]`: six punctuation characters lie between `Z` and `a`.
    LetterRange,
}

/// The pattern in the syntax of the `regex` crates, with ASCII classes and no dependence on flags.
pub fn ascii_pattern(text: &str) -> Result<String, LiteralError> {
    let parsed = parse(text)?;
    let mut edits = Vec::new();
    collect_classes(&parsed, &mut edits)?;
    edits.sort();
    let mut pattern = text.to_owned();
    for (start, end, with) in edits.into_iter().rev() {
        pattern.replace_range(start..end, &with);
    }
    Ok(pattern)
}

/// Checks a pattern: syntax, classes, size.
pub fn regex(text: &str) -> Result<String, LiteralError> {
    if text.len() > MAX_PATTERN {
        return Err(too_large(text));
    }
    let pattern = format!(r"\A(?:{})\z", ascii_pattern(text)?);
    let limits = thompson::Config::new().nfa_size_limit(Some(MAX_NFA));
    match thompson::Compiler::new().configure(limits).build(&pattern) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err(too_large(text)),
    }
}

/// Whether an error of [`regex`] is about size.
pub(crate) fn is_size_error(error: &LiteralError) -> bool {
    error.message.contains("too large")
}

fn too_large(text: &str) -> LiteralError {
    let error = |start, end| {
        LiteralError::at(start, end, "the automaton of this regular expression is too large")
            .help("lower the repetition counts, or say it with `like` and `len`")
    };
    match parse(text).ok().and_then(|parsed| largest_repetition(&parsed)) {
        Some((_, start, end)) => error(start, end),
        None => error(0, text.len()),
    }
}

fn parse(text: &str) -> Result<Ast, LiteralError> {
    let mut parser = ast::parse::ParserBuilder::new().nest_limit(MAX_NEST).build();
    parser.parse(text).map_err(|error| {
        let span = error.span();
        let message = error.kind().to_string().trim_end_matches('.').to_owned();
        let (start, end) = (span.start.offset, span.end.offset.max(span.start.offset + 1).min(text.len()));
        let wrong = LiteralError::at(start, end, message);
        match error.kind() {
            ast::ErrorKind::UnsupportedLookAround | ast::ErrorKind::UnsupportedBackreference => {
                wrong.help("regular expressions run in linear time; combine several conditions with `and` instead")
            }
            ast::ErrorKind::GroupUnclosed => wrong.help("close it with `)`, or write `\\(` for the character"),
            _ => wrong,
        }
    })
}

fn largest_repetition(node: &Ast) -> Option<(u32, usize, usize)> {
    let mut best = None;
    walk(node, &mut |inner| {
        let Ast::Repetition(repetition) = inner else { return };
        if let ast::RepetitionKind::Range(range) = &repetition.op.kind {
            let count = match range {
                ast::RepetitionRange::Exactly(n) | ast::RepetitionRange::AtLeast(n) => *n,
                ast::RepetitionRange::Bounded(_, n) => *n,
            };
            best = best.max(Some((count, repetition.op.span.start.offset, repetition.op.span.end.offset)));
        }
    });
    best
}

/// Calls `visit` on the node and everything below it. The parser's nesting limit bounds the depth.
fn walk(node: &Ast, visit: &mut dyn FnMut(&Ast)) {
    visit(node);
    match node {
        Ast::Repetition(repetition) => walk(&repetition.ast, visit),
        Ast::Group(group) => walk(&group.ast, visit),
        Ast::Alternation(alternation) => alternation.asts.iter().for_each(|inner| walk(inner, visit)),
        Ast::Concat(concat) => concat.asts.iter().for_each(|inner| walk(inner, visit)),
        _ => {}
    }
}

type Replacement = (usize, usize, String);

/// Replacements that make Perl classes and word boundaries ASCII; Unicode properties are refused.
fn collect_classes(node: &Ast, edits: &mut Vec<Replacement>) -> Result<(), LiteralError> {
    let mut refused = None;
    walk(node, &mut |inner| match inner {
        Ast::ClassPerl(class) => edits.push(perl_edit(class)),
        Ast::ClassUnicode(class) => refused = refused.or(Some((class.span.start.offset, class.span.end.offset))),
        Ast::ClassBracketed(class) => set_edits(&class.kind, edits, &mut refused),
        Ast::Assertion(assertion) => boundary_edit(assertion, edits),
        _ => {}
    });
    match refused {
        Some((start, end)) => Err(LiteralError::at(start, end, "Unicode classes are not supported")
            .help("classes are ASCII; list the characters or ranges in brackets")),
        None => Ok(()),
    }
}

fn perl_edit(class: &ast::ClassPerl) -> Replacement {
    let name = match class.kind {
        ast::ClassPerlKind::Digit => "digit",
        ast::ClassPerlKind::Space => "space",
        ast::ClassPerlKind::Word => "word",
    };
    let not = if class.negated { "^" } else { "" };
    (class.span.start.offset, class.span.end.offset, format!("[[:{not}{name}:]]"))
}

fn boundary_edit(assertion: &ast::Assertion, edits: &mut Vec<Replacement>) {
    use ast::AssertionKind::{NotWordBoundary, WordBoundary};
    if matches!(assertion.kind, WordBoundary | NotWordBoundary) {
        let (start, end) = (assertion.span.start.offset, assertion.span.end.offset);
        let ascii = if assertion.kind == WordBoundary { r"(?-u:\b)" } else { r"(?-u:\B)" };
        edits.push((start, end, ascii.to_owned()));
    }
}

fn set_edits(set: &ast::ClassSet, edits: &mut Vec<Replacement>, refused: &mut Option<(usize, usize)>) {
    match set {
        ast::ClassSet::BinaryOp(operation) => {
            set_edits(&operation.lhs, edits, refused);
            set_edits(&operation.rhs, edits, refused);
        }
        ast::ClassSet::Item(item) => item_edits(item, edits, refused),
    }
}

fn item_edits(item: &ast::ClassSetItem, edits: &mut Vec<Replacement>, refused: &mut Option<(usize, usize)>) {
    match item {
        ast::ClassSetItem::Perl(class) => edits.push(perl_edit(class)),
        ast::ClassSetItem::Unicode(class) => {
            *refused = refused.or(Some((class.span.start.offset, class.span.end.offset)));
        }
        ast::ClassSetItem::Bracketed(class) => set_edits(&class.kind, edits, refused),
        ast::ClassSetItem::Union(union) => union.items.iter().for_each(|inner| item_edits(inner, edits, refused)),
        _ => {}
    }
}

/// What is odd in a pattern that [`regex`] accepts, in order of position.
pub fn regex_notes(text: &str) -> Vec<RegexNote> {
    let Ok(parsed) = parse(text) else { return Vec::new() };
    let mut notes = Vec::new();
    anchors(&parsed, &mut notes);
    walk(&parsed, &mut |node| match node {
        Ast::Concat(concat) => dots(concat, &mut notes),
        Ast::ClassBracketed(class) => bracket_notes(class, text, &mut notes),
        _ => {}
    });
    notes.sort_by_key(|note| (note.start, note.kind));
    notes
}

fn anchors(parsed: &Ast, notes: &mut Vec<RegexNote>) {
    let parts = match parsed {
        Ast::Concat(concat) => concat.asts.as_slice(),
        other => std::slice::from_ref(other),
    };
    let ends = [(parts.first(), ast::AssertionKind::StartLine), (parts.last(), ast::AssertionKind::EndLine)];
    for (part, kind) in ends {
        if let Some(Ast::Assertion(assertion)) = part
            && assertion.kind == kind
        {
            let (start, end) = (assertion.span.start.offset, assertion.span.end.offset);
            notes.push(RegexNote { kind: RegexNoteKind::Anchor, start, end });
        }
    }
}

/// Last labels of host names that policies mention.
const LAST_LABELS: [&str; 24] = [
    "com",
    "org",
    "net",
    "io",
    "dev",
    "app",
    "ai",
    "co",
    "de",
    "eu",
    "uk",
    "us",
    "gov",
    "edu",
    "cloud",
    "internal",
    "local",
    "lan",
    "corp",
    "example",
    "test",
    "intranet",
    "localhost",
    "info",
];

/// A bare `.` before a word that ends host names: `example.com`.
fn dots(concat: &ast::Concat, notes: &mut Vec<RegexNote>) {
    for (index, part) in concat.asts.iter().enumerate() {
        let Ast::Dot(span) = part else { continue };
        let before = index.checked_sub(1).and_then(|previous| concat.asts.get(previous));
        let after = word_at(&concat.asts[index + 1..]);
        let dotted_after = concat.asts.get(index + 1 + after.len()).is_some_and(|next| matches!(next, Ast::Dot(_)));
        let host_like = LAST_LABELS.contains(&after.as_str()) || (dotted_after && ends_like_host(concat));
        if before.is_some_and(is_word_like) && host_like {
            let (start, end) = (span.start.offset, span.end.offset);
            notes.push(RegexNote { kind: RegexNoteKind::UnescapedDot, start, end });
        }
    }
}

fn ends_like_host(concat: &ast::Concat) -> bool {
    let last_dot = concat.asts.iter().rposition(|part| matches!(part, Ast::Dot(_)));
    last_dot.is_some_and(|at| LAST_LABELS.contains(&word_at(&concat.asts[at + 1..]).as_str()))
}

fn is_word_like(node: &Ast) -> bool {
    match node {
        Ast::Literal(literal) => literal.c.is_ascii_alphanumeric(),
        Ast::Repetition(_) | Ast::Group(_) | Ast::ClassBracketed(_) => true,
        _ => false,
    }
}

fn word_at(parts: &[Ast]) -> String {
    parts
        .iter()
        .map_while(|part| match part {
            Ast::Literal(literal) if literal.c.is_ascii_alphanumeric() || literal.c == '-' => Some(literal.c),
            _ => None,
        })
        .collect()
}

fn bracket_notes(class: &ast::ClassBracketed, text: &str, notes: &mut Vec<RegexNote>) {
    let (start, end) = (class.span.start.offset, class.span.end.offset);
    let inner = text.get(start..end).unwrap_or_default();
    if inner.contains("A-z") {
        notes.push(RegexNote { kind: RegexNoteKind::LetterRange, start, end });
    }
    let word = inner.trim_start_matches("[^").trim_end_matches(']');
    let letters = word.chars().filter(char::is_ascii_alphabetic).count();
    let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
    let is_range = word.as_bytes().get(1) == Some(&b'-');
    if class.negated && plain && !is_range && letters >= 4 {
        notes.push(RegexNote { kind: RegexNoteKind::NegatedWord, start, end });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<RegexNoteKind> {
        regex_notes(text).into_iter().map(|note| note.kind).collect()
    }

    #[test]
    fn classic_mistakes() {
        assert_eq!(kinds("api.example.com"), [RegexNoteKind::UnescapedDot; 2]);
        assert_eq!(kinds(r"api\.example\.com"), []);
        assert_eq!(kinds("https://[^evil.com]/"), [RegexNoteKind::NegatedWord]);
        assert_eq!(kinds("[^a-z]+"), []);
        assert_eq!(kinds("^inv_[0-9]+$"), [RegexNoteKind::Anchor; 2]);
        assert_eq!(kinds("[A-z]+"), [RegexNoteKind::LetterRange]);
        assert_eq!(kinds("a.b"), []);
    }

    #[test]
    fn size_is_bounded() {
        assert!(regex("inv_[0-9]{4}").is_ok());
        let error = regex("[a-z]{20000}").unwrap_err();
        assert!(is_size_error(&error), "{error:?}");
        assert_eq!((error.start, error.end), (5, 12));
    }

    #[test]
    fn classes_are_ascii() {
        assert_eq!(ascii_pattern(r"\d+[\w.]").as_deref(), Ok("[[:digit:]]+[[[:word:]].]"));
        assert!(ascii_pattern(r"\p{Greek}").is_err());
        assert!(regex(r"\bfoo\b").is_ok());
    }

    #[test]
    fn syntax_errors_point_inside() {
        let error = regex("inv_([0-9]+").unwrap_err();
        assert_eq!((error.start, error.end), (4, 5));
        assert!(regex("(?=x)").is_err() && regex(r"(a)\1").is_err());
    }
}
