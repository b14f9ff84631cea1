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
    let members = Envelope::of(document, root)?;
    let envelope = fault(document, root, FaultKind::Envelope);
    let version = members.version.and_then(|node| document.str(node));
    if version.map(str::as_bytes) != Some(b"2.0") {
        return Err(envelope);
    }
    let Envelope { id, params, .. } = members;
    let Some(method) = members.method else {
        return response(document, &members);
    };
    if members.result.is_some() || members.error.is_some() {
        return Err(envelope);
    }
    if id.is_some_and(|id| !is_id(document, id)) {
        return Err(envelope);
    }
    let method = document.str(method).ok_or(envelope)?;
    if params.is_some_and(|params| document.kind(params) != Kind::Object) {
        return Err(envelope);
    }
    let kind = if id.is_some() { MessageKind::Request } else { MessageKind::Notification };
    let message = Message { document, kind, method, id, params, name: None, uri: None, arguments: None };
    read_params(message)
}

/// The members of the envelope.
#[derive(Default)]
struct Envelope {
    version: Option<NodeId>,
    id: Option<NodeId>,
    method: Option<NodeId>,
    params: Option<NodeId>,
    result: Option<NodeId>,
    error: Option<NodeId>,
}

impl Envelope {
    /// Finds them in one walk, and refuses imitations.
    fn of(document: Document<'_>, root: NodeId) -> Result<Envelope, JsonFault> {
        let mut found = Envelope::default();
        for (key, node) in document.members_by_bytes(root) {
            match key {
                b"jsonrpc" => found.version = Some(node),
                b"id" => found.id = Some(node),
                b"method" => found.method = Some(node),
                b"params" => found.params = Some(node),
                b"result" => found.result = Some(node),
                b"error" => found.error = Some(node),
                other => refuse_imitation(document, other, node)?,
            }
        }
        Ok(found)
    }
}

/// `{jsonrpc, id, result}` or `{jsonrpc, id, error}`; the id of an error may be null or absent.
fn response<'a>(document: Document<'a>, members: &Envelope) -> Result<Message<'a>, JsonFault> {
    let Envelope { id, error, .. } = *members;
    let has_result = members.result.is_some();
    let error_is_sound = error.is_none_or(|error| document.kind(error) == Kind::Object);
    let id_is_sound = match id {
        Some(id) => is_id(document, id) || (error.is_some() && document.is_null(id)),
        None => error.is_some(),
    };
    let one_of_both = has_result != error.is_some();
    let stray_params = members.params.is_some();
    if !one_of_both || !error_is_sound || !id_is_sound || stray_params {
        return Err(fault(document, document.root(), FaultKind::Envelope));
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
    match method.as_bytes() {
        b"tools/call" | b"prompts/get" => Wants { name: true, uri: false, arguments: true },
        b"resources/read" | b"resources/subscribe" | b"resources/unsubscribe" => {
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
    let members = Params::of(document, params)?;
    for object in members.objects.into_iter().flatten() {
        for (key, node) in document.members_by_bytes(object) {
            refuse_imitation(document, key, node)?;
        }
    }
    let wrong = fault(document, params, FaultKind::Params);
    let text = |node: Option<NodeId>| node.and_then(|node| document.str(node)).ok_or(wrong);
    if wants.name {
        message.name = Some(text(members.name)?);
    }
    if wants.uri {
        message.uri = Some(text(members.uri)?);
    }
    if wants.arguments {
        message.arguments = members.arguments;
    }
    if message.arguments.is_some_and(|arguments| document.kind(arguments) != Kind::Object) {
        return Err(wrong);
    }
    Ok(message)
}

/// The members of `params`.
#[derive(Default)]
struct Params {
    name: Option<NodeId>,
    uri: Option<NodeId>,
    arguments: Option<NodeId>,
    /// Those in [`PROTOCOL_OBJECTS`], in that order.
    objects: [Option<NodeId>; PROTOCOL_OBJECTS.len()],
}

impl Params {
    /// Finds them in one walk, and refuses imitations.
    fn of(document: Document<'_>, params: NodeId) -> Result<Params, JsonFault> {
        let mut found = Params::default();
        for (key, node) in document.members_by_bytes(params) {
            match key {
                b"name" => found.name = Some(node),
                b"uri" => found.uri = Some(node),
                b"arguments" => found.arguments = Some(node),
                other => match PROTOCOL_OBJECTS.iter().position(|object| object.as_bytes() == other) {
                    Some(row) => found.objects.iter_mut().skip(row).take(1).for_each(|place| *place = Some(node)),
                    None => refuse_imitation(document, other, node)?,
                },
            }
        }
        Ok(found)
    }
}

fn refuse_imitation(document: Document<'_>, key: &[u8], node: NodeId) -> Result<(), JsonFault> {
    if imitates_protocol_key(key) {
        return Err(fault(document, node, FaultKind::CaseFoldedKey));
    }
    Ok(())
}

fn fault(document: Document<'_>, node: NodeId, kind: FaultKind) -> JsonFault {
    JsonFault { kind, offset: document.offset(node) }
}
