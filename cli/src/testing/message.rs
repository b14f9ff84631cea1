//! The JSON-RPC message that a test's request stands for.

use super::json;
use mcpz_compiler::hir::{Action, TestRequest};
use mcpz_runtime::request::Direction;
use serde_json::{Map, Value, json};

/// Which way messages of an action go.
pub fn direction(action: Action) -> Direction {
    match action {
        Action::Sample | Action::Elicit | Action::Roots => Direction::ToClient,
        _ => Direction::ToServer,
    }
}

/// The message's text.
pub fn message(request: &TestRequest) -> Vec<u8> {
    let arguments = json::value(&request.arguments);
    let name = &request.name;
    let (method, params) = match request.action {
        Action::Call => ("tools/call", json!({"name": name, "arguments": arguments})),
        Action::Read => ("resources/read", json!({"uri": name})),
        Action::Subscribe => ("resources/subscribe", json!({"uri": name})),
        Action::Get => ("prompts/get", json!({"name": name, "arguments": arguments})),
        Action::Complete => ("completion/complete", completion(name, &arguments)),
        Action::Sample => ("sampling/createMessage", sampling(&arguments)),
        Action::Elicit => ("elicitation/create", elicitation(&arguments)),
        Action::Roots => ("roots/list", json!({})),
    };
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string().into_bytes()
}

fn completion(name: &str, arguments: &Value) -> Value {
    let first = arguments.as_object().and_then(|members| members.iter().next());
    let (key, value) = first.map_or(("", Value::String(String::new())), |(key, value)| (key.as_str(), value.clone()));
    let reference = if name.contains("://") {
        json!({"type": "ref/resource", "uri": name})
    } else {
        json!({"type": "ref/prompt", "name": name})
    };
    json!({"ref": reference, "argument": {"name": key, "value": value}})
}

/// Parameters of `sampling/createMessage` from the names policies use; other members pass as they are.
fn sampling(arguments: &Value) -> Value {
    let mut params = members(arguments);
    if let Some(tokens) = params.remove("max_tokens") {
        params.insert("maxTokens".to_owned(), tokens);
    }
    if let Some(model) = params.remove("model") {
        params.insert("modelPreferences".to_owned(), json!({"hints": [{"name": model}]}));
    }
    let count = match params.get("messages") {
        Some(Value::Number(number)) => number.as_u64().unwrap_or(0).min(1_000),
        Some(_) => return Value::Object(params),
        None => 1,
    };
    let one = json!({"role": "user", "content": {"type": "text", "text": "hello"}});
    params.insert("messages".to_owned(), (0..count).map(|_| one.clone()).collect());
    Value::Object(params)
}

/// Parameters of `elicitation/create`: `fields` become the properties of the requested schema, and
/// `asks_secret: true` a property that is a password.
fn elicitation(arguments: &Value) -> Value {
    let mut params = members(arguments);
    let secret = params.remove("asks_secret") == Some(Value::Bool(true));
    let fields = params.remove("fields");
    if params.contains_key("requestedSchema") {
        return Value::Object(params);
    }
    let mut properties = Map::new();
    for field in fields.as_ref().and_then(Value::as_array).into_iter().flatten() {
        if let Some(name) = field.as_str() {
            properties.insert(name.to_owned(), json!({"type": "string"}));
        }
    }
    if secret {
        properties.insert("password".to_owned(), json!({"type": "string", "format": "password"}));
    }
    params.entry("message".to_owned()).or_insert_with(|| Value::String("please fill in".to_owned()));
    params.insert("requestedSchema".to_owned(), json!({"type": "object", "properties": properties}));
    Value::Object(params)
}

fn members(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}
