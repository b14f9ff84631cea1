//! The document: an arena of nodes in the order of the text, and ways to look into it.
//!
//! A node is followed by its descendants; `next` leads behind them. Members of small objects are
//! found by walking them, those of large objects in a list sorted by key. An id of another document
//! is harmless: it finds another node or none.

use super::side::{Large, Side};
use super::{narrow, widen};
use alloc::string::String;
use mcpz_bytecode::schema::{Name, same};

/// Objects of more members have them listed by key.
pub(super) const SMALL_OBJECT: u32 = 16;

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

/// What a node is, and what its `payload` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Null,
    False,
    True,
    /// Row of the integers.
    Integer,
    /// Row of the decimals.
    Decimal,
    /// A string without escapes: it stands in the text as it is.
    Plain,
    /// Row of the strings with escapes.
    Escaped,
    /// Number of elements.
    Array,
    /// Number of members, at most [`SMALL_OBJECT`].
    Object,
    /// Row of the large objects.
    LargeObject,
}

/// Where a key stands. A word, so that a [`Key`] is three words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Source {
    /// There is none.
    None,
    /// In the text.
    Text,
    /// Among the decoded keys.
    Decoded,
}

/// The key of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) start: u32,
    pub(super) length: u32,
    pub(super) source: Source,
}

impl Key {
    pub(super) const NONE: Key = Key { start: 0, length: 0, source: Source::None };

    /// Its characters.
    #[inline(always)]
    pub(super) fn of<'a>(self, text: &'a str, decoded: &'a str) -> &'a str {
        let source = if self.source == Source::Decoded { decoded } else { text };
        let start = widen(self.start);
        source.get(start..start.wrapping_add(widen(self.length))).unwrap_or_default()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Node {
    /// Its text, first byte.
    pub(super) start: u32,
    /// Its text, behind the last byte.
    pub(super) end: u32,
    /// The node behind it and its descendants.
    pub(super) next: u32,
    pub(super) payload: u32,
    pub(super) key: Key,
    pub(super) shape: Shape,
}

/// A JSON text that was read: a view, cheap to copy.
#[derive(Debug, Clone, Copy)]
pub struct Document<'a> {
    pub(super) text: &'a str,
    pub(super) nodes: &'a [Node],
    /// Absent where no node refers to it.
    pub(super) side: Option<&'a Side>,
}

static EMPTY_OBJECT: [Node; 1] = [Node { start: 0, end: 2, next: 1, payload: 0, key: Key::NONE, shape: Shape::Object }];

impl Document<'static> {
    /// The document `{}`, which stands for arguments that are absent.
    pub const fn empty_object() -> Document<'static> {
        Document { text: "{}", nodes: &EMPTY_OBJECT, side: None }
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
    #[inline]
    pub fn kind(&self, node: NodeId) -> Kind {
        match self.node(node) {
            Some(node) => match node.shape {
                Shape::Null => Kind::Null,
                Shape::False | Shape::True => Kind::Bool,
                Shape::Integer | Shape::Decimal => Kind::Number,
                Shape::Plain | Shape::Escaped => Kind::String,
                Shape::Array => Kind::Array,
                Shape::Object | Shape::LargeObject => Kind::Object,
            },
            None => self.name_text(node).map_or(Kind::Null, |_| Kind::String),
        }
    }

    /// Whether it is `null`.
    pub fn is_null(&self, node: NodeId) -> bool {
        self.kind(node) == Kind::Null
    }

    /// The value of `true` or `false`.
    pub fn bool(&self, node: NodeId) -> Option<bool> {
        match self.node(node)?.shape {
            Shape::True => Some(true),
            Shape::False => Some(false),
            _ => None,
        }
    }

    /// The text of a string, escapes decoded.
    #[inline]
    pub fn str(&self, node: NodeId) -> Option<&'a str> {
        let Some(found) = self.node(node) else {
            return self.name_text(node);
        };
        match found.shape {
            Shape::Plain => self.text.get(widen(found.start).wrapping_add(1)..widen(found.end).wrapping_sub(1)),
            Shape::Escaped => Some(self.side?.unescaped(found.payload, self.text)),
            _ => None,
        }
    }

    /// The exact value of a number, times 10^18.
    #[inline]
    pub fn number(&self, node: NodeId) -> Option<i128> {
        let node = self.node(node)?;
        match node.shape {
            Shape::Integer => self.short_integer(node)?.checked_mul(super::number::ONE),
            Shape::Decimal => self.side?.decimals.get(widen(node.payload)).copied(),
            _ => None,
        }
    }

    /// The value of a number that is integral: `1`, `1.0` and `10e-1` are 1.
    #[inline]
    pub fn integer(&self, node: NodeId) -> Option<i128> {
        let found = self.node(node)?;
        if found.shape == Shape::Integer {
            return self.short_integer(found);
        }
        let units = self.number(node)?;
        if units.checked_rem(super::number::ONE)? == 0 { units.checked_div(super::number::ONE) } else { None }
    }

    fn short_integer(&self, node: &Node) -> Option<i128> {
        self.side?.integers.get(widen(node.payload)).map(|value| i128::from(*value))
    }

    /// A member of an object; `None` when it is absent or the node is no object.
    #[inline]
    pub fn get(&self, object: NodeId, key: &str) -> Option<NodeId> {
        self.member(object, key.as_bytes())
    }

    /// As [`Document::get`], by the bytes of the key.
    #[inline]
    pub(crate) fn member(&self, object: NodeId, key: &[u8]) -> Option<NodeId> {
        let found = self.node(object)?;
        match found.shape {
            Shape::Object => self.member_of_few(object, found.next, key),
            Shape::LargeObject => {
                let side = self.side?;
                let large = side.large.get(widen(found.payload))?;
                let first = widen(large.first);
                let rows = side.sorted.get(first..first.checked_add(widen(large.count))?)?;
                let name = |row: &u32| self.key(NodeId(*row)).unwrap_or_default().as_bytes();
                let found = rows.binary_search_by(|row| name(row).cmp(key)).ok()?;
                rows.get(found).copied().map(NodeId)
            }
            _ => None,
        }
    }

    /// A member of a small object: most others are told apart by the length of their key.
    #[inline]
    fn member_of_few(&self, object: NodeId, end: u32, key: &[u8]) -> Option<NodeId> {
        let length = narrow(key.len());
        let mut next = object.0.saturating_add(1);
        while let Some((id, node)) = advance(self, &mut next, end) {
            if node.key.length == length && self.key_of(node).is_some_and(|name| same(name.as_bytes(), key)) {
                return Some(id);
            }
        }
        None
    }

    /// The members of an object in the order of the text; nothing when it is no object.
    pub fn members(&self, object: NodeId) -> Members<'a> {
        let is_object = |node: &Node| matches!(node.shape, Shape::Object | Shape::LargeObject);
        let (next, end) = self.children(object, is_object);
        Members { document: *self, next, end }
    }

    /// The elements of an array; nothing when it is no array.
    pub fn elements(&self, array: NodeId) -> Elements<'a> {
        let (next, end) = self.children(array, |node| node.shape == Shape::Array);
        Elements { document: *self, next, end }
    }

    /// The rows from the first child on, and behind the last.
    fn children(&self, parent: NodeId, has_them: impl Fn(&Node) -> bool) -> (u32, u32) {
        match self.node(parent) {
            Some(node) if has_them(node) => (parent.0.saturating_add(1), node.next),
            _ => (0, 0),
        }
    }

    /// Number of members or elements.
    pub fn size(&self, node: NodeId) -> usize {
        match self.node(node) {
            Some(Node { shape: Shape::Array | Shape::Object, payload, .. }) => widen(*payload),
            Some(Node { shape: Shape::LargeObject, payload, .. }) => {
                let large: Option<&Large> = self.side.and_then(|side| side.large.get(widen(*payload)));
                large.map_or(0, |large| widen(large.count))
            }
            _ => 0,
        }
    }

    /// The key of a node in the object it stands in.
    pub fn key(&self, node: NodeId) -> Option<&'a str> {
        self.key_of(self.node(node)?)
    }

    #[inline(always)]
    fn key_of(&self, node: &Node) -> Option<&'a str> {
        match node.key.source {
            Source::None => None,
            _ => Some(node.key.of(self.text, self.side.map_or("", |side| &side.decoded))),
        }
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

    /// The text of a node that is a name.
    #[cold]
    fn name_text(&self, node: NodeId) -> Option<&'a str> {
        self.key(self.named(node))
    }

    /// The text of the node as it came.
    pub fn raw(&self, node: NodeId) -> &'a str {
        self.nodes
            .get(node.index())
            .and_then(|node| self.text.get(widen(node.start)..widen(node.end)))
            .unwrap_or_default()
    }

    /// The node behind this one and all that it holds; a document's own end where there is none.
    pub fn after(&self, node: NodeId) -> NodeId {
        NodeId(self.nodes.get(node.index()).map_or(narrow(self.nodes.len()), |node| node.next))
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

    /// How many nodes a value is made of, itself among them.
    pub fn weight(&self, node: NodeId) -> u32 {
        self.node(node).map_or(1, |found| found.next.saturating_sub(node.0).max(1))
    }

    /// Whether two nodes are equal values: numbers by value, objects whatever their order.
    pub fn equal(&self, a: NodeId, b: NodeId) -> bool {
        match (self.kind(a), self.kind(b)) {
            (Kind::Null, Kind::Null) => true,
            (Kind::Bool, Kind::Bool) => self.bool(a) == self.bool(b),
            (Kind::Number, Kind::Number) => self.number(a) == self.number(b),
            (Kind::String, Kind::String) => self.str(a) == self.str(b),
            (Kind::Array, Kind::Array) => {
                self.size(a) == self.size(b)
                    && self.elements(a).zip(self.elements(b)).all(|(left, right)| self.equal(left, right))
            }
            (Kind::Object, Kind::Object) => {
                self.size(a) == self.size(b)
                    && self.members(a).all(|(key, left)| self.get(b, key).is_some_and(|right| self.equal(left, right)))
            }
            _ => false,
        }
    }

    /// As [`Document::members`], with keys as bytes.
    #[inline(always)]
    pub(crate) fn members_by_bytes(&self, object: NodeId) -> impl Iterator<Item = (&'a [u8], NodeId)> + use<'a> {
        self.members_by_name(object).map(|(name, node)| (name.text(), node))
    }

    /// As [`Document::members`], with keys to be looked up.
    #[inline(always)]
    pub(crate) fn members_by_name(&self, object: NodeId) -> impl Iterator<Item = (Name<'a>, NodeId)> + use<'a> {
        let Members { document, mut next, end } = self.members(object);
        core::iter::from_fn(move || {
            let (id, node) = advance(&document, &mut next, end)?;
            let source = match node.key.source {
                Source::Decoded => document.side?.decoded.as_bytes(),
                _ => document.text.as_bytes(),
            };
            Some((Name::within(source, widen(node.key.start), widen(node.key.length))?, id))
        })
    }

    #[inline(always)]
    fn node(&self, node: NodeId) -> Option<&'a Node> {
        self.nodes.get(node.index())
    }

    /// The child of `parent` that is `node` or holds it, and its position.
    fn child_towards(&self, parent: NodeId, node: NodeId) -> Option<(u32, NodeId)> {
        let is_container = |node: &Node| matches!(node.shape, Shape::Array | Shape::Object | Shape::LargeObject);
        let (mut child, end) = self.children(parent, is_container);
        let mut position = 0_u32;
        while child < end {
            let next = self.node(NodeId(child))?.next;
            if node.0 < next {
                return Some((position, NodeId(child)));
            }
            child = next;
            position = position.saturating_add(1);
        }
        None
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
    next: u32,
    end: u32,
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a str, NodeId);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (id, node) = advance(&self.document, &mut self.next, self.end)?;
        Some((self.document.key_of(node)?, id))
    }
}

/// The elements of an array.
#[derive(Debug, Clone)]
pub struct Elements<'a> {
    document: Document<'a>,
    next: u32,
    end: u32,
}

impl Iterator for Elements<'_> {
    type Item = NodeId;

    #[inline]
    fn next(&mut self) -> Option<NodeId> {
        advance(&self.document, &mut self.next, self.end).map(|(id, _)| id)
    }
}

/// The child at `next`; moves on to its sibling.
#[inline(always)]
fn advance<'a>(document: &Document<'a>, next: &mut u32, end: u32) -> Option<(NodeId, &'a Node)> {
    if *next >= end {
        return None;
    }
    let id = NodeId(*next);
    let node = document.node(id)?;
    // A node's `next` is behind it, so that a walk ends.
    *next = node.next;
    Some((id, node))
}
