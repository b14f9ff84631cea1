//! Texts made from the table of productions.

use crate::productions::PRODUCTIONS;
use crate::random::Random;

/// Depth after which only the first alternative of a production, the plainest, is taken.
const DEPTH: u32 = 7;

/// A text of the language: a few items, chosen by the seed.
pub fn generate(seed: u64) -> String {
    let mut random = Random::new(seed);
    let mut text = String::new();
    if random.below(8) == 0 {
        text.push_str("//! A generated file.\n");
    }
    for _ in 0..=random.below(4) {
        expand("item", &mut random, 0, &mut text);
        text.push('\n');
    }
    text
}

/// Writes one alternative of a production; `<name>` in it stands for another production.
fn expand(name: &str, random: &mut Random, depth: u32, out: &mut String) {
    let Some((_, alternatives)) = PRODUCTIONS.iter().find(|(found, _)| *found == name) else {
        out.push_str(name);
        return;
    };
    let chosen = if depth > DEPTH { alternatives.first() } else { random.pick(alternatives) };
    let mut rest = chosen.copied().unwrap_or("");
    while let Some((before, after)) = rest.split_once('<') {
        // A `<` that opens no placeholder is the operator or bracket itself.
        match after.split_once('>') {
            Some((inner, tail)) if PRODUCTIONS.iter().any(|(found, _)| *found == inner) => {
                out.push_str(before);
                expand(inner, random, depth + 1, out);
                rest = tail;
            }
            _ => {
                out.push_str(before);
                out.push('<');
                rest = after;
            }
        }
    }
    out.push_str(rest);
}
