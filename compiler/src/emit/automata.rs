//! Regular expressions to automata.
//!
//! A pattern is matched against the whole value, reading each byte once. `\d`, `\w`, `\s` and `\b`
//! mean ASCII; all else, `.` and negated classes included, speaks of characters. The automaton is a
//! sparse DFA, little-endian, of bounded size.

use crate::check::literal::ascii_pattern;
use mcpz_bytecode::image::AutomatonImage;
use regex_automata::MatchKind;
use regex_automata::dfa::{StartKind, dense};
use regex_automata::nfa::thompson;

/// Most memory that building one automaton may take, in bytes.
const MAX_BUILD_BYTES: usize = 2 * 1024 * 1024;
/// Automata below this size are made minimal.
const MINIMISE_BELOW_BYTES: usize = 256 * 1024;

/// The automaton of a pattern; `None` when it needs too many states (or is no regex, which the
/// checker has refused).
pub fn automaton(pattern: &str) -> Option<AutomatonImage> {
    let whole = format!(r"\A(?:{})\z", ascii_pattern(pattern).ok()?);
    let config =
        thompson::Config::new().nfa_size_limit(Some(MAX_BUILD_BYTES)).which_captures(thompson::WhichCaptures::None);
    let nfa = thompson::Compiler::new().configure(config).build(&whole).ok()?;
    let small = build(&nfa, false)?;
    let dfa = if small.memory_usage() < MINIMISE_BELOW_BYTES { build(&nfa, true)? } else { small };
    let dfa = dfa.to_sparse().ok()?.to_bytes_little_endian();
    Some(AutomatonImage { dfa, patterns: 1, source: pattern.to_string() })
}

fn build(nfa: &thompson::NFA, minimise: bool) -> Option<dense::DFA<Vec<u32>>> {
    let config = dense::Config::new()
        .start_kind(StartKind::Anchored)
        .match_kind(MatchKind::All)
        .minimize(minimise)
        .accelerate(false)
        .dfa_size_limit(Some(MAX_BUILD_BYTES))
        .determinize_size_limit(Some(MAX_BUILD_BYTES));
    dense::Builder::new().configure(config).build_from_nfa(nfa).ok()
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
        let mut state = dfa.start_state(&start::Config::new().anchored(Anchored::Yes)).expect("anchored start");
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
