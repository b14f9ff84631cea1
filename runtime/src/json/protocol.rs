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

/// Whether the key is none of the protocol but equals one when case is folded.
pub(super) fn imitates_protocol_key(key: &str) -> bool {
    !PROTOCOL_KEYS.contains(&key) && PROTOCOL_KEYS.iter().any(|protocol| folds_equal(key, protocol))
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
