//! The normal form of a definition: the parts that a model, a client or a policy reads, in one order.

use super::{Kind, Mirrored};
use serde_json::{Map, Value};

/// How deep schemas are followed; what is deeper is compared as it stands.
const DEEPEST: usize = 64;

/// A definition in normal form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition(Value);

/// The parts of a definition that are compared. What else a server says (`_meta`, `execution`) is not
/// captured by every client of the protocol, and no model reads it.
const PARTS: [&str; 7] = ["name", "title", "description", "inputSchema", "outputSchema", "icons", "arguments"];
/// The hints that the protocol knows.
const HINTS: [&str; 5] = ["title", "readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"];

impl Definition {
    /// The normal form of what a catalog holds or a server presents.
    pub fn of(kind: Kind, entry: &Value) -> Definition {
        let mut parts = pick(entry, &PARTS);
        if kind == Kind::Tool {
            let hints = pick(&entry["annotations"], &HINTS);
            if !hints.is_empty() {
                parts.insert("annotations".to_owned(), Value::Object(hints));
            }
        }
        Definition(Value::Object(parts))
    }
}

/// Members of an object that are there, in order, without nulls and empty lists.
fn pick(object: &Value, names: &[&str]) -> Map<String, Value> {
    let mut picked = Map::new();
    for name in names {
        let Some(value) = object.get(*name) else { continue };
        let is_nothing = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
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
