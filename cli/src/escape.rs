//! Untrusted text made safe to show.
//!
//! Tool names, descriptions, arguments and claims come from servers and models. Printed as they
//! are they could move the cursor, recolour a verdict, or reorder a line with bidirectional
//! controls. Everything such that this crate prints goes through one of the functions here:
//! [`inline`] for a value within a line, [`block`] for text of several lines, and [`stand_in`]
//! where positions must be kept (source excerpts).

use std::fmt::Write;

/// Longest untrusted text shown within a line, in characters.
const INLINE_LIMIT: usize = 400;

/// Text fit for one line: every control, bidirectional and invisible character is written as an
/// escape (`\u{202e}`, `\n`), and very long text is cut with a note of its length.
pub fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (count, character) in text.chars().enumerate() {
        if count == INLINE_LIMIT {
            let total = text.chars().count();
            let _ = write!(out, "… ({total} characters)");
            break;
        }
        push_escaped(&mut out, character);
    }
    out
}

/// Text of several lines: line feeds and tabs stay, all else as [`inline`], without a limit.
pub fn block(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\t' => out.push(character),
            other => push_escaped(&mut out, other),
        }
    }
    out
}

/// One visible character for any character: used in source excerpts, where columns must not move.
pub fn stand_in(character: char) -> char {
    match character {
        '\n' | '\t' => character,
        '\r' => ' ',
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(character)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        other if is_dangerous(other) => '\u{fffd}',
        other => other,
    }
}

/// Whether a character can change how the text around it is shown, or cannot be seen.
pub fn is_dangerous(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{00ad}'
                | '\u{034f}'
                | '\u{061c}'
                | '\u{115f}' | '\u{1160}'
                | '\u{17b4}' | '\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{fffe}'..='\u{ffff}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

fn push_escaped(out: &mut String, character: char) {
    match character {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        other if is_dangerous(other) => {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(other));
        }
        other => out.push(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_controls_are_written_out() {
        assert_eq!(inline("a\x1b[31mred"), "a\\u{1b}[31mred");
        assert_eq!(inline("line\r\nnext\t."), "line\\r\\nnext\\t.");
        assert_eq!(inline("\u{9b}2J"), "\\u{9b}2J");
    }

    #[test]
    fn bidirectional_and_invisible_characters_are_written_out() {
        assert_eq!(inline("pay\u{202e}lap"), "pay\\u{202e}lap");
        assert_eq!(inline("a\u{200b}b"), "a\\u{200b}b");
        assert_eq!(inline("tag\u{e0041}"), "tag\\u{e0041}");
        assert_eq!(inline("a\u{fffe}\u{ffff}\u{fffd}"), "a\\u{fffe}\\u{ffff}\u{fffd}");
    }

    #[test]
    fn ordinary_text_of_any_script_is_kept() {
        for text in ["Überweisung", "支払い", "оплата", "👩 ok"] {
            assert_eq!(inline(text), text);
        }
    }

    #[test]
    fn long_text_is_cut_and_says_so() {
        let long = "x".repeat(1000);
        let shown = inline(&long);
        assert!(shown.ends_with("… (1000 characters)"), "{shown}");
        assert!(shown.chars().count() < 450);
    }

    #[test]
    fn stand_ins_keep_the_number_of_characters() {
        let text = "a\x1b\u{202e}b\tc";
        let shown: String = text.chars().map(stand_in).collect();
        assert_eq!(shown, "a\u{241b}\u{fffd}b\tc");
    }

    #[test]
    fn blocks_keep_their_lines() {
        assert_eq!(block("a\nb\x07"), "a\nb\\u{7}");
    }
}
