//! Reads a call straight from the bytes, in one pass, keeping only what the rules may read.
//!
//! This is the limit to compare with, not a reader to use: it does not check what it skips, nor
//! UTF-8, nor duplicate keys.

use crate::model::{DEEP, INT_FIELDS, Shape, TEXT_FIELDS};
use memchr::memchr2;
use std::borrow::Cow;

/// A call, read.
#[derive(Debug, Default)]
pub struct RawCall<'a> {
    /// The tool.
    pub tool: Cow<'a, [u8]>,
    /// By [`crate::model::TextField::index`].
    pub texts: [Option<Cow<'a, [u8]>>; 4],
    /// By [`crate::model::IntField::index`].
    pub ints: [Option<i64>; 2],
}

/// Reads a call; none when the bytes are none that it knows.
pub fn read(text: &[u8], shape: Shape) -> Option<RawCall<'_>> {
    let mut scan = Scan { text, at: 0 };
    let mut call = RawCall::default();
    let mut is_call = false;
    scan.members(|scan, key| {
        match key {
            b"method" => is_call = scan.string()? == Raw { bytes: b"tools/call", escaped: false },
            b"params" => params(scan, shape, &mut call)?,
            _ => scan.skip()?,
        }
        Some(())
    })?;
    is_call.then_some(call)
}

fn params<'a>(scan: &mut Scan<'a>, shape: Shape, call: &mut RawCall<'a>) -> Option<()> {
    scan.members(|scan, key| match key {
        b"name" => {
            call.tool = scan.string()?.decode()?;
            Some(())
        }
        b"arguments" => match shape {
            Shape::Flat => arguments(scan, call),
            Shape::Deep => below(scan, &DEEP, call),
        },
        _ => scan.skip(),
    })
}

/// The arguments, below these keys.
fn below<'a>(scan: &mut Scan<'a>, keys: &[&str], call: &mut RawCall<'a>) -> Option<()> {
    let Some((first, rest)) = keys.split_first() else {
        return arguments(scan, call);
    };
    scan.members(|scan, key| if key == first.as_bytes() { below(scan, rest, call) } else { scan.skip() })
}

fn arguments<'a>(scan: &mut Scan<'a>, call: &mut RawCall<'a>) -> Option<()> {
    scan.members(|scan, key| {
        if let Some(field) = TEXT_FIELDS.iter().find(|field| field.name().as_bytes() == key) {
            call.texts[field.index()] = Some(scan.string()?.decode()?);
        } else if let Some(field) = INT_FIELDS.iter().find(|field| field.name().as_bytes() == key) {
            call.ints[field.index()] = Some(scan.int()?);
        } else {
            scan.skip()?;
        }
        Some(())
    })
}

/// The inside of a string as it stands in the text.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Raw<'a> {
    bytes: &'a [u8],
    escaped: bool,
}

impl<'a> Raw<'a> {
    fn decode(self) -> Option<Cow<'a, [u8]>> {
        if !self.escaped {
            return Some(Cow::Borrowed(self.bytes));
        }
        let quoted = [b"\"", self.bytes, b"\""].concat();
        serde_json::from_slice::<String>(&quoted).ok().map(|text| Cow::Owned(text.into_bytes()))
    }
}

struct Scan<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    /// The next byte that is no space.
    fn peek(&mut self) -> Option<u8> {
        loop {
            match *self.text.get(self.at)? {
                b' ' | b'\n' | b'\r' | b'\t' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    fn expect(&mut self, wanted: u8) -> Option<()> {
        (self.peek()? == wanted).then(|| self.at += 1)
    }

    /// Calls `member` at the value of each member of an object.
    fn members(&mut self, mut member: impl FnMut(&mut Scan<'a>, &'a [u8]) -> Option<()>) -> Option<()> {
        self.expect(b'{')?;
        if self.peek()? == b'}' {
            self.at += 1;
            return Some(());
        }
        loop {
            let key = self.string()?;
            self.expect(b':')?;
            member(self, key.bytes)?;
            match self.peek()? {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    fn string(&mut self) -> Option<Raw<'a>> {
        self.expect(b'"')?;
        let start = self.at;
        let mut escaped = false;
        loop {
            let rest = self.text.get(self.at..)?;
            let found = memchr2(b'"', b'\\', rest)?;
            if rest[found] == b'"' {
                let bytes = &self.text[start..self.at + found];
                self.at += found + 1;
                return Some(Raw { bytes, escaped });
            }
            escaped = true;
            self.at += found + 2;
        }
    }

    fn int(&mut self) -> Option<i64> {
        let negative = self.peek()? == b'-';
        self.at += usize::from(negative);
        let (start, mut value) = (self.at, 0i64);
        while let Some(digit @ b'0'..=b'9') = self.text.get(self.at) {
            value = value.checked_mul(10)?.checked_add(i64::from(digit - b'0'))?;
            self.at += 1;
        }
        (self.at > start).then_some(if negative { -value } else { value })
    }

    fn skip(&mut self) -> Option<()> {
        match self.peek()? {
            b'"' => self.string().map(|_| ()),
            b'{' | b'[' => self.skip_nested(),
            _ => {
                let rest = self.text.get(self.at..)?;
                self.at += rest.iter().position(|byte| matches!(byte, b',' | b'}' | b']'))?;
                Some(())
            }
        }
    }

    fn skip_nested(&mut self) -> Option<()> {
        let mut depth = 0usize;
        loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Some(());
            }
        }
    }
}
