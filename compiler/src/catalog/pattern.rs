//! `pattern`: an ECMA-262 regex to a serialised sparse automaton.
//!
//! The translation covers what has the same meaning without backtracking: classes, groups,
//! repetitions, anchors and ASCII word boundaries. `\d`, `\w` and `\s` are ECMA's. Lookaround, back
//! references and what regex-syntax does not know cannot be enforced; `None` says so.

use regex_automata::MatchKind;
use regex_automata::dfa::{StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::syntax;

/// Largest automaton, in bytes; a larger one is not built.
const MAX_BYTES: usize = 1 << 20;
/// Longest pattern, in bytes.
const MAX_PATTERN_BYTES: usize = 4096;

/// Compiles a pattern for an unanchored search.
pub(super) fn compile(pattern: &str) -> Option<Vec<u8>> {
    if pattern.len() > MAX_PATTERN_BYTES {
        return None;
    }
    let translated = translate(pattern)?;
    let configuration = dense::Config::new()
        .start_kind(StartKind::Unanchored)
        .match_kind(MatchKind::All)
        .minimize(pattern.len() <= 64)
        .dfa_size_limit(Some(MAX_BYTES))
        .determinize_size_limit(Some(4 * MAX_BYTES));
    let automaton = dense::Builder::new()
        .configure(configuration)
        .thompson(thompson::Config::new().nfa_size_limit(Some(MAX_BYTES)))
        .syntax(syntax::Config::new().unicode(true).utf8(true).nest_limit(64))
        .build(&translated)
        .ok()?;
    Some(automaton.to_sparse().ok()?.to_bytes_little_endian())
}

const SPACE: &str = r"\t-\r \u{a0}\u{1680}\u{2000}-\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}\u{feff}";

/// The same regex in the syntax of regex-syntax.
fn translate(pattern: &str) -> Option<String> {
    let mut out = String::new();
    let mut characters = pattern.chars().peekable();
    let mut in_class = false;
    while let Some(character) = characters.next() {
        match character {
            '\\' => escape(&mut characters, in_class, &mut out)?,
            '[' if !in_class => {
                in_class = true;
                out.push('[');
                if characters.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                // `[]` and `[^]` are ECMA's alone.
                if characters.peek() == Some(&']') {
                    return None;
                }
            }
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            // A range that ends in `-` here, the difference of sets in regex-syntax.
            '-' if in_class && characters.peek() == Some(&'-') => return None,
            // Set notation of regex-syntax, ordinary characters here.
            '[' | '&' | '~' if in_class => {
                out.push('\\');
                out.push(character);
            }
            '.' if !in_class => out.push_str(r"[^\n\r\u{2028}\u{2029}]"),
            '(' if !in_class => group(&mut characters, &mut out)?,
            other => out.push(other),
        }
    }
    if in_class { None } else { Some(out) }
}

type Characters<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// Behind `(`: plain, `?:` or a named group. Lookaround and flags are not translated.
fn group(characters: &mut Characters<'_>, out: &mut String) -> Option<()> {
    out.push('(');
    if characters.next_if_eq(&'?').is_none() {
        return Some(());
    }
    out.push('?');
    match characters.next()? {
        ':' => out.push(':'),
        '<' if characters.peek().is_some_and(|next| next.is_ascii_alphabetic() || *next == '_') => out.push('<'),
        _ => return None,
    }
    Some(())
}

fn escape(characters: &mut Characters<'_>, in_class: bool, out: &mut String) -> Option<()> {
    let escaped = characters.next()?;
    let class = |out: &mut String, inside: &str| {
        if in_class {
            out.push_str(inside);
        } else {
            out.push('[');
            out.push_str(inside);
            out.push(']');
        }
    };
    match escaped {
        'd' => class(out, "0-9"),
        'w' => class(out, "0-9A-Za-z_"),
        's' => class(out, SPACE),
        'D' => out.push_str("[^0-9]"),
        'W' => out.push_str("[^0-9A-Za-z_]"),
        'S' => {
            out.push_str("[^");
            out.push_str(SPACE);
            out.push(']');
        }
        'b' if in_class => out.push_str(r"\x08"),
        'b' => out.push_str(r"(?-u:\b)"),
        'B' if !in_class => out.push_str(r"(?-u:\B)"),
        't' | 'n' | 'r' | 'f' | 'v' => {
            out.push('\\');
            out.push(escaped);
        }
        '0' if !characters.peek().is_some_and(char::is_ascii_digit) => out.push_str(r"\x00"),
        'c' => {
            let letter = characters.next().filter(char::is_ascii_alphabetic)?;
            push_code(u32::from(letter) % 32, out)?;
        }
        'x' => push_code(hexadecimal(characters, 2)?, out)?,
        'u' => push_code(unicode_escape(characters)?, out)?,
        'p' | 'P' if characters.peek() == Some(&'{') => {
            out.push('\\');
            out.push(escaped);
        }
        // An identity escape; letters and digits are something else (`\1`, `\k`).
        other if !other.is_alphanumeric() => out.push_str(&regex_syntax::escape(&other.to_string())),
        _ => return None,
    }
    // `-` has no special escape in regex-syntax outside classes, but needs one inside.
    if escaped == '-' && in_class && !out.ends_with(r"\-") {
        out.pop();
        out.push_str(r"\-");
    }
    Some(())
}

fn push_code(code: u32, out: &mut String) -> Option<()> {
    char::from_u32(code)?;
    out.push_str(&format!("\\u{{{code:x}}}"));
    Some(())
}

fn unicode_escape(characters: &mut Characters<'_>) -> Option<u32> {
    if characters.next_if_eq(&'{').is_none() {
        return hexadecimal(characters, 4);
    }
    let mut code = 0_u32;
    loop {
        match characters.next()? {
            '}' => return Some(code),
            digit => code = code.checked_mul(16)?.checked_add(digit.to_digit(16)?)?,
        }
    }
}

fn hexadecimal(characters: &mut Characters<'_>, count: usize) -> Option<u32> {
    let mut code = 0_u32;
    for _ in 0..count {
        code = code * 16 + characters.next()?.to_digit(16)?;
    }
    Some(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex_automata::Input;
    use regex_automata::dfa::{Automaton, sparse};

    fn matches(pattern: &str, text: &str) -> bool {
        let bytes = compile(pattern).unwrap_or_else(|| panic!("`{pattern}` does not compile"));
        let (automaton, _) = sparse::DFA::from_bytes(&bytes).unwrap();
        automaton.try_search_fwd(&Input::new(text)).unwrap().is_some()
    }

    #[test]
    fn patterns_have_their_ecma_meaning() {
        assert!(matches("b", "abc") && !matches("^b", "abc"));
        assert!(matches(r"^AS\d+$", "AS123") && !matches(r"^AS\d+$", "AS12a"));
        assert!(!matches(r"^\d$", "\u{663}") && !matches(r"^\w$", "é"));
        assert!(matches(r"^\s$", "\u{feff}") && matches(r"^[^\s]$", "x") && matches(r"^\S+$", "é"));
        assert!(!matches("^a$", "a\n") && !matches("^.$", "\u{2028}") && matches("^.$", "😀"));
        assert!(matches(r"^[\w.-]+@[a&&b~\[]+$", "x.y-z@&b[~"));
        assert!(matches(r"^\/x\-\u0041\x42\cJ$", "/x-AB\n"));
        assert!(matches(r"\bcat\b", "a cat.") && !matches(r"\bcat\b", "concat"));
        assert!(matches(r"^(?:a|(?<n>b)){2,3}?$", "ab"));
        assert!(matches("^$", "") && !matches("^$", "x"));
    }

    #[test]
    fn what_cannot_be_enforced_is_not_translated() {
        for pattern in
            ["(?=a)", "(?!a)", "(?<=a)b", r"(a)\1", "[]", "[^]", "(", "[a", r"\k<n>", r"\ud83d", "(?i)a", "[^+--]"]
        {
            assert_eq!(compile(pattern), None, "{pattern}");
        }
        assert_eq!(compile("(a{1000}){1000}"), None);
    }
}
