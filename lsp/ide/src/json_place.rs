//! Where things stand in a JSON file: a catalog's tools and their parameters.

use crate::place::offset;
use std::ops::Range;

/// Deepest nesting that is looked into.
const MAX_DEPTH: usize = 100;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its bytes.
    pub range: Range<u32>,
    /// What it is.
    pub kind: NodeKind,
}

/// Kinds of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeKind {
    /// Members: key, where the key stands, value.
    Object(Vec<(String, Range<u32>, Node)>),
    /// Elements.
    Array(Vec<Node>),
    /// A string without its quotes; escapes are left as they are.
    Text(String),
    /// A number, `true`, `false`, `null`, or what is no JSON.
    Other,
}

impl Node {
    /// The member of this key, and where the key stands.
    pub fn member(&self, key: &str) -> Option<(&Range<u32>, &Node)> {
        let NodeKind::Object(members) = &self.kind else { return None };
        members.iter().find(|(name, ..)| name == key).map(|(_, range, node)| (range, node))
    }

    /// The elements.
    pub fn elements(&self) -> &[Node] {
        match &self.kind {
            NodeKind::Array(elements) => elements,
            _ => &[],
        }
    }

    /// The text of a string.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Reads a file. What is no JSON ends where it is found.
pub fn read(text: &str) -> Node {
    Reader { text, at: 0 }.value(0)
}

/// Where the entry of this name stands in a list of a catalog: its `name`'s value.
pub fn named_entry<'n>(file: &'n Node, list: &str, name: &str) -> Option<(&'n Node, Range<u32>)> {
    let (_, list) = file.member(list)?;
    list.elements().iter().find_map(|entry| {
        let (_, value) = entry.member("name")?;
        (value.text() == Some(name)).then(|| (entry, value.range.clone()))
    })
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blank(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        self.blank();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self, depth: usize) -> Node {
        self.blank();
        let start = self.at;
        let kind = match self.peek() {
            Some(b'{') if depth < MAX_DEPTH => self.object(depth),
            Some(b'[') if depth < MAX_DEPTH => self.array(depth),
            Some(b'"') => NodeKind::Text(self.string()),
            _ => {
                let rest = self.text.get(self.at..).unwrap_or("");
                self.at += rest.find([',', ']', '}']).unwrap_or(rest.len());
                NodeKind::Other
            }
        };
        Node { range: offset(start)..offset(self.at), kind }
    }

    fn object(&mut self, depth: usize) -> NodeKind {
        let mut members = Vec::new();
        self.at += 1;
        while !self.eat(b'}') {
            self.blank();
            let start = self.at;
            if self.peek() != Some(b'"') {
                break;
            }
            let key = self.string();
            let range = offset(start)..offset(self.at);
            if !self.eat(b':') {
                break;
            }
            let value = self.value(depth + 1);
            members.push((key, range, value));
            if !self.eat(b',') {
                self.eat(b'}');
                break;
            }
        }
        NodeKind::Object(members)
    }

    fn array(&mut self, depth: usize) -> NodeKind {
        let mut elements = Vec::new();
        self.at += 1;
        while !self.eat(b']') {
            let before = self.at;
            elements.push(self.value(depth + 1));
            if !self.eat(b',') {
                self.eat(b']');
                break;
            }
            if self.at == before {
                break;
            }
        }
        NodeKind::Array(elements)
    }

    fn string(&mut self) -> String {
        let start = self.at + 1;
        self.at = start;
        while let Some(byte) = self.peek() {
            match byte {
                b'\\' => self.at += 2,
                b'"' => break,
                _ => self.at += 1,
            }
        }
        let end = self.at.min(self.text.len());
        self.at = (end + 1).min(self.text.len());
        self.text.get(start..end).unwrap_or("").to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_found_by_name() {
        let text = r#"{"tools": [{"name": "a", "x": {"name": "b"}}, {"name": "b", "inputSchema": {"properties": {"p": {}}}}]}"#;
        let file = read(text);
        let (entry, range) = named_entry(&file, "tools", "b").unwrap();
        assert_eq!(text.rfind("\"b\""), usize::try_from(range.start).ok());
        let properties = entry.member("inputSchema").unwrap().1.member("properties").unwrap().1;
        assert!(properties.member("p").is_some());
    }

    #[test]
    fn broken_files_are_read_as_far_as_they_go() {
        for text in ["", "{", "[[[", "{\"a\": [1, ", "{\"a", "nonsense]", "\"\\", "{\"a\":}"] {
            let _ = read(text);
        }
        let _ = read(&"[".repeat(10_000));
    }
}
