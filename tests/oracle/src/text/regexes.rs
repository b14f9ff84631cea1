//! Regular expressions over the whole value, with ASCII classes.

use regex::{Regex, RegexBuilder};
use std::cell::RefCell;
use std::collections::HashMap;

thread_local! {
    /// Compiled patterns: making an automaton takes longer than all the rest of a decision.
    static COMPILED: RefCell<HashMap<String, Option<Regex>>> = RefCell::new(HashMap::new());
}

/// A compiled pattern; `None` when it is none.
pub fn compiled(pattern: &str) -> Option<Regex> {
    COMPILED.with_borrow_mut(|known| {
        let make = || RegexBuilder::new(pattern).size_limit(1 << 24).build().ok();
        known.entry(pattern.to_string()).or_insert_with(make).clone()
    })
}

/// Whether the whole text matches; `None` when the pattern is none.
pub fn matches(text: &str, pattern: &str) -> Option<bool> {
    let anchored = format!("^(?:{})$", ascii_classes(pattern));
    Some(compiled(&anchored)?.is_match(text))
}

/// Rewrites `\d \w \s \b` and their negations to their ASCII forms, also inside brackets.
fn ascii_classes(pattern: &str) -> String {
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(next) = chars.next() {
        if next != '\\' {
            out.push(next);
            continue;
        }
        match chars.next() {
            Some('d') => out.push_str("[0-9]"),
            Some('D') => out.push_str("[^0-9]"),
            Some('w') => out.push_str("[0-9A-Za-z_]"),
            Some('W') => out.push_str("[^0-9A-Za-z_]"),
            Some('s') => out.push_str(r"[\t\n\v\f\r ]"),
            Some('S') => out.push_str(r"[^\t\n\v\f\r ]"),
            Some('b') => out.push_str(r"(?-u:\b)"),
            Some('B') => out.push_str(r"(?-u:\B)"),
            Some(other) => {
                out.push('\\');
                out.push(other);
            }
            None => out.push('\\'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_value_and_ascii() {
        assert_eq!(matches("12", r"\d"), Some(false));
        assert_eq!(matches("1", r"\d"), Some(true));
        assert_eq!(matches("٣", r"\d"), Some(false));
        assert_eq!(matches("a_1", r"[\w]+"), Some(true));
        assert_eq!(matches("a\n", "a"), Some(false));
        assert_eq!(matches("x", "a|x"), Some(true));
    }
}
