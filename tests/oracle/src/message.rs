//! The protocol message: its envelope, its method, and what it asks.

use crate::json::{self, Fault, Json};
use crate::world::{Asked, Uri};
use mcpz_compiler::hir::{Action, Member, Program, Server, ServerId};
use mcpz_runtime::request::Direction;

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

/// Objects of `params` whose keys are the protocol's too.
const PROTOCOL_OBJECTS: [&str; 5] = ["_meta", "argument", "context", "ref", "task"];

/// Reads the bytes of a message.
pub fn read(bytes: &[u8]) -> Result<Message, Fault> {
    let root = json::read(bytes)?;
    match &root {
        Json::Object(_) => {}
        Json::Array(_) => return Err("input_batch"),
        _ => return Err("input_not_object"),
    }
    no_imitations(&root)?;
    if root.get("jsonrpc").and_then(Json::as_str) != Some("2.0") {
        return Err("input_envelope");
    }
    let is_response = root.get("result").is_some() || root.get("error").is_some();
    let Some(method) = root.get("method") else {
        return response(&root);
    };
    let (Some(method), false) = (method.as_str(), is_response) else {
        return Err("input_envelope");
    };
    if !root.get("id").is_none_or(is_id) {
        return Err("input_envelope");
    }
    let params = match root.get("params") {
        None => Json::Object(Vec::new()),
        Some(params @ Json::Object(_)) => params.clone(),
        Some(_) => return Err("input_envelope"),
    };
    no_imitations(&params)?;
    PROTOCOL_OBJECTS.iter().filter_map(|key| params.get(key)).try_for_each(no_imitations)?;
    params_fit(method, &params)?;
    Ok(Message { method: Some(method.to_string()), params })
}

/// A response: a result or an error, with an id (which an error may lack).
fn response(root: &Json) -> Result<Message, Fault> {
    let (result, error, id) = (root.get("result"), root.get("error"), root.get("id"));
    let id_fits = match id {
        Some(Json::Null) | None => error.is_some(),
        Some(id) => is_id(id),
    };
    let error_fits = error.is_none_or(|error| matches!(error, Json::Object(_)));
    if result.is_some() == error.is_some() || !id_fits || !error_fits || root.get("params").is_some() {
        return Err("input_envelope");
    }
    Ok(Message { method: None, params: Json::Object(Vec::new()) })
}

fn no_imitations(object: &Json) -> Result<(), Fault> {
    let Json::Object(members) = object else {
        return Ok(());
    };
    let folded = |text: &str| text.replace('\u{17f}', "s").replace('\u{212a}', "k").to_lowercase();
    let imitates = |key: &str| {
        let words = || PROTOCOL_WORDS.split_whitespace();
        words().all(|word| word != key) && words().any(|word| folded(word) == folded(key))
    };
    if members.iter().any(|(key, _)| imitates(key)) { Err("input_case_folded_key") } else { Ok(()) }
}

fn is_id(id: &Json) -> bool {
    match id {
        Json::String(_) => true,
        Json::Number(scaled) => crate::exact::integral(*scaled).is_some(),
        _ => false,
    }
}

fn params_fit(method: &str, params: &Json) -> Result<(), Fault> {
    let has = |key: &str| matches!(params.get(key), Some(Json::String(_)));
    let arguments = || matches!(params.get("arguments"), None | Some(Json::Object(_)));
    let fits = match method {
        "tools/call" | "prompts/get" => has("name") && arguments(),
        "resources/read" | "resources/subscribe" | "resources/unsubscribe" => has("uri"),
        _ => true,
    };
    if fits { Ok(()) } else { Err("input_params") }
}

/// What a method is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Governed by rules.
    Action(Action),
    /// A listing.
    List(Listing),
    /// Keeps the protocol going.
    Protocol,
}

/// What is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
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
pub fn method(name: &str, direction: Direction) -> Option<Method> {
    let to_server = match name {
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
        _ => return to_client(name).filter(|_| direction == Direction::ToClient),
    };
    if direction == Direction::ToServer { Some(to_server) } else { to_client(name) }
}

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

/// What is asked, or `None` when the target is unknown.
pub fn asked(program: &Program, server: ServerId, action: Action, params: &Json) -> Option<Asked> {
    let row = program.servers.get(server.index())?;
    let mut asked = Asked {
        action,
        server,
        by_server: matches!(action, Action::Sample | Action::Elicit | Action::Roots),
        tool: None,
        prompt: None,
        uri: None,
        arguments: params.get("arguments").cloned().unwrap_or(Json::Object(Vec::new())),
        details: Json::Object(Vec::new()),
    };
    let name = params.get("name").and_then(Json::as_str);
    match action {
        Action::Call => asked.tool = Some(tool(row, server, name?)?),
        Action::Get => asked.prompt = Some(prompt(row, server, name?)?),
        Action::Read | Action::Subscribe => {
            asked.uri = Some(resource(row, params.get("uri").and_then(Json::as_str)?)?);
        }
        Action::Complete => complete(row, server, params, &mut asked)?,
        Action::Sample => asked.details = sample_details(params),
        Action::Elicit => asked.details = elicit_details(params),
        Action::Roots => {}
    }
    Some(asked)
}

/// The tool of a name.
pub fn tool(row: &Server, server: ServerId, name: &str) -> Option<Member> {
    let at = row.tools.iter().position(|tool| tool.name == name)?;
    Some(Member { server, index: u32::try_from(at).ok()? })
}

/// The prompt of a name.
pub fn prompt(row: &Server, server: ServerId, name: &str) -> Option<Member> {
    let at = row.prompts.iter().position(|prompt| prompt.name == name)?;
    Some(Member { server, index: u32::try_from(at).ok()? })
}

/// A resource that the catalog lists, or that one of its templates makes in its one clean spelling.
fn resource(row: &Server, uri: &str) -> Option<Uri> {
    let known = row.resources.iter().any(|listed| listed == uri)
        || (is_clean(uri) && row.resource_templates.iter().any(|template| template_makes(template, uri)));
    known.then(|| Uri::Known(uri.to_string()))
}

/// Whether no other spelling could name the same resource, as far as spelling tells.
fn is_clean(uri: &str) -> bool {
    let Some((scheme, rest)) = uri.split_once(':') else {
        return false;
    };
    let odd = |c: char| c.is_control() || c.is_whitespace() || c == '\\';
    if scheme.is_empty() || uri.len() > 8192 || uri.chars().any(odd) {
        return false;
    }
    if !scheme.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c)) {
        return false;
    }
    let path = rest.split(['?', '#']).next().unwrap_or("");
    let encodings: Vec<&str> = rest.split('%').skip(1).collect();
    path.split('/').all(|segment| segment != "." && segment != "..") && encodings.iter().all(|code| is_needed(code))
}

/// Whether what follows a `%` is the code of a character that must be encoded and hides nothing.
fn is_needed(after: &str) -> bool {
    let Some(code) = after.get(..2).filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit())) else {
        return false;
    };
    let Ok(byte) = u8::from_str_radix(code, 16) else {
        return false;
    };
    let c = char::from(byte);
    let unreserved = c.is_ascii_alphanumeric() || "-._~".contains(c);
    !unreserved && !c.is_ascii_control() && !"/\\%".contains(c)
}

/// Whether a template (RFC 6570 level 1) can make a URI: each variable stands for one or more
/// characters but `/`.
pub fn template_makes(template: &str, uri: &str) -> bool {
    match template.split_once('{') {
        None => template == uri,
        Some((fixed, rest)) => {
            let Some((_, after)) = rest.split_once('}') else {
                return template == uri;
            };
            let Some(value) = uri.strip_prefix(fixed) else {
                return false;
            };
            let run = value.find('/').unwrap_or(value.len());
            (1..=run).filter(|at| value.is_char_boundary(*at)).any(|at| template_makes(after, &value[at..]))
        }
    }
}

/// `ref` names a prompt or a resource template; `argument` and `context.arguments` are the arguments.
fn complete(row: &Server, server: ServerId, params: &Json, asked: &mut Asked) -> Option<()> {
    let reference = params.get("ref")?;
    match reference.get("type").and_then(Json::as_str)? {
        "ref/prompt" => asked.prompt = Some(prompt(row, server, reference.get("name").and_then(Json::as_str)?)?),
        "ref/resource" => {
            let uri = reference.get("uri").and_then(Json::as_str)?;
            let template = row.resource_templates.iter().any(|template| template == uri);
            asked.uri = if template { Some(Uri::Known(uri.to_string())) } else { Some(resource(row, uri)?) };
        }
        _ => return None,
    }
    let mut arguments = match params.get("context").and_then(|context| context.get("arguments")) {
        Some(Json::Object(members)) => members.clone(),
        _ => Vec::new(),
    };
    if let Some(argument) = params.get("argument")
        && let (Some(Json::String(name)), Some(value)) = (argument.get("name"), argument.get("value"))
    {
        arguments.retain(|(key, _)| key != name);
        arguments.push((name.clone(), value.clone()));
    }
    asked.arguments = Json::Object(arguments);
    Some(())
}

/// `sample`: the bound on tokens, the wanted model, and how many messages.
fn sample_details(params: &Json) -> Json {
    let mut fields = Vec::new();
    if let Some(tokens) = params.get("maxTokens") {
        fields.push(("max_tokens".to_string(), tokens.clone()));
    }
    let hints = params.get("modelPreferences").and_then(|preferences| preferences.get("hints"));
    if let Some(Json::Array(hints)) = hints
        && let Some(name) = hints.first().and_then(|hint| hint.get("name"))
    {
        fields.push(("model".to_string(), name.clone()));
    }
    if let Some(Json::Array(messages)) = params.get("messages") {
        let count = i128::try_from(messages.len()).unwrap_or(0);
        fields.push(("messages".to_string(), Json::Number(count * crate::exact::ONE)));
    }
    Json::Object(fields)
}

/// `elicit`: its mode, its fields, and whether one of them looks like a secret.
fn elicit_details(params: &Json) -> Json {
    let mode = params.get("mode").and_then(Json::as_str).unwrap_or("form");
    let properties = params.get("requestedSchema").and_then(|schema| schema.get("properties"));
    let names: Vec<String> = match properties {
        Some(Json::Object(members)) => members.iter().map(|(name, _)| name.clone()).collect(),
        _ => Vec::new(),
    };
    let secret = names.iter().any(|name| looks_secret(name));
    Json::Object(vec![
        ("asks_secret".to_string(), Json::Bool(secret)),
        ("mode".to_string(), Json::String(mode.to_string())),
        ("fields".to_string(), Json::Array(names.into_iter().map(Json::String).collect())),
    ])
}

fn looks_secret(name: &str) -> bool {
    let lower = name.to_lowercase();
    ["password", "secret", "token", "key"].iter().any(|word| lower.contains(word))
}
