//! From text to nodes, without recursion: open containers stand on a stack of their own.

use super::document::{Node, NodeId, Payload, StringRef};
use super::number::{self, Parts};
use super::{Buffers, DEEPEST, FaultKind, JsonFault, Limits, narrow, string, widen};

/// A container that is not closed yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    node: NodeId,
    is_object: bool,
    /// Its last child so far; the container itself when there is none.
    last: NodeId,
    count: u32,
}

struct Reader<'b, 't> {
    buffers: &'b mut Buffers,
    text: &'t str,
    position: usize,
    max_depth: usize,
    max_nodes: usize,
}

/// Fills the buffers from a text whose length the caller has checked.
pub(super) fn read(buffers: &mut Buffers, text: &str, limits: &Limits) -> Result<(), JsonFault> {
    buffers.clear();
    let max_depth = widen(limits.max_depth.min(DEEPEST));
    let mut reader = Reader { buffers, text, position: 0, max_depth, max_nodes: widen(limits.max_nodes) };
    reader.text()
}

impl Reader<'_, '_> {
    /// `ws value ws`
    fn text(&mut self) -> Result<(), JsonFault> {
        let mut key = None;
        loop {
            let opened = self.value(key)?;
            if opened && !self.close_if_empty()? {
                key = self.member_key()?;
                continue;
            }
            // Behind a value: close containers until one goes on.
            loop {
                if self.buffers.open.is_empty() {
                    return self.end_of_text();
                }
                if self.goes_on()? {
                    break;
                }
            }
            key = self.member_key()?;
        }
    }

    fn end_of_text(&mut self) -> Result<(), JsonFault> {
        self.skip_space();
        if self.position < self.text.len() { Err(self.fault(FaultKind::Trailing)) } else { Ok(()) }
    }

    /// Reads a value, or the bracket that opens one; tells whether it did open one.
    fn value(&mut self, key: Option<StringRef>) -> Result<bool, JsonFault> {
        self.skip_space();
        let node = self.push_node(key)?;
        match self.peek() {
            Some(b'{') => {
                return self.open(node, Payload::Object { count: 0, sorted: 0 });
            }
            Some(b'[') => return self.open(node, Payload::Array { count: 0 }),
            Some(b'"') => {
                self.advance(1);
                let string = self.string()?;
                self.finish(node, Payload::String(string));
            }
            Some(b't') => self.word(node, "true", Payload::Bool(true))?,
            Some(b'f') => self.word(node, "false", Payload::Bool(false))?,
            Some(b'n') => self.word(node, "null", Payload::Null)?,
            Some(b'-' | b'0'..=b'9') => self.number(node)?,
            _ => return Err(self.fault(FaultKind::Syntax)),
        }
        Ok(false)
    }

    fn push_node(&mut self, key: Option<StringRef>) -> Result<NodeId, JsonFault> {
        if self.buffers.nodes.len() >= self.max_nodes {
            return Err(self.fault(FaultKind::TooManyNodes));
        }
        let id = NodeId(narrow(self.buffers.nodes.len()));
        let start = narrow(self.position);
        self.buffers.nodes.push(Node {
            payload: Payload::Null,
            key: key.unwrap_or(StringRef::NONE),
            has_key: key.is_some(),
            start,
            end: start,
            next: 0,
        });
        if let Some(frame) = self.buffers.open.last_mut() {
            if frame.count > 0
                && let Some(last) = self.buffers.nodes.get_mut(frame.last.index())
            {
                last.next = id.0;
            }
            frame.last = id;
            frame.count = frame.count.saturating_add(1);
        }
        Ok(id)
    }

    fn open(&mut self, node: NodeId, payload: Payload) -> Result<bool, JsonFault> {
        if self.buffers.open.len() >= self.max_depth {
            return Err(self.fault(FaultKind::TooDeep));
        }
        self.advance(1);
        let is_object = matches!(payload, Payload::Object { .. });
        self.buffers.open.push(Frame { node, is_object, last: node, count: 0 });
        Ok(true)
    }

    fn close_if_empty(&mut self) -> Result<bool, JsonFault> {
        self.skip_space();
        let is_object = self.buffers.open.last().is_some_and(|frame| frame.is_object);
        let closing = if is_object { b'}' } else { b']' };
        if self.peek() != Some(closing) {
            return Ok(false);
        }
        self.close()?;
        Ok(true)
    }

    /// Behind a value in a container: true for a comma, false when the container is closed.
    fn goes_on(&mut self) -> Result<bool, JsonFault> {
        self.skip_space();
        let is_object = self.buffers.open.last().is_some_and(|frame| frame.is_object);
        match (self.peek(), is_object) {
            (Some(b','), _) => {
                self.advance(1);
                Ok(true)
            }
            (Some(b'}'), true) | (Some(b']'), false) => {
                self.close()?;
                Ok(false)
            }
            _ => Err(self.fault(FaultKind::Syntax)),
        }
    }

    fn close(&mut self) -> Result<(), JsonFault> {
        self.advance(1);
        let Some(frame) = self.buffers.open.pop() else {
            return Err(self.fault(FaultKind::Syntax));
        };
        let payload = if frame.is_object {
            Payload::Object { count: frame.count, sorted: self.sort_members(frame)? }
        } else {
            Payload::Array { count: frame.count }
        };
        self.finish(frame.node, payload);
        Ok(())
    }

    /// Lists the members sorted by key, and refuses a key that is there twice.
    fn sort_members(&mut self, frame: Frame) -> Result<u32, JsonFault> {
        let first = self.buffers.sorted.len();
        let mut member = NodeId(frame.node.0.saturating_add(1));
        for _ in 0..frame.count {
            self.buffers.sorted.push(member);
            let next = self.buffers.nodes.get(member.index()).map_or(0, |node| node.next);
            member = NodeId(next);
        }
        let Buffers { nodes, decoded, sorted, .. } = &mut *self.buffers;
        let text = self.text;
        let key = |member: &NodeId| {
            let key = nodes.get(member.index()).map_or(StringRef::NONE, |node| node.key);
            let source = if key.decoded { decoded.as_str() } else { text };
            source.get(widen(key.start)..widen(key.end)).unwrap_or_default()
        };
        let rows = sorted.get_mut(first..).unwrap_or_default();
        rows.sort_unstable_by(|a, b| key(a).cmp(key(b)).then(a.cmp(b)));
        for (left, right) in rows.iter().zip(rows.iter().skip(1)) {
            if key(left) == key(right) {
                let offset = nodes.get(right.index()).map_or(0, |node| node.start);
                return Err(JsonFault { kind: FaultKind::DuplicateKey, offset });
            }
        }
        Ok(narrow(first))
    }

    /// In an object: `ws string ws :`. In an array: nothing.
    fn member_key(&mut self) -> Result<Option<StringRef>, JsonFault> {
        if !self.buffers.open.last().is_some_and(|frame| frame.is_object) {
            return Ok(None);
        }
        self.skip_space();
        let start = self.position;
        self.expect(b'"')?;
        let key = self.string()?;
        let source = if key.decoded { self.buffers.decoded.as_str() } else { self.text };
        if source.get(widen(key.start)..widen(key.end)).unwrap_or_default().contains('\0') {
            return Err(JsonFault { kind: FaultKind::NulKey, offset: narrow(start) });
        }
        self.skip_space();
        self.expect(b':')?;
        Ok(Some(key))
    }

    fn string(&mut self) -> Result<StringRef, JsonFault> {
        let (string, next) = string::string(self.text, self.position, &mut self.buffers.decoded)
            .map_err(|(kind, offset)| JsonFault { kind, offset: narrow(offset) })?;
        self.position = next;
        Ok(string)
    }

    fn word(&mut self, node: NodeId, word: &str, payload: Payload) -> Result<(), JsonFault> {
        if !self.rest().starts_with(word.as_bytes()) {
            return Err(self.fault(FaultKind::Syntax));
        }
        self.advance(word.len());
        self.finish(node, payload);
        Ok(())
    }

    /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
    fn number(&mut self, node: NodeId) -> Result<(), JsonFault> {
        let start = self.position;
        let negative = self.take(b"-").is_some();
        let integer = self.digits()?;
        let leading_zero = self.text.as_bytes().get(integer.0) == Some(&b'0');
        if leading_zero && integer.1 > integer.0.saturating_add(1) {
            return Err(JsonFault { kind: FaultKind::Syntax, offset: narrow(integer.0) });
        }
        let mut fraction = (0, 0);
        if self.take(b".").is_some() {
            fraction = self.digits()?;
        }
        let mut exponent = (0, 0);
        let mut exponent_negative = false;
        if self.take(b"eE").is_some() {
            exponent_negative = self.take(b"+-") == Some(b'-');
            exponent = self.digits()?;
        }
        let bytes = self.text.as_bytes();
        let slice = |(from, to): (usize, usize)| bytes.get(from..to).unwrap_or_default();
        let parts = Parts {
            negative,
            integer: slice(integer),
            fraction: slice(fraction),
            exponent_negative,
            exponent: slice(exponent),
        };
        let inexact = JsonFault { kind: FaultKind::NumberInexact, offset: narrow(start) };
        let row = narrow(self.buffers.numbers.len());
        self.buffers.numbers.push(number::units(&parts).ok_or(inexact)?);
        self.finish(node, Payload::Number(row));
        Ok(())
    }

    fn digits(&mut self) -> Result<(usize, usize), JsonFault> {
        let start = self.position;
        let count = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.advance(count);
        if count == 0 { Err(self.fault(FaultKind::Syntax)) } else { Ok((start, self.position)) }
    }

    fn finish(&mut self, node: NodeId, payload: Payload) {
        let end = narrow(self.position);
        if let Some(node) = self.buffers.nodes.get_mut(node.index()) {
            node.payload = payload;
            node.end = end;
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), JsonFault> {
        if self.take(&[byte]).is_some() { Ok(()) } else { Err(self.fault(FaultKind::Syntax)) }
    }

    fn take(&mut self, any_of: &[u8]) -> Option<u8> {
        let byte = self.peek().filter(|byte| any_of.contains(byte))?;
        self.advance(1);
        Some(byte)
    }

    fn skip_space(&mut self) {
        let count = self.rest().iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
        self.advance(count);
    }

    fn rest(&self) -> &[u8] {
        self.text.as_bytes().get(self.position..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    fn advance(&mut self, count: usize) {
        self.position = self.position.saturating_add(count);
    }

    fn fault(&self, kind: FaultKind) -> JsonFault {
        JsonFault { kind, offset: narrow(self.position) }
    }
}
