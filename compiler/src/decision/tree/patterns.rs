//! All patterns of one place as few automata as a budget allows.
//!
//! Globs, host patterns and regular expressions become regular expressions over the whole text, and
//! many of them one automaton that says at the end of the text which of them match. An automaton may
//! take [`MAX_GROUP_BYTES`]; a set that needs more is halved until its parts fit, each part being
//! one more pass over the text. At most [`MAX_PASSES`] passes are made over one place; patterns beyond
//! that, and single ones that are too large, are left to the rules themselves.

use crate::check::literal::ascii_pattern;
use regex_automata::MatchKind;
use regex_automata::dfa::{StartKind, dense};
use regex_automata::nfa::thompson;
use std::fmt::Write as _;

/// Largest automaton of one pass, in bytes.
pub const MAX_GROUP_BYTES: usize = 1024 * 1024;
/// Most passes over one place at one switch.
pub const MAX_PASSES: usize = 8;
/// Most memory that building one automaton may take, in bytes.
const MAX_BUILD_BYTES: usize = 16 * 1024 * 1024;
/// Automata below this size are made minimal.
const MINIMISE_BELOW_BYTES: usize = 64 * 1024;

/// A pattern over a whole text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pattern {
    /// A glob; whether `*` stops at `/`.
    Glob(String, bool),
    /// A host pattern over canonical hosts.
    Host(String),
    /// A regular expression.
    Regex(String),
}

impl Pattern {
    /// As a regular expression over the whole text; `None` when it cannot be one.
    pub fn regex(&self) -> Option<String> {
        match self {
            Pattern::Glob(pattern, path_like) => Some(glob_regex(pattern, *path_like)),
            Pattern::Host(pattern) => host_regex(pattern),
            Pattern::Regex(pattern) => ascii_pattern(pattern).ok(),
        }
    }

    /// As the author wrote it.
    pub fn text(&self) -> &str {
        match self {
            Pattern::Glob(pattern, _) | Pattern::Host(pattern) | Pattern::Regex(pattern) => pattern,
        }
    }
}

/// A glob as a regular expression.
fn glob_regex(glob: &str, path_like: bool) -> String {
    let mut regex = String::new();
    let mut rest = glob.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\\' => push_literal(&mut regex, rest.next().unwrap_or('\\')),
            '?' => regex.push_str(if path_like { "[^/]" } else { r"[\s\S]" }),
            '*' if path_like && rest.next_if_eq(&'*').is_some() => regex.push_str(r"[\s\S]*"),
            '*' => regex.push_str(if path_like { "[^/]*" } else { r"[\s\S]*" }),
            other => push_literal(&mut regex, other),
        }
    }
    regex
}

/// `*.x` covers one or more labels below x; a host pattern without a star is a host.
fn host_regex(pattern: &str) -> Option<String> {
    let mut regex = String::new();
    let literal = match pattern.strip_prefix('*') {
        None => pattern,
        // Names that end in digits only are addresses, which a wildcard never covers.
        Some(dotted) if dotted.rsplit('.').next()?.bytes().all(|byte| byte.is_ascii_digit()) => return None,
        Some(dotted) => {
            regex.push_str(r"[\s\S]+");
            dotted
        }
    };
    literal.chars().for_each(|character| push_literal(&mut regex, character));
    Some(regex)
}

fn push_literal(regex: &mut String, character: char) {
    // Writing to a string cannot fail.
    let _ = write!(regex, r"\x{{{:x}}}", u32::from(character));
}

/// Patterns that one automaton knows, each with the positions of the children it leads to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PatternGroup {
    /// The patterns and where they lead.
    pub cases: Vec<(Pattern, Vec<usize>)>,
    /// The automaton: a sparse DFA, little-endian.
    pub dfa: Vec<u8>,
}

/// Patterns that are matched in one pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pass {
    /// The patterns, numbered as the automaton knows them.
    pub patterns: Vec<Pattern>,
    /// The automaton: a sparse DFA, little-endian.
    pub dfa: Vec<u8>,
}

/// Patterns in passes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Passes {
    /// The passes.
    pub passes: Vec<Pass>,
    /// Patterns that found no place in one.
    pub left_out: Vec<Pattern>,
}

/// Puts patterns into as few passes as the budget allows.
pub fn passes(mut patterns: Vec<Pattern>) -> Passes {
    // Patterns that begin alike share states, so they are kept together.
    patterns.sort_by(|left, right| left.text().cmp(right.text()).then(left.cmp(right)));
    let mut made = Passes::default();
    let mut open = vec![patterns];
    while let Some(patterns) = open.pop() {
        if made.passes.len() >= MAX_PASSES {
            made.left_out.extend(patterns);
            continue;
        }
        match automaton(&patterns) {
            Some(dfa) => made.passes.push(Pass { patterns, dfa }),
            None if patterns.len() <= 1 => made.left_out.extend(patterns),
            None => {
                let (first, second) = patterns.split_at(patterns.len() / 2);
                open.push(second.to_vec());
                open.push(first.to_vec());
            }
        }
    }
    made
}

/// One automaton of these patterns; `None` when it needs more than the budget.
fn automaton(patterns: &[Pattern]) -> Option<Vec<u8>> {
    let whole = |pattern: &Pattern| pattern.regex().map(|regex| format!(r"\A(?:{regex})\z"));
    let regexes: Vec<String> = patterns.iter().map(whole).collect::<Option<_>>()?;
    let config =
        thompson::Config::new().nfa_size_limit(Some(MAX_BUILD_BYTES)).which_captures(thompson::WhichCaptures::None);
    let nfa = thompson::Compiler::new().configure(config).build_many(&regexes).ok()?;
    let build = |minimise: bool| {
        let config = dense::Config::new()
            .start_kind(StartKind::Anchored)
            .match_kind(MatchKind::All)
            .minimize(minimise)
            .accelerate(false)
            .dfa_size_limit(Some(MAX_BUILD_BYTES))
            .determinize_size_limit(Some(MAX_BUILD_BYTES));
        dense::Builder::new().configure(config).build_from_nfa(&nfa).ok()
    };
    let small = build(false)?;
    let dfa = if small.memory_usage() < MINIMISE_BELOW_BYTES { build(true)? } else { small };
    let bytes = dfa.to_sparse().ok()?.to_bytes_little_endian();
    (bytes.len() <= MAX_GROUP_BYTES).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcpz_bytecode::value::{glob, host};
    use regex_automata::dfa::{Automaton as _, sparse::DFA};
    use regex_automata::{Anchored, util::start};

    /// Which patterns match, as the runtime asks.
    fn matching(bytes: &[u8], text: &str) -> Vec<usize> {
        let (dfa, _) = DFA::from_bytes(bytes).expect("the bytes are a DFA");
        let mut state = dfa.start_state(&start::Config::new().anchored(Anchored::Yes)).expect("anchored start");
        for byte in text.bytes() {
            state = dfa.next_state(state, byte);
        }
        state = dfa.next_eoi_state(state);
        let count = if dfa.is_match_state(state) { dfa.match_len(state) } else { 0 };
        let mut found: Vec<usize> = (0..count).map(|row| dfa.match_pattern(state, row).as_usize()).collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn one_automaton_says_what_each_pattern_by_itself_says() {
        let globs = ["", "*", "a*", "*a", "a?c", r"\*", "a.c", "**", "/a/*", "/a/**", "/**/x", "é*", "[a]*", "a*b*c"];
        let texts =
            ["", "a", "abc", "aXc", "*", "a.c", "/a/b", "/a/b/c", "/x", "/a/x", "éa", "[a]b", "a\nc", "axxbyyc"];
        let patterns: Vec<Pattern> = globs
            .iter()
            .flat_map(|glob| [false, true].map(|path_like| Pattern::Glob((*glob).into(), path_like)))
            .collect();
        let bytes = automaton(&patterns).expect("the automaton is small");
        for text in texts {
            let wanted: Vec<usize> = patterns
                .iter()
                .enumerate()
                .filter(|(_, pattern)| match pattern {
                    Pattern::Glob(pattern, path_like) => glob::glob_matches(pattern, *path_like, text),
                    _ => false,
                })
                .map(|(row, _)| row)
                .collect();
            assert_eq!(matching(&bytes, text), wanted, "{text:?}");
        }
    }

    #[test]
    fn host_patterns_cover_labels_and_no_addresses() {
        let patterns: Vec<Pattern> =
            ["*.example.com", "example.com", "*.com"].iter().map(|text| Pattern::Host((*text).into())).collect();
        let bytes = automaton(&patterns).expect("the automaton is small");
        for text in ["example.com", "a.example.com", ".example.com", "a.b.example.com", "com", "x.com", "10.0.0.1"] {
            let wanted: Vec<usize> =
                (0..patterns.len()).filter(|row| host::host_matches(patterns[*row].text(), text)).collect();
            assert_eq!(matching(&bytes, text), wanted, "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_left_out_and_the_rest_is_grouped() {
        let mut patterns: Vec<Pattern> = (0..50).map(|row| Pattern::Regex(format!("/srv/d{row}/[a-z]+"))).collect();
        patterns.push(Pattern::Regex("[ab]*a[ab]{24}".into()));
        let made = passes(patterns);
        assert_eq!(made.left_out, [Pattern::Regex("[ab]*a[ab]{24}".into())]);
        assert_eq!(made.passes.iter().map(|pass| pass.patterns.len()).sum::<usize>(), 50);
        assert!(made.passes.len() <= MAX_PASSES);
    }
}
