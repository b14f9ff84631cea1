//! What a message asks: its method, and the target in the pinned catalog.

use crate::json::{Document, Kind, Message, NodeId};
use crate::request::Direction;
use crate::vm::context::{Asked, Uri};
use alloc::string::{String, ToString};
use mcpz_bytecode::Program;
use mcpz_bytecode::ids::ServerId;
use mcpz_bytecode::image::{Action, ServerImage};
use mcpz_bytecode::value::uri::is_clean;

/// What a method is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// Governed by rules.
    Action(Action),
    /// A listing.
    List(Listing),
    /// Keeps the protocol going.
    Protocol,
}

/// What is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listing {
    /// Tools.
    Tools,
    /// Resources.
    Resources,
    /// Resource templates.
    Templates,
    /// Prompts.
    Prompts,
}

/// The method by its name and direction; `None` when it is unknown.
pub(crate) fn method(name: &str, direction: Direction) -> Option<Method> {
    match direction {
        Direction::ToServer => to_server(name),
        Direction::ToClient => to_client(name),
    }
}

/// What clients may ask of servers.
fn to_server(name: &str) -> Option<Method> {
    Some(match name {
        "tools/call" => Method::Action(Action::Call),
        "resources/read" => Method::Action(Action::Read),
        "resources/subscribe" | "resources/unsubscribe" => Method::Action(Action::Subscribe),
        "prompts/get" => Method::Action(Action::Get),
        "completion/complete" => Method::Action(Action::Complete),
        "tools/list" => Method::List(Listing::Tools),
        "resources/list" => Method::List(Listing::Resources),
        "resources/templates/list" => Method::List(Listing::Templates),
        "prompts/list" => Method::List(Listing::Prompts),
        "initialize"
        | "ping"
        | "logging/setLevel"
        | "notifications/initialized"
        | "notifications/cancelled"
        | "notifications/progress"
        | "notifications/roots/list_changed" => Method::Protocol,
        _ => return None,
    })
}

/// What servers may ask of clients.
fn to_client(name: &str) -> Option<Method> {
    Some(match name {
        "sampling/createMessage" => Method::Action(Action::Sample),
        "elicitation/create" => Method::Action(Action::Elicit),
        "roots/list" => Method::Action(Action::Roots),
        "ping"
        | "notifications/message"
        | "notifications/progress"
        | "notifications/cancelled"
        | "notifications/tools/list_changed"
        | "notifications/resources/list_changed"
        | "notifications/resources/updated"
        | "notifications/prompts/list_changed"
        | "notifications/elicitation/complete" => Method::Protocol,
        _ => return None,
    })
}

/// A request about a server, without a target yet.
pub(crate) fn blank<'a>(action: Action, server: ServerId) -> Asked<'a> {
    let empty = Document::empty_object();
    Asked {
        action,
        server,
        by_server: matches!(action, Action::Sample | Action::Elicit | Action::Roots),
        tool: None,
        prompt: None,
        uri: None,
        arguments: (empty, empty.root()),
        details: None,
        checked: None,
    }
}

/// Texts that are made of the message, to be read as JSON: `sample`, `elicit`, arguments of a completion.
#[derive(Debug, Default)]
pub(crate) struct MadeTexts {
    /// `sample` or `elicit`.
    pub details: String,
    /// Arguments of a completion.
    pub arguments: String,
}

/// Makes the texts that the action needs; most need none.
pub(crate) fn make_texts(action: Action, message: &Message<'_>) -> Option<MadeTexts> {
    if !matches!(action, Action::Sample | Action::Elicit | Action::Complete) {
        return None;
    }
    let mut made = MadeTexts { details: "{}".to_string(), arguments: "{}".to_string() };
    let Some(params) = message.params else {
        return Some(made);
    };
    match action {
        Action::Sample => made.details = sample_details(message.document, params),
        Action::Elicit => made.details = elicit_details(message.document, params),
        Action::Complete => made.arguments = completion_arguments(message.document, params),
        _ => {}
    }
    Some(made)
}

/// What is asked, or `None` when the target is unknown; `made` are details and arguments that were
/// made of the message.
pub(crate) fn asked<'a>(
    program: &Program,
    row: &ServerImage,
    blank: Asked<'a>,
    message: &Message<'a>,
    made: Option<(Document<'a>, Document<'a>)>,
) -> Option<Asked<'a>> {
    let (details, arguments) = made.unwrap_or((Document::empty_object(), Document::empty_object()));
    let mut asked = blank;
    if let Some(node) = message.arguments {
        asked.arguments = (message.document, node);
    }
    match asked.action {
        Action::Call => asked.tool = Some(program.tool(asked.server, message.name?)?),
        Action::Get => asked.prompt = Some(prompt(row, message.name?)?),
        Action::Read | Action::Subscribe => asked.uri = Some(resource(row, message.uri?)?),
        Action::Complete => {
            asked.arguments = (arguments, arguments.root());
            complete(row, message, &mut asked)?;
        }
        Action::Sample | Action::Elicit => asked.details = Some(details),
        Action::Roots => {}
    }
    Some(asked)
}

/// The row of a prompt.
pub(crate) fn prompt(row: &ServerImage, name: &str) -> Option<usize> {
    row.prompts.iter().position(|prompt| prompt.name == name)
}

/// A resource that the catalog lists, or that one of its templates makes. One that is not listed
/// must be spelled in the one clean way.
pub(crate) fn resource<'a>(row: &ServerImage, uri: &'a str) -> Option<Uri<'a>> {
    let listed = row.resources.iter().any(|known| known == uri);
    let made = || is_clean(uri) && row.templates.iter().any(|template| template_makes(template, uri));
    (listed || made()).then_some(Uri::Known(uri))
}

/// Whether a template (RFC 6570 level 1) can make a URI: each variable stands for one or more
/// characters but `/`. Matched by segments, so that the work stays small.
fn template_makes(template: &str, uri: &str) -> bool {
    let (mut parts, mut texts) = (template.split('/'), uri.split('/'));
    loop {
        match (parts.next(), texts.next()) {
            (None, None) => return true,
            (Some(part), Some(text)) if segment_makes(part, text) => {}
            _ => return false,
        }
    }
}

/// Whether a segment of a template can make a segment of a URI.
fn segment_makes(template: &str, text: &str) -> bool {
    let Some((fixed, rest)) = template.split_once('{') else {
        return template == text;
    };
    let Some((_, mut after)) = rest.split_once('}') else {
        return template == text;
    };
    let Some(mut left) = text.strip_prefix(fixed) else {
        return false;
    };
    // Each variable takes at least one character; literals between them are found as early as they can.
    loop {
        let Some(first) = left.chars().next() else {
            return false;
        };
        let behind = left.get(first.len_utf8()..).unwrap_or("");
        match after.split_once('{').and_then(|(literal, rest)| rest.split_once('}').map(|(_, rest)| (literal, rest))) {
            None => return behind.ends_with(after),
            Some((literal, rest)) => {
                let Some(at) = behind.find(literal) else {
                    return false;
                };
                left = behind.get(at.saturating_add(literal.len())..).unwrap_or("");
                after = rest;
            }
        }
    }
}

/// `ref` names a prompt or a resource template.
fn complete<'a>(row: &ServerImage, message: &Message<'a>, asked: &mut Asked<'a>) -> Option<()> {
    let document = message.document;
    let reference = document.get(message.params?, "ref")?;
    let text = |key: &str| document.get(reference, key).and_then(|node| document.str(node));
    match text("type")? {
        "ref/prompt" => asked.prompt = Some(prompt(row, text("name")?)?),
        "ref/resource" => {
            let uri = text("uri")?;
            let template = row.templates.iter().any(|template| template == uri);
            asked.uri = if template { Some(Uri::Known(uri)) } else { Some(resource(row, uri)?) };
        }
        _ => return None,
    }
    Some(())
}

/// Appends `"key": value` to an object's text.
fn push_member(out: &mut String, key: &str, value: &str) {
    if !out.ends_with('{') {
        out.push(',');
    }
    push_string(out, key);
    out.push(':');
    out.push_str(value);
}

/// Appends a JSON string.
pub(crate) fn push_string(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            control if control < ' ' => {
                let code = u32::from(control);
                out.push_str("\\u00");
                for shift in [4_u32, 0] {
                    let digit = code.checked_shr(shift).unwrap_or(0) & 15;
                    out.push(char::from_digit(digit, 16).unwrap_or('0'));
                }
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

/// `sample`: the bound on tokens, the wanted model, and how many messages.
fn sample_details(document: Document<'_>, params: NodeId) -> String {
    let mut out = String::from("{");
    if let Some(tokens) = document.get(params, "maxTokens") {
        push_member(&mut out, "max_tokens", document.raw(tokens));
    }
    let hints = document.get(params, "modelPreferences").and_then(|node| document.get(node, "hints"));
    let first = hints.and_then(|hints| document.elements(hints).next());
    if let Some(name) = first.and_then(|hint| document.get(hint, "name")) {
        push_member(&mut out, "model", document.raw(name));
    }
    if let Some(messages) = document.get(params, "messages")
        && document.kind(messages) == Kind::Array
    {
        push_member(&mut out, "messages", &document.size(messages).to_string());
    }
    out.push('}');
    out
}

/// Members of a form's schema that say nothing of what is asked for.
const PLAIN_MEMBERS: [&str; 6] = ["$schema", "type", "title", "description", "properties", "required"];

/// `elicit`: its mode, its fields, and whether it asks for a secret, as far as can be told.
fn elicit_details(document: Document<'_>, params: NodeId) -> String {
    let mode = document.get(params, "mode");
    let schema = document.get(params, "requestedSchema");
    let properties = schema.and_then(|schema| document.get(schema, "properties"));
    let is_object = |node: NodeId| document.kind(node) == Kind::Object;
    let is_plain = mode.is_none_or(|mode| document.str(mode).is_some())
        && schema.is_none_or(|schema| {
            is_object(schema) && document.members(schema).all(|(name, _)| PLAIN_MEMBERS.contains(&name))
        })
        && properties.is_none_or(is_object);
    let mut fields = String::from("[");
    let mut secret = !is_plain;
    for (name, field) in properties.into_iter().flat_map(|properties| document.members(properties)) {
        if !fields.ends_with('[') {
            fields.push(',');
        }
        push_string(&mut fields, name);
        secret |= looks_secret(name) || !is_object(field) || is_secret_field(document, field);
    }
    fields.push(']');
    let mut mode_text = String::new();
    push_string(&mut mode_text, mode.and_then(|mode| document.str(mode)).unwrap_or("form"));
    let mut out = String::from("{");
    push_member(&mut out, "asks_secret", if secret { "true" } else { "false" });
    push_member(&mut out, "mode", &mode_text);
    push_member(&mut out, "fields", &fields);
    out.push('}');
    out
}

/// Whether a field says of itself that it holds a secret.
fn is_secret_field(document: Document<'_>, field: NodeId) -> bool {
    let text = |name: &str| document.get(field, name).and_then(|node| document.str(node));
    text("title").is_some_and(looks_secret) || text("format") == Some("password")
}

/// Whether a field's name suggests a secret.
fn looks_secret(name: &str) -> bool {
    let lower = name.to_lowercase();
    ["password", "secret", "token", "key"].iter().any(|word| lower.contains(word))
}

/// Arguments of a completion: those resolved before, and the one being completed.
fn completion_arguments(document: Document<'_>, params: NodeId) -> String {
    let argument = document.get(params, "argument");
    let current = argument.and_then(|node| {
        let name = document.get(node, "name").and_then(|name| document.str(name))?;
        Some((name, document.get(node, "value")?))
    });
    let earlier = document.get(params, "context").and_then(|node| document.get(node, "arguments"));
    let mut out = String::from("{");
    if let Some(earlier) = earlier {
        for (key, value) in document.members(earlier) {
            if current.is_none_or(|(name, _)| name != key) {
                push_member(&mut out, key, document.raw(value));
            }
        }
    }
    if let Some((name, value)) = current {
        push_member(&mut out, name, document.raw(value));
    }
    out.push('}');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_make_what_their_variables_can() {
        for (template, uri, makes) in [
            ("file:///w/{team}/{name}", "file:///w/red/a", true),
            ("file:///w/{team}/{name}", "file:///w/red", false),
            ("file:///w/{team}", "file:///w/", false),
            ("file:///w/{team}.txt", "file:///w/a.b.txt", true),
            ("file:///w/{team}.txt", "file:///w/.txt", false),
            ("x:{a}-{b}", "x:1-2-3", true),
            ("x:{a}-{b}", "x:-2", false),
            ("x:{a}{b}", "x:1", false),
            ("x:{a}{b}", "x:12", true),
            ("x:/fixed", "x:/fixed", true),
        ] {
            assert_eq!(template_makes(template, uri), makes, "{template} {uri}");
        }
    }
}
