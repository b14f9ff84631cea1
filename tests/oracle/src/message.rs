//! The envelope of a protocol message (docs/semantics.md, section 6), as a list of conditions.

use crate::exact;
use crate::json::{self, Fault, Json};
use std::collections::BTreeMap;

/// A message whose envelope is right.
#[derive(Debug, Clone)]
pub struct Message {
    /// The method; `None` for a response.
    pub method: Option<String>,
    /// Parameters; an object.
    pub params: Json,
}

/// Words of the protocol that keys may not imitate by another case.
const PROTOCOL_WORDS: &str = "_meta argument arguments capabilities clientInfo content context cursor data elicitationId error \
    id includeContext jsonrpc level logger maxTokens message messages metadata method mode modelPreferences name params \
    progress progressToken protocolVersion reason ref requestId requestedSchema result roots stopSequences systemPrompt \
    task taskId temperature toolChoice tools total ttl type uri url value";

/// Methods that need a string among their parameters, and its key.
const NEEDED: [(&str, &str); 5] = [
    ("tools/call", "name"),
    ("prompts/get", "name"),
    ("resources/read", "uri"),
    ("resources/subscribe", "uri"),
    ("resources/unsubscribe", "uri"),
];

/// Reads the bytes of a message.
pub fn read(bytes: &[u8]) -> Result<Message, Fault> {
    let root = json::read(bytes)?;
    match root {
        Json::Object(_) => {}
        Json::Array(_) => return Err("input_batch"),
        _ => return Err("input_not_object"),
    }
    let words: BTreeMap<String, &str> = PROTOCOL_WORDS.split_whitespace().map(|word| (folded(word), word)).collect();
    let imitated = |object: Option<&Json>| object.is_some_and(|object| imitates(object, &words));
    refuse("input_case_folded_key", imitated(Some(&root)))?;
    refuse("input_envelope", !is_sound(&root))?;

    let params = root.get("params");
    refuse("input_case_folded_key", imitated(params))?;
    for key in ["_meta", "argument", "context", "ref", "task"] {
        refuse("input_case_folded_key", imitated(params.and_then(|params| params.get(key))))?;
    }
    let method = root.get("method").and_then(Json::as_str).map(str::to_string);
    let params = params.cloned().unwrap_or(Json::Object(Vec::new()));
    refuse("input_params", method.as_ref().is_some_and(|method| !has_needed(method, &params)))?;
    Ok(Message { method, params })
}

fn refuse(fault: Fault, refused: bool) -> Result<(), Fault> {
    if refused { Err(fault) } else { Ok(()) }
}

/// Lower case, with the two letters beyond ASCII that fold into it.
fn folded(text: &str) -> String {
    text.replace('\u{17f}', "s").replace('\u{212a}', "k").to_lowercase()
}

/// Whether some key of an object is a word of the protocol in another case.
fn imitates(object: &Json, words: &BTreeMap<String, &str>) -> bool {
    match object {
        Json::Object(members) => members.iter().any(|(key, _)| words.get(&folded(key)).is_some_and(|word| word != key)),
        _ => false,
    }
}

/// Whether the envelope is one of a request, a notification, a result or an error.
fn is_sound(root: &Json) -> bool {
    let version = root.get("jsonrpc").and_then(Json::as_str) == Some("2.0");
    let is_object = |key: &str| matches!(root.get(key), None | Some(Json::Object(_)));
    let id = Id::of(root.get("id"));
    let carried: Vec<&str> = ["method", "result", "error"].into_iter().filter(|key| root.get(key).is_some()).collect();
    let shape = match carried[..] {
        ["method"] => {
            let named = root.get("method").and_then(Json::as_str).is_some();
            named && is_object("params") && matches!(id, Id::Good | Id::Absent)
        }
        ["result"] => id == Id::Good && root.get("params").is_none(),
        ["error"] => is_object("error") && id != Id::Bad && root.get("params").is_none(),
        _ => false,
    };
    version && shape
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Id {
    Absent,
    Null,
    Good,
    Bad,
}

impl Id {
    fn of(id: Option<&Json>) -> Id {
        match id {
            None => Id::Absent,
            Some(Json::Null) => Id::Null,
            Some(Json::String(_)) => Id::Good,
            Some(Json::Number(scaled)) if exact::integral(*scaled).is_some() => Id::Good,
            Some(_) => Id::Bad,
        }
    }
}

/// Whether the parameters have what the method cannot do without, and arguments are an object.
fn has_needed(method: &str, params: &Json) -> bool {
    let Some((_, key)) = NEEDED.iter().find(|(name, _)| *name == method) else {
        return true;
    };
    let takes_arguments = *key == "name";
    params.get(key).and_then(Json::as_str).is_some()
        && (!takes_arguments || matches!(params.get("arguments"), None | Some(Json::Object(_))))
}
