//! The document: an arena of nodes in the order of the text, and ways to look into it.
//!
//! A node is followed by its descendants; `next` leads to its next sibling. The members of an object
//! are also listed sorted by key, for look-ups. An id of another document is harmless: it finds
//! another node or none.

use super::{narrow, widen};
use alloc::string::String;

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `null`
    Null,
    /// `true`, `false`
    Bool,
    /// A number.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// A node of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(super) u32);

impl NodeId {
    /// The first value of a document.
    pub const ROOT: NodeId = NodeId(0);

    /// Its position in the order of the text, counted from 0.
    pub fn index(self) -> usize {
        widen(self.0)
    }
}

/// A string of the text, or of the side buffer when it had escapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StringRef {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) decoded: bool,
}

impl StringRef {
    pub(super) const NONE: StringRef = StringRef { start: 0, end: 0, decoded: false };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Payload {
    Null,
    Bool(bool),
    /// Row of `numbers`.
    Number(u32),
    String(StringRef),
    Array {
        count: u32,
    },
    Object {
        count: u32,
        /// First row of `sorted`.
        sorted: u32,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) payload: Payload,
    /// Its key, when its parent is an object (`has_key`).
    pub(super) key: StringRef,
    pub(super) has_key: bool,
    /// Its text, first byte.
    pub(super) start: u32,
    /// Its text, behind the last byte.
    pub(super) end: u32,
    /// The next sibling; 0 (which is no one's sibling) when there is none.
    pub(super) next: u32,
}

/// A JSON text that was read: a view, cheap to copy.
#[derive(Debug, Clone, Copy)]
pub struct Document<'a> {
    pub(super) text: &'a str,
    pub(super) decoded: &'a str,
    pub(super) nodes: &'a [Node],
    pub(super) numbers: &'a [i128],
    pub(super) sorted: &'a [NodeId],
}

static EMPTY_OBJECT: [Node; 1] = [Node {
    payload: Payload::Object { count: 0, sorted: 0 },
    key: StringRef::NONE,
    has_key: false,
    start: 0,
    end: 2,
    next: 0,
}];

impl Document<'static> {
    /// The document `{}`, which stands for arguments that are absent.
    pub const fn empty_object() -> Document<'static> {
        Document { text: "{}", decoded: "", nodes: &EMPTY_OBJECT, numbers: &[], sorted: &[] }
    }
}

impl<'a> Document<'a> {
    /// The value that the text is.
    pub fn root(&self) -> NodeId {
        NodeId::ROOT
    }

    /// Number of values, containers included.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Never true: a text has at least one value.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// What the node is.
    pub fn kind(&self, node: NodeId) -> Kind {
        match self.payload(node) {
            Payload::Null => Kind::Null,
            Payload::Bool(_) => Kind::Bool,
            Payload::Number(_) => Kind::Number,
            Payload::String(_) => Kind::String,
            Payload::Array { .. } => Kind::Array,
            Payload::Object { .. } => Kind::Object,
        }
    }

    /// Whether it is `null`.
    pub fn is_null(&self, node: NodeId) -> bool {
        self.kind(node) == Kind::Null
    }

    /// The value of `true` or `false`.
    pub fn bool(&self, node: NodeId) -> Option<bool> {
        match self.payload(node) {
            Payload::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The text of a string, escapes decoded.
    pub fn str(&self, node: NodeId) -> Option<&'a str> {
        match self.payload(node) {
            Payload::String(string) => Some(self.string(string)),
            _ => None,
        }
    }

    /// The exact value of a number, times 10^18.
    pub fn number(&self, node: NodeId) -> Option<i128> {
        match self.payload(node) {
            Payload::Number(row) => self.numbers.get(widen(row)).copied(),
            _ => None,
        }
    }

    /// The value of a number that is integral: `1`, `1.0` and `10e-1` are 1.
    pub fn integer(&self, node: NodeId) -> Option<i128> {
        let units = self.number(node)?;
        if units.checked_rem(super::number::ONE)? == 0 { units.checked_div(super::number::ONE) } else { None }
    }

    /// A member of an object; `None` when it is absent or the node is no object.
    pub fn get(&self, object: NodeId, key: &str) -> Option<NodeId> {
        let Payload::Object { count, sorted } = self.payload(object) else {
            return None;
        };
        let rows = self.sorted.get(widen(sorted)..widen(sorted.checked_add(count)?))?;
        let found = rows.binary_search_by(|member| self.key(*member).unwrap_or_default().cmp(key)).ok()?;
        rows.get(found).copied()
    }

    /// The members of an object in the order of the text; nothing when it is no object.
    pub fn members(&self, object: NodeId) -> Members<'a> {
        let is_object = matches!(self.payload(object), Payload::Object { .. });
        Members { document: *self, next: self.first_child(object).filter(|_| is_object) }
    }

    /// The elements of an array; nothing when it is no array.
    pub fn elements(&self, array: NodeId) -> Elements<'a> {
        let is_array = matches!(self.payload(array), Payload::Array { .. });
        Elements { document: *self, next: self.first_child(array).filter(|_| is_array) }
    }

    /// Number of members or elements.
    pub fn size(&self, node: NodeId) -> usize {
        match self.payload(node) {
            Payload::Array { count } | Payload::Object { count, .. } => widen(count),
            _ => 0,
        }
    }

    /// The key of a node in the object it stands in.
    pub fn key(&self, node: NodeId) -> Option<&'a str> {
        let node = self.nodes.get(node.index())?;
        if node.has_key { Some(self.string(node.key)) } else { None }
    }

    /// The name of a member as a node of its own, a string; the member itself when it has none. It
    /// stands behind the nodes of the text and is no part of the tree.
    pub fn name(&self, member: NodeId) -> NodeId {
        let row = member.index().checked_add(self.nodes.len()).filter(|_| self.key(member).is_some());
        row.and_then(|row| u32::try_from(row).ok()).map_or(member, NodeId)
    }

    /// The member whose name this node is; any other node is itself.
    fn named(&self, node: NodeId) -> NodeId {
        let row = node.index().checked_sub(self.nodes.len());
        row.map_or(node, |row| NodeId(narrow(row)))
    }

    /// The text of the node as it came.
    pub fn raw(&self, node: NodeId) -> &'a str {
        self.nodes
            .get(node.index())
            .and_then(|node| self.text.get(widen(node.start)..widen(node.end)))
            .unwrap_or_default()
    }

    /// Where the node's text begins.
    pub fn offset(&self, node: NodeId) -> u32 {
        self.nodes.get(node.index()).map_or(0, |node| node.start)
    }

    /// The JSON pointer of the node; of a name, that of its member.
    pub fn pointer(&self, node: NodeId) -> String {
        let node = self.named(node);
        let mut pointer = String::new();
        let mut parent = self.root();
        while parent < node {
            let Some((position, child)) = self.child_towards(parent, node) else {
                break;
            };
            pointer.push('/');
            match self.key(child) {
                Some(key) => push_escaped(&mut pointer, key),
                None => pointer.push_str(&alloc::format!("{position}")),
            }
            parent = child;
        }
        pointer
    }

    /// Whether two nodes are equal values: numbers by value, objects whatever their order.
    pub fn equal(&self, a: NodeId, b: NodeId) -> bool {
        match (self.payload(a), self.payload(b)) {
            (Payload::Null, Payload::Null) => true,
            (Payload::Bool(x), Payload::Bool(y)) => x == y,
            (Payload::Number(_), Payload::Number(_)) => self.number(a) == self.number(b),
            (Payload::String(x), Payload::String(y)) => self.string(x) == self.string(y),
            (Payload::Array { count: x }, Payload::Array { count: y }) => {
                x == y && self.elements(a).zip(self.elements(b)).all(|(left, right)| self.equal(left, right))
            }
            (Payload::Object { count: x, .. }, Payload::Object { count: y, .. }) => {
                x == y
                    && self.members(a).all(|(key, left)| self.get(b, key).is_some_and(|right| self.equal(left, right)))
            }
            _ => false,
        }
    }

    fn payload(&self, node: NodeId) -> Payload {
        match self.nodes.get(node.index()) {
            Some(node) => node.payload,
            None => match self.nodes.get(self.named(node).index()) {
                Some(member) if member.has_key => Payload::String(member.key),
                _ => Payload::Null,
            },
        }
    }

    fn string(&self, string: StringRef) -> &'a str {
        let source = if string.decoded { self.decoded } else { self.text };
        source.get(widen(string.start)..widen(string.end)).unwrap_or_default()
    }

    fn first_child(&self, node: NodeId) -> Option<NodeId> {
        if self.size(node) == 0 { None } else { node.0.checked_add(1).map(NodeId) }
    }

    fn next(&self, node: NodeId) -> Option<NodeId> {
        self.nodes.get(node.index()).map(|node| NodeId(node.next)).filter(|next| *next > node)
    }

    /// The child of `parent` that is `node` or holds it, and its position.
    fn child_towards(&self, parent: NodeId, node: NodeId) -> Option<(u32, NodeId)> {
        let mut child = self.first_child(parent)?;
        let mut position = 0_usize;
        while let Some(next) = self.next(child).filter(|next| *next <= node) {
            child = next;
            position = position.saturating_add(1);
        }
        Some((narrow(position), child))
    }
}

fn push_escaped(pointer: &mut String, key: &str) {
    for character in key.chars() {
        match character {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}

/// The members of an object.
#[derive(Debug, Clone)]
pub struct Members<'a> {
    document: Document<'a>,
    next: Option<NodeId>,
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a str, NodeId);

    fn next(&mut self) -> Option<Self::Item> {
        let node = self.next?;
        self.next = self.document.next(node);
        Some((self.document.key(node)?, node))
    }
}

/// The elements of an array.
#[derive(Debug, Clone)]
pub struct Elements<'a> {
    document: Document<'a>,
    next: Option<NodeId>,
}

impl Iterator for Elements<'_> {
    type Item = NodeId;

    fn next(&mut self) -> Option<NodeId> {
        let node = self.next?;
        self.next = self.document.next(node);
        Some(node)
    }
}
