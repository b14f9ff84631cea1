//! A call as the JSON-RPC message that a client sends.

use crate::model::{Call, DEEP, INT_FIELDS, Shape, TEXT_FIELDS, Workload};
use serde_json::{Map, Value, json};

/// The sizes that are measured, in bytes, roughly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// About 400 bytes.
    Small,
    /// About 4 KB.
    Large,
}

impl Size {
    /// Bytes aimed at.
    fn bytes(self) -> usize {
        match self {
            Size::Small => 400,
            Size::Large => 4_096,
        }
    }
}

/// What fills a message up: an argument that no rule reads, with escapes and text beyond ASCII in it.
const FILLER: &str = "The quick brown \"fox\" jumps over the lazy dog;\tna\u{ef}ve caf\u{e9}, 1234567890.\n";

/// The message of a call.
pub fn message(workload: &Workload, call: &Call, size: Size) -> Vec<u8> {
    let mut arguments = Map::new();
    for field in TEXT_FIELDS {
        if let Some(text) = &call.texts[field.index()] {
            arguments.insert(field.name().to_owned(), Value::from(text.as_str()));
        }
    }
    for field in INT_FIELDS {
        if let Some(number) = call.ints[field.index()] {
            arguments.insert(field.name().to_owned(), Value::from(number));
        }
    }
    let bare = frame(workload, call, arguments.clone());
    let wanted = size.bytes().saturating_sub(bare.len() + r#","content":"""#.len());
    if wanted > 0 && size.bytes() > bare.len() {
        arguments.insert("content".to_owned(), Value::from(filler(wanted)));
    }
    frame(workload, call, arguments).into_bytes()
}

/// Text that takes about this many bytes in JSON.
fn filler(wanted: usize) -> String {
    let mut text = String::new();
    let mut length = 0;
    for character in FILLER.chars().cycle() {
        length += match character {
            '"' | '\n' | '\t' => 2,
            character => character.len_utf8(),
        };
        if length > wanted {
            return text;
        }
        text.push(character);
    }
    text
}

fn frame(workload: &Workload, call: &Call, arguments: Map<String, Value>) -> String {
    let arguments = match workload.shape {
        Shape::Flat => Value::Object(arguments),
        Shape::Deep => {
            DEEP.iter().rev().fold(Value::Object(arguments), |inner, key| json!({ (*key).to_owned(): inner }))
        }
    };
    envelope(call.id, workload.tool_name(call.server, call.tool), &arguments.to_string())
}

/// A `tools/call` with these arguments, which are the text of an object.
pub fn envelope(id: u64, tool: &str, arguments: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"{tool}","arguments":{arguments},"_meta":{{"progressToken":{id}}}}}}}"#
    )
}
