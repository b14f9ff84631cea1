//! The normal form of a definition: the parts that a model, a client or a policy reads, in one order.

use super::{Kind, Mirrored};
use serde_json::{Map, Value, json};

/// How deep schemas are followed; what is deeper is compared as it stands.
const DEEPEST: usize = 64;

/// A definition in normal form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition(Value);

/// The parts of a definition that are compared, whatever it defines: all that the protocol has, but for what tells of a
/// resource's content (`size`), which changes with it.
const PARTS: [&str; 12] = [
    "name",
    "uri",
    "uriTemplate",
    "title",
    "description",
    "mimeType",
    "inputSchema",
    "outputSchema",
    "icons",
    "arguments",
    "_meta",
    "execution",
];
/// The hints about a tool that the protocol knows.
const HINTS: [&str; 5] = ["title", "readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"];
/// What the protocol says of whom a resource is for; `lastModified` changes with its content.
const AUDIENCE: [&str; 2] = ["audience", "priority"];

impl Definition {
    /// The normal form of what a catalog holds or a server presents.
    pub fn of(kind: Kind, entry: &Value) -> Definition {
        let mut parts = pick(entry, &PARTS);
        if parts.get("execution").is_some_and(|execution| *execution == json!({"taskSupport": "forbidden"})) {
            // That is what it is when nothing is said.
            parts.remove("execution");
        }
        let annotations = match kind {
            Kind::Tool => pick(&entry["annotations"], &HINTS),
            Kind::Resource | Kind::Template => pick(&entry["annotations"], &AUDIENCE),
            Kind::Prompt => Map::new(),
        };
        if !annotations.is_empty() {
            parts.insert("annotations".to_owned(), Value::Object(annotations));
        }
        Definition(Value::Object(parts))
    }
}

/// Members of an object that are there, in order, without nulls and what is empty.
fn pick(object: &Value, names: &[&str]) -> Map<String, Value> {
    let mut picked = Map::new();
    for name in names {
        let Some(value) = object.get(*name) else { continue };
        let is_nothing = value.is_null() || *value == json!([]) || *value == json!({});
        if !is_nothing {
            picked.insert((*name).to_owned(), sorted(value, 0));
        }
    }
    picked
}

/// Members of every object by name.
fn sorted(value: &Value, depth: usize) -> Value {
    match value {
        Value::Object(members) if depth < DEEPEST => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort();
            let members = names.into_iter().map(|name| (name.clone(), sorted(&members[name.as_str()], depth + 1)));
            Value::Object(members.collect())
        }
        Value::Array(items) if depth < DEEPEST => {
            Value::Array(items.iter().map(|item| sorted(item, depth + 1)).collect())
        }
        other => other.clone(),
    }
}

/// The `x-mcp-header` annotations of a schema, along `properties` alone.
pub fn mirrored(schema: &Value) -> Vec<Mirrored> {
    let mut found = Vec::new();
    collect(schema, &mut Vec::new(), &mut found);
    found
}

fn collect(schema: &Value, path: &mut Vec<String>, found: &mut Vec<Mirrored>) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    if path.len() >= DEEPEST {
        return;
    }
    for (name, property) in properties {
        path.push(name.clone());
        if let Some(header) = property.get("x-mcp-header").and_then(Value::as_str) {
            found.push(Mirrored { path: path.clone(), header: header.to_owned() });
        }
        collect(property, path, found);
        path.pop();
    }
}
