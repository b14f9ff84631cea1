//! Digests that pins are made of.

use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Members of a tool that make up its definition; anything else (`_meta`) may change under a pin.
const DEFINITION: [&str; 7] = ["annotations", "description", "icons", "inputSchema", "name", "outputSchema", "title"];

/// The digest of a file: sha-256 in lower-case hex.
pub fn file_digest(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The digest of a tool's normalised definition: the members that matter, keys sorted, no space,
/// numbers as written shortest, `null` the same as absent.
pub fn definition_digest(tool: &Value) -> String {
    let mut text = String::from("{");
    for member in DEFINITION {
        if let Some(value) = tool.get(member).filter(|value| !value.is_null()) {
            let _ = write!(text, "{}:", Value::from(member));
            write_canonical(value, &mut text);
            text.push(',');
        }
    }
    text.push('}');
    file_digest(text.as_bytes())
}

/// Depth was bounded when the value was read.
fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Array(elements) => {
            out.push('[');
            for element in elements {
                write_canonical(element, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (key, member) in sorted {
                let _ = write!(out, "{}:", Value::from(key.as_str()));
                write_canonical(member, out);
                out.push(',');
            }
            out.push('}');
        }
        simple => {
            let _ = write!(out, "{simple}");
        }
    }
}
