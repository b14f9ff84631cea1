//! JSON-RPC 2.0 messages of the Model Context Protocol: the envelope, and what decisions start from.

use super::protocol::{PROTOCOL_OBJECTS, imitates_protocol_key};
use super::{Document, FaultKind, JsonFault, Kind, NodeId};

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MessageKind {
    /// It has a method and an id.
    Request,
    /// It has a method and no id.
    Notification,
    /// It has a result or an error.
    Response,
}

/// A message whose envelope is sound.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// The whole text.
    pub document: Document<'a>,
    /// What it is.
    pub kind: MessageKind,
    /// The method; empty in a response.
    pub method: &'a str,
    /// A string or an integer.
    pub id: Option<NodeId>,
    /// An object.
    pub params: Option<NodeId>,
    /// `params.name` of a tool call or a prompt.
    pub name: Option<&'a str>,
    /// `params.uri` of a resource.
    pub uri: Option<&'a str>,
    /// `params.arguments` of a tool call or a prompt: an object.
    pub arguments: Option<NodeId>,
}

/// Reads the envelope of a message.
pub fn message<'a>(document: Document<'a>) -> Result<Message<'a>, JsonFault> {
    let root = document.root();
    match document.kind(root) {
        Kind::Object => {}
        Kind::Array => return Err(fault(document, root, FaultKind::Batch)),
        _ => return Err(fault(document, root, FaultKind::NotObject)),
    }
    refuse_imitations(document, root)?;
    let envelope = fault(document, root, FaultKind::Envelope);
    let version = document.get(root, "jsonrpc").and_then(|node| document.str(node));
    if version != Some("2.0") {
        return Err(envelope);
    }
    let id = document.get(root, "id");
    let Some(method) = document.get(root, "method") else {
        return response(document, id);
    };
    if document.get(root, "result").is_some() || document.get(root, "error").is_some() {
        return Err(envelope);
    }
    if id.is_some_and(|id| !is_id(document, id)) {
        return Err(envelope);
    }
    let method = document.str(method).ok_or(envelope)?;
    let params = document.get(root, "params");
    if params.is_some_and(|params| document.kind(params) != Kind::Object) {
        return Err(envelope);
    }
    let kind = if id.is_some() { MessageKind::Request } else { MessageKind::Notification };
    let message = Message { document, kind, method, id, params, name: None, uri: None, arguments: None };
    read_params(message)
}

/// `{jsonrpc, id, result}` or `{jsonrpc, id, error}`; the id of an error may be null or absent.
fn response<'a>(document: Document<'a>, id: Option<NodeId>) -> Result<Message<'a>, JsonFault> {
    let root = document.root();
    let has_result = document.get(root, "result").is_some();
    let error = document.get(root, "error");
    let error_is_sound = error.is_none_or(|error| document.kind(error) == Kind::Object);
    let id_is_sound = match id {
        Some(id) => is_id(document, id) || (error.is_some() && document.is_null(id)),
        None => error.is_some(),
    };
    let one_of_both = has_result != error.is_some();
    let stray_params = document.get(root, "params").is_some();
    if !one_of_both || !error_is_sound || !id_is_sound || stray_params {
        return Err(fault(document, root, FaultKind::Envelope));
    }
    let id = id.filter(|id| !document.is_null(*id));
    let kind = MessageKind::Response;
    Ok(Message { document, kind, method: "", id, params: None, name: None, uri: None, arguments: None })
}

fn is_id(document: Document<'_>, id: NodeId) -> bool {
    document.kind(id) == Kind::String || document.integer(id).is_some()
}

/// What a method takes from `params`.
struct Wants {
    name: bool,
    uri: bool,
    arguments: bool,
}

fn wants(method: &str) -> Wants {
    match method {
        "tools/call" | "prompts/get" => Wants { name: true, uri: false, arguments: true },
        "resources/read" | "resources/subscribe" | "resources/unsubscribe" => {
            Wants { name: false, uri: true, arguments: false }
        }
        _ => Wants { name: false, uri: false, arguments: false },
    }
}

fn read_params(mut message: Message<'_>) -> Result<Message<'_>, JsonFault> {
    let document = message.document;
    let wants = wants(message.method);
    let Some(params) = message.params else {
        if wants.name || wants.uri {
            return Err(fault(document, document.root(), FaultKind::Params));
        }
        return Ok(message);
    };
    refuse_imitations(document, params)?;
    for key in PROTOCOL_OBJECTS {
        if let Some(object) = document.get(params, key) {
            refuse_imitations(document, object)?;
        }
    }
    let wrong = fault(document, params, FaultKind::Params);
    let text = |key: &str| document.get(params, key).and_then(|node| document.str(node)).ok_or(wrong);
    if wants.name {
        message.name = Some(text("name")?);
    }
    if wants.uri {
        message.uri = Some(text("uri")?);
    }
    if wants.arguments {
        message.arguments = document.get(params, "arguments");
    }
    if message.arguments.is_some_and(|arguments| document.kind(arguments) != Kind::Object) {
        return Err(wrong);
    }
    Ok(message)
}

fn refuse_imitations(document: Document<'_>, object: NodeId) -> Result<(), JsonFault> {
    for (key, node) in document.members(object) {
        if imitates_protocol_key(key) {
            return Err(fault(document, node, FaultKind::CaseFoldedKey));
        }
    }
    Ok(())
}

fn fault(document: Document<'_>, node: NodeId, kind: FaultKind) -> JsonFault {
    JsonFault { kind, offset: document.offset(node) }
}
