//! Regular expressions to automata.
//!
//! A pattern is matched against the whole value, reading each byte once. `\d`, `\w`, `\s` and `\b`
//! mean ASCII; all else, `.` and negated classes included, speaks of characters. The automaton is a
//! sparse DFA, little-endian, of bounded size.

use mcpz_bytecode::image::AutomatonImage;
use regex_automata::MatchKind;
use regex_automata::dfa::{StartKind, dense};
use regex_automata::nfa::thompson;
use regex_syntax::ast::{
    self, Ast, ClassBracketed, ClassPerl, ClassPerlKind, ClassSet, ClassSetItem, ClassSetRange,
    ClassSetUnion, Flag, Flags, FlagsItem, FlagsItemKind, Group, GroupKind, LiteralKind,
};
use regex_syntax::hir::translate::TranslatorBuilder;

/// Most memory that building one automaton may take, in bytes.
const MAX_BUILD_BYTES: usize = 2 * 1024 * 1024;
/// Automata below this size are made minimal.
const MINIMISE_BELOW_BYTES: usize = 32 * 1024;

/// The automaton of a pattern; `None` when it needs too many states (or is no regex, which the
/// checker has refused).
pub fn automaton(pattern: &str) -> Option<AutomatonImage> {
    let mut tree = ast::parse::ParserBuilder::new()
        .nest_limit(100)
        .build()
        .parse(pattern)
        .ok()?;
    make_ascii(&mut tree);
    let hir = TranslatorBuilder::new()
        .utf8(false)
        .build()
        .translate(pattern, &tree)
        .ok()?;
    let nfa = thompson::Compiler::new()
        .configure(
            thompson::Config::new()
                .utf8(false)
                .nfa_size_limit(Some(MAX_BUILD_BYTES))
                .which_captures(thompson::WhichCaptures::None),
        )
        .build_from_hir(&hir)
        .ok()?;
    let small = build(&nfa, false)?;
    let dfa = if small.memory_usage() < MINIMISE_BELOW_BYTES {
        build(&nfa, true)?
    } else {
        small
    };
    let dfa = dfa.to_sparse().ok()?.to_bytes_little_endian();
    Some(AutomatonImage {
        dfa,
        source: pattern.to_string(),
    })
}

fn build(nfa: &thompson::NFA, minimise: bool) -> Option<dense::DFA<Vec<u32>>> {
    let config = dense::Config::new()
        .start_kind(StartKind::Anchored)
        .match_kind(MatchKind::All)
        .minimize(minimise)
        .accelerate(false)
        .dfa_size_limit(Some(MAX_BUILD_BYTES))
        .determinize_size_limit(Some(MAX_BUILD_BYTES));
    dense::Builder::new()
        .configure(config)
        .build_from_nfa(nfa)
        .ok()
}

/// Puts ASCII in place of Unicode for the classes named by a letter.
fn make_ascii(tree: &mut Ast) {
    match tree {
        Ast::ClassPerl(class) => {
            // Case folding must not bring in letters beyond ASCII: `(?-i:[0-9])` for `\d`.
            let bracketed = Ast::ClassBracketed(Box::new(ascii_class(class)));
            *tree = without(class.span, Flag::CaseInsensitive, bracketed);
        }
        Ast::ClassBracketed(class) => make_set_ascii(&mut class.kind),
        Ast::Assertion(assertion) => {
            let span = assertion.span;
            *tree = without(span, Flag::Unicode, Ast::Assertion(assertion.clone()));
        }
        Ast::Repetition(repetition) => make_ascii(&mut repetition.ast),
        Ast::Group(group) => make_ascii(&mut group.ast),
        Ast::Alternation(alternation) => alternation.asts.iter_mut().for_each(make_ascii),
        Ast::Concat(concat) => concat.asts.iter_mut().for_each(make_ascii),
        Ast::Empty(_) | Ast::Flags(_) | Ast::Literal(_) | Ast::Dot(_) | Ast::ClassUnicode(_) => {}
    }
}

/// The expression with a flag switched off.
fn without(span: ast::Span, flag: Flag, inner: Ast) -> Ast {
    let items = vec![
        FlagsItem {
            span,
            kind: FlagsItemKind::Negation,
        },
        FlagsItem {
            span,
            kind: FlagsItemKind::Flag(flag),
        },
    ];
    let kind = GroupKind::NonCapturing(Flags { span, items });
    Ast::Group(Box::new(Group {
        span,
        kind,
        ast: Box::new(inner),
    }))
}

fn make_set_ascii(set: &mut ClassSet) {
    match set {
        ClassSet::Item(item) => make_item_ascii(item),
        ClassSet::BinaryOp(operation) => {
            make_set_ascii(&mut operation.lhs);
            make_set_ascii(&mut operation.rhs);
        }
    }
}

fn make_item_ascii(item: &mut ClassSetItem) {
    match item {
        ClassSetItem::Perl(class) => *item = ClassSetItem::Bracketed(Box::new(ascii_class(class))),
        ClassSetItem::Bracketed(class) => make_set_ascii(&mut class.kind),
        ClassSetItem::Union(union) => union.items.iter_mut().for_each(make_item_ascii),
        _ => {}
    }
}

fn ascii_class(class: &ClassPerl) -> ClassBracketed {
    let span = class.span;
    let ranges: &[(char, char)] = match class.kind {
        ClassPerlKind::Digit => &[('0', '9')],
        ClassPerlKind::Word => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        ClassPerlKind::Space => &[('\t', '\r'), (' ', ' ')],
    };
    let literal = |c: char| ast::Literal {
        span,
        kind: LiteralKind::Verbatim,
        c,
    };
    let items = ranges
        .iter()
        .map(|(start, end)| {
            ClassSetItem::Range(ClassSetRange {
                span,
                start: literal(*start),
                end: literal(*end),
            })
        })
        .collect();
    let kind = ClassSet::Item(ClassSetItem::Union(ClassSetUnion { span, items }));
    ClassBracketed {
        span,
        negated: class.negated,
        kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex_automata::dfa::{Automaton as _, sparse::DFA};
    use regex_automata::{Anchored, util::start};

    /// Matches as the machine does: every byte, then the end.
    fn matches(pattern: &str, text: &str) -> bool {
        let image = automaton(pattern).expect("the pattern is small");
        let (dfa, _) = DFA::from_bytes(&image.dfa).expect("the bytes are a DFA");
        let mut state = dfa
            .start_state(&start::Config::new().anchored(Anchored::Yes))
            .expect("anchored start");
        for byte in text.bytes() {
            state = dfa.next_state(state, byte);
        }
        dfa.is_match_state(dfa.next_eoi_state(state))
    }

    #[test]
    fn the_whole_value_must_match() {
        assert!(matches("a|ab", "ab"));
        assert!(!matches("a", "ab"));
        assert!(!matches("b", "ab"));
        assert!(matches("a*", ""));
        assert!(!matches("a$", "a\n"));
    }

    #[test]
    fn named_classes_are_ascii_and_the_rest_speaks_of_characters() {
        assert!(matches(r"\d+", "0129"));
        assert!(!matches(r"\d", "٣"));
        assert!(!matches(r"[\d]", "٣"));
        assert!(matches(r"\D", "٣"));
        assert!(matches(r"\w+", "aZ_9"));
        assert!(!matches(r"\w", "é"));
        assert!(matches(r"\W", "é"));
        assert!(!matches(r"(?i)\w", "\u{17f}"));
        assert!(matches(".", "é"));
        assert!(!matches(".", "\n"));
        assert!(matches("[^a]", "é"));
        assert!(matches(r"a\b.b", "a b"));
        assert!(matches(r"\s", "\u{b}"));
    }

    #[test]
    fn a_pattern_with_too_many_states_is_refused() {
        assert!(automaton("[ab]*a[ab]{24}").is_none());
        assert!(automaton("[ab]{1,200}").is_some());
    }
}
