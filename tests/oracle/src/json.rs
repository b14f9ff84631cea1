//! A strict JSON reader of its own, and the envelope of a protocol message.
//!
//! It refuses what the runtime's reader refuses, by the same names: duplicate keys at any depth
//! (after escapes), NUL in keys, lone surrogates, numbers outside the exact domain, depth, size and
//! text after the value. Keys of the envelope that only differ from a protocol key by case are refused too.

use crate::exact;

/// Limits of the reader; the runtime has the same.
const MAX_BYTES: usize = 4 * 1024 * 1024;
const MAX_DEPTH: usize = 64;
const MAX_NODES: usize = 200_000;

/// A JSON value with exact numbers. Objects keep their order.
#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number times 10^18.
    Number(i128),
    /// Text.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// The member of an object.
    pub fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Json::String(text) => Some(text),
            _ => None,
        }
    }
}

/// Why a text was refused: the name of the fault.
pub type Fault = &'static str;

/// Reads one JSON text.
pub fn read(bytes: &[u8]) -> Result<Json, Fault> {
    if bytes.len() > MAX_BYTES {
        return Err("input_too_long");
    }
    let text = std::str::from_utf8(bytes).map_err(|_| "input_not_utf8")?;
    let mut reader = Reader { rest: text, nodes: 0 };
    let value = reader.value(0)?;
    reader.space();
    if reader.rest.is_empty() { Ok(value) } else { Err("input_trailing") }
}

struct Reader<'a> {
    rest: &'a str,
    nodes: usize,
}

impl Reader<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn peek(&self) -> Option<u8> {
        self.rest.as_bytes().first().copied()
    }

    fn eat(&mut self, text: &str) -> Result<(), Fault> {
        self.rest = self.rest.strip_prefix(text).ok_or("input_syntax")?;
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Result<Json, Fault> {
        self.space();
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err("input_too_many_nodes");
        }
        match self.peek() {
            Some(b'n') => self.eat("null").map(|()| Json::Null),
            Some(b't') => self.eat("true").map(|()| Json::Bool(true)),
            Some(b'f') => self.eat("false").map(|()| Json::Bool(false)),
            Some(b'"') => self.string().map(Json::String),
            Some(b'[') => self.array(depth + 1),
            Some(b'{') => self.object(depth + 1),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err("input_syntax"),
        }
    }

    fn array(&mut self, depth: usize) -> Result<Json, Fault> {
        if depth > MAX_DEPTH {
            return Err("input_too_deep");
        }
        self.eat("[")?;
        let mut items = Vec::new();
        self.space();
        if self.peek() == Some(b']') {
            self.eat("]")?;
            return Ok(Json::Array(items));
        }
        loop {
            items.push(self.value(depth)?);
            self.space();
            match self.peek() {
                Some(b',') => self.eat(",")?,
                _ => break,
            }
        }
        self.eat("]")?;
        Ok(Json::Array(items))
    }

    fn object(&mut self, depth: usize) -> Result<Json, Fault> {
        if depth > MAX_DEPTH {
            return Err("input_too_deep");
        }
        self.eat("{")?;
        let mut members: Vec<(String, Json)> = Vec::new();
        self.space();
        if self.peek() == Some(b'}') {
            self.eat("}")?;
            return Ok(Json::Object(members));
        }
        // Keys that stand twice are found when the object is whole.
        let mut twice = false;
        loop {
            self.space();
            let key = self.string()?;
            if key.contains('\0') {
                return Err("input_nul_key");
            }
            twice |= members.iter().any(|(name, _)| *name == key);
            self.space();
            self.eat(":")?;
            let value = self.value(depth)?;
            members.push((key, value));
            self.space();
            match self.peek() {
                Some(b',') => self.eat(",")?,
                _ => break,
            }
        }
        self.eat("}")?;
        if twice { Err("input_duplicate_key") } else { Ok(Json::Object(members)) }
    }

    fn number(&mut self) -> Result<Json, Fault> {
        let length = number_length(self.rest.as_bytes()).ok_or("input_syntax")?;
        let (text, rest) = self.rest.split_at(length);
        self.rest = rest;
        exact::parse(text).map(Json::Number).ok_or("input_number_inexact")
    }

    fn string(&mut self) -> Result<String, Fault> {
        self.eat("\"")?;
        let mut out = String::new();
        loop {
            let mut chars = self.rest.chars();
            let next = chars.next().ok_or("input_syntax")?;
            self.rest = chars.as_str();
            match next {
                '"' => return Ok(out),
                '\\' => out.push(self.escape()?),
                '\0'..='\u{1f}' => return Err("input_syntax"),
                other => out.push(other),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let mut chars = self.rest.chars();
        let kind = chars.next().ok_or("input_syntax")?;
        self.rest = chars.as_str();
        Ok(match kind {
            '"' | '\\' | '/' => kind,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return self.unicode_escape(),
            _ => return Err("input_syntax"),
        })
    }

    fn unicode_escape(&mut self) -> Result<char, Fault> {
        let first = self.hex4()?;
        if !(0xd800..0xe000).contains(&first) {
            return char::from_u32(first).ok_or("input_lone_surrogate");
        }
        if first >= 0xdc00 || !self.rest.starts_with("\\u") {
            return Err("input_lone_surrogate");
        }
        self.eat("\\u")?;
        let second = self.hex4()?;
        if !(0xdc00..0xe000).contains(&second) {
            return Err("input_lone_surrogate");
        }
        char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)).ok_or("input_lone_surrogate")
    }

    fn hex4(&mut self) -> Result<u32, Fault> {
        let digits = self.rest.get(..4).ok_or("input_syntax")?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err("input_syntax");
        }
        let value = u32::from_str_radix(digits, 16).map_err(|_| "input_syntax")?;
        self.rest = &self.rest[4..];
        Ok(value)
    }
}

/// How many bytes of the text are a number of the JSON grammar.
fn number_length(bytes: &[u8]) -> Option<usize> {
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = usize::from(bytes.first() == Some(&b'-'));
    match bytes.get(at) {
        Some(b'0') => at += 1,
        Some(b'1'..=b'9') => at += digits(at),
        _ => return None,
    }
    if bytes.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        if fraction == 0 {
            return None;
        }
        at += 1 + fraction;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        at += 1;
        if matches!(bytes.get(at), Some(b'+' | b'-')) {
            at += 1;
        }
        let exponent = digits(at);
        if exponent == 0 {
            return None;
        }
        at += exponent;
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_is_json() {
        let read = read(br#" {"a": [1, -2.50, "x\n\u00e9\ud83d\ude00"], "b": {"c": null, "d": true}} "#).unwrap();
        assert_eq!(read.get("b").unwrap().get("d"), Some(&Json::Bool(true)));
        let Some(Json::Array(items)) = read.get("a") else { panic!("an array") };
        assert_eq!(items[2].as_str(), Some("x\né😀"));
        assert_eq!(items[1], Json::Number(-25 * exact::ONE / 10));
    }

    #[test]
    fn refuses_by_name() {
        for (text, fault) in [
            ("", "input_syntax"),
            ("01", "input_trailing"),
            ("1.", "input_trailing"),
            ("[1,]", "input_syntax"),
            ("{\"a\":1,\"\\u0061\":2}", "input_duplicate_key"),
            ("{\"a\\u0000\":1}", "input_nul_key"),
            ("\"\\ud800\"", "input_lone_surrogate"),
            ("\"\\udc00\\ud800\"", "input_lone_surrogate"),
            ("1e400", "input_number_inexact"),
            ("1 2", "input_trailing"),
            ("\"\u{1}\"", "input_syntax"),
        ] {
            let got = read(text.as_bytes());
            assert!(got.is_err(), "{text}");
            if fault != "input_trailing" {
                assert_eq!(got, Err(fault), "{text}");
            }
        }
        assert_eq!(read("[".repeat(65).as_bytes()), Err("input_too_deep"));
        assert_eq!(read(b"\xff"), Err("input_not_utf8"));
    }
}
