//! From text to nodes, without recursion: open containers stand on a stack of their own.

use super::document::{Key, Node, SMALL_OBJECT, Shape, Source};
use super::number::{self, Number};
use super::scan::plain_end;
use super::side::{Large, Ranked, Side};
use super::{Buffers, DEEPEST, FaultKind, JsonFault, Limits, narrow, string, widen};
use alloc::vec::Vec;
use mcpz_bytecode::schema::head;

/// A container that is not closed yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    node: u32,
    count: u32,
    /// One bit per key, chosen by a hash: a key whose bit is clear is new.
    keys: u64,
    is_object: bool,
    /// A key is there twice. That is reported when the object closes, unless something else is wrong.
    twice: bool,
}

impl Frame {
    /// Around the value that the text is.
    const OUTSIDE: Frame = Frame { node: 0, count: 0, keys: 0, is_object: false, twice: false };
}

/// The text is refused; why stands in the reader. Results without anything to carry stay in registers.
struct Stop;

struct Reader<'b, 't> {
    nodes: &'b mut Vec<Node>,
    side: &'b mut Side,
    /// What stands around `frame`.
    open: &'b mut Vec<Frame>,
    frame: Frame,
    text: &'t str,
    bytes: &'t [u8],
    position: usize,
    max_depth: usize,
    max_nodes: usize,
    fault: JsonFault,
}

/// Fills the buffers, which are empty, from a text whose length the caller has checked.
pub(super) fn read(buffers: &mut Buffers, text: &str, limits: &Limits) -> Result<(), JsonFault> {
    let Buffers { nodes, side, open } = buffers;
    let max_depth = widen(limits.max_depth.min(DEEPEST));
    let max_nodes = widen(limits.max_nodes);
    let bytes = text.as_bytes();
    let frame = Frame::OUTSIDE;
    let fault = JsonFault { kind: FaultKind::Syntax, offset: 0 };
    let mut reader = Reader { nodes, side, open, frame, text, bytes, position: 0, max_depth, max_nodes, fault };
    reader.text().map_err(|Stop| reader.fault)
}

impl Reader<'_, '_> {
    /// `ws value ws`
    fn text(&mut self) -> Result<(), Stop> {
        let mut key = Key::NONE;
        loop {
            let opened = self.value(key)?;
            if !opened || self.close_if_empty()? {
                // Behind a value: close containers until one goes on.
                loop {
                    if self.open.is_empty() {
                        return self.end_of_text();
                    }
                    if self.goes_on()? {
                        break;
                    }
                }
            }
            key = if self.frame.is_object { self.member_key()? } else { Key::NONE };
        }
    }

    fn end_of_text(&mut self) -> Result<(), Stop> {
        if self.token().is_some() { Err(self.stop(FaultKind::Trailing)) } else { Ok(()) }
    }

    /// Reads a value, or the bracket that opens one; tells whether it did open one.
    #[inline(always)]
    fn value(&mut self, key: Key) -> Result<bool, Stop> {
        let byte = self.token();
        if self.nodes.len() >= self.max_nodes {
            return Err(self.stop(FaultKind::TooManyNodes));
        }
        let start = self.position;
        let (shape, payload) = match byte {
            Some(b'"') => self.string()?,
            Some(b'{') => return self.open(key, Shape::Object),
            Some(b'[') => return self.open(key, Shape::Array),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.word("true", Shape::True)?,
            Some(b'f') => self.word("false", Shape::False)?,
            Some(b'n') => self.word("null", Shape::Null)?,
            _ => return Err(self.stop(FaultKind::Syntax)),
        };
        self.push(key, start, shape, payload);
        Ok(false)
    }

    /// Adds a node that ends here.
    #[inline(always)]
    fn push(&mut self, key: Key, start: usize, shape: Shape, payload: u32) {
        let next = narrow(self.nodes.len()).wrapping_add(1);
        self.frame.count = self.frame.count.wrapping_add(1);
        self.nodes.push(Node { start: narrow(start), end: narrow(self.position), next, payload, key, shape });
    }

    #[inline(always)]
    fn open(&mut self, key: Key, shape: Shape) -> Result<bool, Stop> {
        if self.open.len() >= self.max_depth {
            return Err(self.stop(FaultKind::TooDeep));
        }
        let node = narrow(self.nodes.len());
        self.push(key, self.position, shape, 0);
        self.advance(1);
        self.open.push(self.frame);
        self.frame = Frame { node, is_object: shape == Shape::Object, ..Frame::OUTSIDE };
        Ok(true)
    }

    #[inline(always)]
    fn close_if_empty(&mut self) -> Result<bool, Stop> {
        let closing = if self.frame.is_object { b'}' } else { b']' };
        if self.token() != Some(closing) {
            return Ok(false);
        }
        self.close()?;
        Ok(true)
    }

    /// Behind a value in a container: true for a comma, false when the container is closed.
    #[inline(always)]
    fn goes_on(&mut self) -> Result<bool, Stop> {
        match (self.token(), self.frame.is_object) {
            (Some(b','), _) => {
                self.advance(1);
                Ok(true)
            }
            (Some(b'}'), true) | (Some(b']'), false) => {
                self.close()?;
                Ok(false)
            }
            _ => Err(self.stop(FaultKind::Syntax)),
        }
    }

    #[inline(always)]
    fn close(&mut self) -> Result<(), Stop> {
        self.advance(1);
        let frame = self.frame;
        let payload = if frame.is_object && (frame.twice || frame.count > SMALL_OBJECT) {
            sort_members(self.nodes, self.side, self.text, frame).map_err(|fault| self.stop_at(fault))?
        } else {
            frame.count
        };
        let (end, next) = (narrow(self.position), narrow(self.nodes.len()));
        if let Some(node) = self.nodes.get_mut(widen(frame.node)) {
            (node.end, node.next, node.payload) = (end, next, payload);
            if frame.is_object && frame.count > SMALL_OBJECT {
                node.shape = Shape::LargeObject;
            }
        }
        if let Some(around) = self.open.pop() {
            self.frame = around;
        }
        Ok(())
    }

    /// `ws string ws :`
    #[inline(always)]
    fn member_key(&mut self) -> Result<Key, Stop> {
        if self.token() != Some(b'"') {
            return Err(self.stop(FaultKind::Syntax));
        }
        let start = self.position.wrapping_add(1);
        let end = plain_end(self.bytes, start);
        let key = if self.bytes.get(end) == Some(&b'"') {
            self.position = end.wrapping_add(1);
            Key { start: narrow(start), length: narrow(end.wrapping_sub(start)), source: Source::Text }
        } else {
            let (key, next) = escaped_key(self.side, self.text, start, end).map_err(|fault| self.stop_at(fault))?;
            self.position = next;
            key
        };
        self.note_key(key);
        if self.token() != Some(b':') {
            return Err(self.stop(FaultKind::Syntax));
        }
        self.advance(1);
        Ok(key)
    }

    /// Notes a key of the open object. Once there are many, sorting them will tell duplicates.
    #[inline(always)]
    fn note_key(&mut self, key: Key) {
        let source = if key.source == Source::Decoded { self.side.decoded.as_bytes() } else { self.bytes };
        let head = head(source.get(widen(key.start)..).unwrap_or_default(), widen(key.length));
        let hash = head.wrapping_add(u64::from(key.length)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let bit = 1_u64.wrapping_shl(u32::try_from(hash.wrapping_shr(58)).unwrap_or(0));
        if self.frame.keys & bit != 0 && self.frame.count < SMALL_OBJECT {
            let siblings = self.nodes.get(widen(self.frame.node)..).unwrap_or_default();
            self.frame.twice |= is_known(siblings, self.frame.node, &self.side.decoded, self.text, key);
        }
        self.frame.keys |= bit;
    }

    #[inline(always)]
    fn string(&mut self) -> Result<(Shape, u32), Stop> {
        let start = self.position.wrapping_add(1);
        let end = plain_end(self.bytes, start);
        if self.bytes.get(end) == Some(&b'"') {
            self.position = end.wrapping_add(1);
            return Ok((Shape::Plain, 0));
        }
        let end = string::escaped_end(self.bytes, end).map_err(|fault| self.stop_at(fault))?;
        self.position = end.wrapping_add(1);
        Ok((Shape::Escaped, self.side.note_escaped(narrow(start), narrow(end))))
    }

    #[inline(always)]
    fn word(&mut self, word: &str, shape: Shape) -> Result<(Shape, u32), Stop> {
        if !self.bytes.get(self.position..).unwrap_or_default().starts_with(word.as_bytes()) {
            return Err(self.stop(FaultKind::Syntax));
        }
        self.advance(word.len());
        Ok((shape, 0))
    }

    #[inline(always)]
    fn number(&mut self) -> Result<(Shape, u32), Stop> {
        let (number, next) = number::number(self.bytes, self.position).map_err(|fault| self.stop_at(fault))?;
        self.position = next;
        Ok(match number {
            Number::Integer(value) => {
                self.side.integers.push(value);
                (Shape::Integer, narrow(self.side.integers.len()).wrapping_sub(1))
            }
            Number::Units(value) => {
                self.side.decimals.push(value);
                (Shape::Decimal, narrow(self.side.decimals.len()).wrapping_sub(1))
            }
        })
    }

    /// The next byte that is no space; the position moves to it.
    #[inline(always)]
    fn token(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.position).copied();
        if byte.is_some_and(|byte| byte > b' ') {
            return byte;
        }
        self.position = behind_space(self.bytes, self.position);
        self.bytes.get(self.position).copied()
    }

    #[inline(always)]
    fn advance(&mut self, count: usize) {
        self.position = self.position.wrapping_add(count);
    }

    #[inline(always)]
    fn stop(&mut self, kind: FaultKind) -> Stop {
        self.stop_at((kind, self.position))
    }

    #[inline(always)]
    fn stop_at(&mut self, (kind, offset): string::Fault) -> Stop {
        self.fault = JsonFault { kind, offset: narrow(offset) };
        Stop
    }
}

// What follows is called seldom. It takes what it needs and not the reader, so that the reader's
// fields can stay in registers.

#[cold]
#[inline(never)]
fn behind_space(bytes: &[u8], position: usize) -> usize {
    let rest = bytes.get(position..).unwrap_or_default();
    let space = rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    position.wrapping_add(space.unwrap_or(rest.len()))
}

/// Lists the members sorted by key, and refuses a key that is there twice. Returns the row of the
/// large object.
#[cold]
#[inline(never)]
fn sort_members(nodes: &[Node], side: &mut Side, text: &str, frame: Frame) -> Result<u32, string::Fault> {
    let Side { decoded, sorted, large, ranked, .. } = side;
    let key = |member: u32| nodes.get(widen(member)).map_or("", |node| node.key.of(text, decoded)).as_bytes();
    let mut member = frame.node.saturating_add(1);
    let (common, first) = (key(member), sorted.len());
    let mut shared = common.len();
    ranked.clear();
    for _ in 0..frame.count {
        ranked.push(Ranked { beginning: 0, node: member });
        let alike = common.iter().zip(key(member)).take_while(|(left, right)| left == right).count();
        shared = shared.min(alike);
        member = nodes.get(widen(member)).map_or(u32::MAX, |node| node.next);
    }
    for row in ranked.iter_mut() {
        row.beginning = beginning(key(row.node).get(shared..).unwrap_or_default());
    }
    // No key holds NUL, so a shorter key's beginning is the smaller one, as its bytes are.
    ranked.sort_unstable_by(|a, b| {
        a.beginning.cmp(&b.beginning).then_with(|| key(a.node).cmp(key(b.node))).then(a.node.cmp(&b.node))
    });
    for (left, right) in ranked.iter().zip(ranked.iter().skip(1)) {
        if left.beginning == right.beginning && key(left.node) == key(right.node) {
            let offset = nodes.get(widen(right.node)).map_or(0, |node| node.start);
            return Err((FaultKind::DuplicateKey, widen(offset)));
        }
    }
    sorted.extend(ranked.iter().map(|row| row.node));
    large.push(Large { count: frame.count, first: narrow(first) });
    Ok(narrow(large.len()).saturating_sub(1))
}

/// The first eight bytes as a number that compares as they do.
fn beginning(key: &[u8]) -> u64 {
    let mut first = [0; 8];
    first.iter_mut().zip(key).for_each(|(place, byte)| *place = *byte);
    u64::from_be_bytes(first)
}

/// A key whose inside begins at `start` and whose first escape stands at `at`; what follows it.
#[cold]
#[inline(never)]
fn escaped_key(side: &mut Side, text: &str, start: usize, at: usize) -> Result<(Key, usize), string::Fault> {
    let end = string::escaped_end(text.as_bytes(), at)?;
    let decoded_start = side.decoded.len();
    string::decode(text.get(start..end).unwrap_or_default(), &mut side.decoded);
    let key = side.decoded.get(decoded_start..).unwrap_or_default();
    if key.contains('\0') {
        return Err((FaultKind::NulKey, start.saturating_sub(1)));
    }
    let key = Key { start: narrow(decoded_start), length: narrow(key.len()), source: Source::Decoded };
    Ok((key, end.saturating_add(1)))
}

/// Whether a member of an open object has this key. `nodes` begin with the object, which is `object`.
#[cold]
#[inline(never)]
fn is_known(nodes: &[Node], object: u32, decoded: &str, text: &str, key: Key) -> bool {
    let name = key.of(text, decoded);
    let mut member = 1_u32;
    while let Some(node) = nodes.get(widen(member)) {
        if node.key.length == key.length && node.key.of(text, decoded) == name {
            return true;
        }
        member = node.next.wrapping_sub(object);
    }
    false
}
