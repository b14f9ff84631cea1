//! The keys of the protocol, and keys that pretend to be one of them.
//!
//! A parser that ignores case (Go's `encoding/json` does, by Unicode simple folding) takes `Method` or
//! `paramſ` for a key that we would pass over, and would act on what was not decided. Such keys are
//! refused in the envelope, in `params` and in the objects of `params` that the protocol defines.

/// Keys of JSON-RPC and of the protocol's `params`.
pub const PROTOCOL_KEYS: &[&str] = &[
    "_meta",
    "argument",
    "arguments",
    "capabilities",
    "clientInfo",
    "content",
    "context",
    "cursor",
    "data",
    "elicitationId",
    "error",
    "id",
    "includeContext",
    "jsonrpc",
    "level",
    "logger",
    "maxTokens",
    "message",
    "messages",
    "metadata",
    "method",
    "mode",
    "modelPreferences",
    "name",
    "params",
    "progress",
    "progressToken",
    "protocolVersion",
    "reason",
    "ref",
    "requestId",
    "requestedSchema",
    "result",
    "roots",
    "stopSequences",
    "systemPrompt",
    "task",
    "taskId",
    "temperature",
    "toolChoice",
    "tools",
    "total",
    "ttl",
    "type",
    "uri",
    "url",
    "value",
];

/// Members of `params` that are objects of the protocol; their keys are checked too.
pub(super) const PROTOCOL_OBJECTS: &[&str] = &["_meta", "argument", "context", "ref", "task"];

/// Most keys of one length.
const ROW: usize = 10;
/// Longer than every key of the protocol.
const LENGTHS: usize = 17;

/// The keys of the protocol by their length; empty strings fill the rows.
const BY_LENGTH: [[&str; ROW]; LENGTHS] = by_length();

#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "computed when the crate is compiled")]
const fn by_length() -> [[&'static str; ROW]; LENGTHS] {
    let mut table = [[""; ROW]; LENGTHS];
    let mut filled = [0; LENGTHS];
    let mut row = 0;
    while row < PROTOCOL_KEYS.len() {
        let key = PROTOCOL_KEYS[row];
        table[key.len()][filled[key.len()]] = key;
        filled[key.len()] += 1;
        row += 1;
    }
    table
}

/// Whether the key is none of the protocol but equals one when case is folded.
pub(super) fn imitates_protocol_key(key: &[u8]) -> bool {
    if !key.is_ascii() {
        let key = core::str::from_utf8(key).unwrap_or_default();
        return PROTOCOL_KEYS.iter().any(|protocol| folds_equal(key, protocol));
    }
    let first = key.first().map(u8::to_ascii_lowercase);
    let imitates = |protocol: &&str| {
        // All begin with a small letter or `_`.
        let protocol = protocol.as_bytes();
        protocol.first().copied() == first && protocol != key && protocol.eq_ignore_ascii_case(key)
    };
    BY_LENGTH.get(key.len()).is_some_and(|row| row.iter().any(imitates))
}

fn folds_equal(key: &str, protocol: &str) -> bool {
    let key = key.chars().flat_map(fold);
    let protocol = protocol.chars().flat_map(fold);
    key.eq(protocol)
}

/// Full case folding, as far as it ends in ASCII letters: nothing else can equal a protocol key.
fn fold(character: char) -> impl Iterator<Item = char> {
    let folded = match character {
        '\u{17f}' => ['s', '\0', '\0'],
        '\u{212a}' => ['k', '\0', '\0'],
        '\u{df}' | '\u{1e9e}' => ['s', 's', '\0'],
        '\u{fb00}' => ['f', 'f', '\0'],
        '\u{fb01}' => ['f', 'i', '\0'],
        '\u{fb02}' => ['f', 'l', '\0'],
        '\u{fb03}' => ['f', 'f', 'i'],
        '\u{fb04}' => ['f', 'f', 'l'],
        '\u{fb05}' | '\u{fb06}' => ['s', 't', '\0'],
        '\u{130}' | '\u{131}' => ['i', '\0', '\0'],
        other => [other.to_ascii_lowercase(), '\0', '\0'],
    };
    folded.into_iter().filter(|character| *character != '\0')
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;

    /// As it is defined: folded, key by key.
    fn by_definition(key: &str) -> bool {
        !PROTOCOL_KEYS.contains(&key) && PROTOCOL_KEYS.iter().any(|protocol| folds_equal(key, protocol))
    }

    #[test]
    fn the_table_says_what_the_definition_says() {
        let mut keys: Vec<String> = ["", "x", "names", "Nam", "requestedSchemas"].map(String::from).into();
        for protocol in PROTOCOL_KEYS {
            assert!(protocol.starts_with(|first: char| first.is_ascii_lowercase() || first == '_'), "{protocol}");
            keys.push(protocol.to_string());
            keys.push(protocol.to_ascii_uppercase());
            keys.push(protocol.replace('s', "\u{17f}"));
            keys.push(protocol.replace('k', "\u{212a}"));
            keys.push(protocol.replace('i', "\u{130}"));
            for at in 0..protocol.len() {
                let (head, tail) = protocol.split_at(at);
                keys.push([head, &tail[..1].to_ascii_uppercase(), &tail[1..]].concat());
                keys.push([head, &tail[1..]].concat());
                keys.push([head, "e", tail].concat());
            }
        }
        for key in &keys {
            assert_eq!(imitates_protocol_key(key.as_bytes()), by_definition(key), "{key}");
        }
    }
}
