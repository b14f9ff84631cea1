//! A catalog as captured from a server: plain JSON, in an order that does not depend on the server.

use serde_json::{Map, Value, json};

/// What a server offers, as it said it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Capture {
    /// The server's answer to the handshake.
    pub server: Value,
    /// `tools/list`.
    pub tools: Vec<Value>,
    /// `resources/list`.
    pub resources: Vec<Value>,
    /// `resources/templates/list`.
    pub resource_templates: Vec<Value>,
    /// `prompts/list`.
    pub prompts: Vec<Value>,
}

/// Members of an entry that stand first, in this order; the others follow by name.
const FIRST: [&str; 6] = ["name", "uri", "uriTemplate", "title", "description", "annotations"];

impl Capture {
    /// Puts entries as the server wrote them in the place of those that the client library kept: it drops members that
    /// it does not know, and pins hold them.
    pub fn complete(&mut self, heard: &[u8]) {
        let messages: Vec<Value> =
            heard.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
        for (entries, list, key) in [
            (&mut self.tools, "tools", "name"),
            (&mut self.resources, "resources", "uri"),
            (&mut self.resource_templates, "resourceTemplates", "uriTemplate"),
            (&mut self.prompts, "prompts", "name"),
        ] {
            let said = messages.iter().filter_map(|message| message["result"][list].as_array()).flatten();
            let said: Vec<&Value> = said.collect();
            for entry in entries {
                if let Some(whole) = said.iter().rev().find(|whole| whole[key] == entry[key]) {
                    entry.clone_from(whole);
                }
            }
        }
    }

    /// The catalog document: entries by name, members in a fixed order, so that the same offer gives
    /// the same bytes.
    pub fn to_json(&self, acknowledged: Option<&Value>) -> Value {
        let mut catalog = Map::new();
        catalog.insert("server".to_owned(), self.identity());
        catalog.insert("tools".to_owned(), sorted(&self.tools, "name"));
        catalog.insert("resources".to_owned(), sorted(&self.resources, "uri"));
        catalog.insert("resourceTemplates".to_owned(), sorted(&self.resource_templates, "uriTemplate"));
        catalog.insert("prompts".to_owned(), sorted(&self.prompts, "name"));
        if let Some(acknowledged) = acknowledged {
            catalog.insert("acknowledged".to_owned(), acknowledged.clone());
        }
        Value::Object(catalog)
    }

    /// The file's text.
    pub fn to_text(&self, acknowledged: Option<&Value>) -> String {
        let mut text = serde_json::to_string_pretty(&self.to_json(acknowledged)).unwrap_or_default();
        text.push('\n');
        text
    }

    fn identity(&self) -> Value {
        let info = &self.server["serverInfo"];
        json!({
            "name": info["name"],
            "version": info["version"],
            "protocolVersion": self.server["protocolVersion"],
        })
    }
}

fn sorted(entries: &[Value], key: &str) -> Value {
    let mut entries: Vec<Value> = entries.iter().map(entry_in_order).collect();
    entries.sort_by(|a, b| a[key].as_str().cmp(&b[key].as_str()));
    Value::Array(entries)
}

fn entry_in_order(entry: &Value) -> Value {
    let Value::Object(members) = entry else {
        return entry.clone();
    };
    let mut ordered = Map::new();
    for name in FIRST {
        if let Some(value) = members.get(name) {
            ordered.insert(name.to_owned(), by_name(value, 0));
        }
    }
    let mut rest: Vec<&String> = members.keys().filter(|name| !FIRST.contains(&name.as_str())).collect();
    rest.sort();
    for name in rest {
        ordered.insert(name.clone(), by_name(&members[name.as_str()], 0));
    }
    Value::Object(ordered)
}

/// Members of every object below, by name. Below the depth that `serde_json` itself reads nothing is touched.
fn by_name(value: &Value, depth: usize) -> Value {
    match value {
        Value::Object(members) if depth < 128 => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort();
            Value::Object(names.into_iter().map(|n| (n.clone(), by_name(&members[n.as_str()], depth + 1))).collect())
        }
        Value::Array(items) if depth < 128 => Value::Array(items.iter().map(|i| by_name(i, depth + 1)).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_a_server_answers_in_does_not_matter() {
        let a = json!({"name": "a", "inputSchema": {"type": "object", "properties": {"x": {}, "y": {}}}});
        let a_turned = json!({"inputSchema": {"properties": {"y": {}, "x": {}}, "type": "object"}, "name": "a"});
        let b = json!({"name": "b", "inputSchema": {"type": "object"}});
        let one = Capture { tools: vec![a, b.clone()], ..Capture::default() };
        let two = Capture { tools: vec![b, a_turned], ..Capture::default() };
        assert_eq!(one.to_text(None), two.to_text(None));
    }

    #[test]
    fn entries_are_kept_as_the_server_wrote_them() {
        let mut capture = Capture { tools: vec![json!({"name": "a"}), json!({"name": "b"})], ..Capture::default() };
        let whole = json!({"name": "a", "execution": {"taskSupport": "required"}, "_meta": {"x": 1}});
        let answer = json!({"jsonrpc": "2.0", "id": 1, "result": {"tools": [whole]}});
        capture.complete(format!("no JSON\n{answer}\n").as_bytes());
        assert_eq!(capture.tools, [whole, json!({"name": "b"})]);
    }

    #[test]
    fn what_was_acknowledged_is_kept() {
        let kept = json!({"a": ["pattern"]});
        let catalog = Capture::default().to_json(Some(&kept));
        assert_eq!(catalog["acknowledged"], kept);
    }
}
