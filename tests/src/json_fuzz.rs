//! Our strict JSON reader against `serde_json` with rules of its own on top.
//!
//! [`fuzz_json`] makes texts, damages some, and demands the same verdict and the same values. The
//! other side takes the structure from `serde_json` (raw values, visited key by key) and computes
//! numbers by shifting digits as text: nothing is shared with the reader.

use crate::seeded::Random;
use mcpz_runtime::json::{Buffers, Document, Kind, Limits, NodeId};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::fmt::{Formatter, Result as FmtResult};

/// What a run looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Texts that both read.
    pub accepted: u64,
    /// Texts that both refused.
    pub refused: u64,
}

/// Compares `runs` texts; the error names the seed that replays the difference in one run.
pub fn fuzz_json(runs: u64, seed: u64) -> Result<Counts, String> {
    let mut counts = Counts::default();
    let mut buffers = Buffers::new();
    for run in 0..runs {
        let seed = seed.wrapping_add(run);
        let mut random = Random::new(seed);
        let bytes = text(&mut random);
        let fail =
            |what: &str| format!("{what}\ntext: {:?}\nreplay: fuzz_json(1, {seed})", String::from_utf8_lossy(&bytes));
        match (buffers.read(&bytes, &Limits::DEFAULT), read(&bytes)) {
            (Ok(document), Ok(expected)) if same(document, document.root(), &expected) => counts.accepted += 1,
            (Ok(_), Ok(_)) => return Err(fail("the values differ")),
            (Err(_), Err(_)) => counts.refused += 1,
            (Ok(_), Err(reason)) => {
                return Err(fail(&format!("read, but should be refused: {reason}")));
            }
            (Err(fault), Ok(_)) => {
                return Err(fail(&format!("refused, but should be read: {fault}")));
            }
        }
    }
    Ok(counts)
}

/// A value as the other side sees it.
enum Expected {
    Null,
    Bool(bool),
    Number(i128),
    String(String),
    Array(Vec<Expected>),
    Object(Vec<(String, Expected)>),
}

fn read(bytes: &[u8]) -> Result<Expected, String> {
    let raw: &RawValue = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    value(raw, 64)
}

fn value(raw: &RawValue, depth: usize) -> Result<Expected, String> {
    let text = raw.get();
    let parse = |error: serde_json::Error| error.to_string();
    match text.as_bytes().first() {
        Some(b'{') => {
            let depth = depth.checked_sub(1).ok_or("too deep")?;
            let Pairs(pairs) = serde_json::from_str(text).map_err(parse)?;
            let mut members: Vec<(String, Expected)> = Vec::new();
            for (key, raw) in pairs {
                if key.contains('\0') || members.iter().any(|(other, _)| *other == key) {
                    return Err(format!("key {key:?}"));
                }
                members.push((key, value(raw, depth)?));
            }
            Ok(Expected::Object(members))
        }
        Some(b'[') => {
            let depth = depth.checked_sub(1).ok_or("too deep")?;
            let Elements(elements) = serde_json::from_str(text).map_err(parse)?;
            Ok(Expected::Array(elements.into_iter().map(|raw| value(raw, depth)).collect::<Result<_, _>>()?))
        }
        Some(b'"') => serde_json::from_str(text).map(Expected::String).map_err(parse),
        Some(b't' | b'f') => Ok(Expected::Bool(text == "true")),
        Some(b'n') => Ok(Expected::Null),
        _ => number(text).map(Expected::Number).ok_or_else(|| format!("number {text}")),
    }
}

/// The value times 10^18, by moving the point in the text.
fn number(text: &str) -> Option<i128> {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let lower = text.to_ascii_lowercase();
    let (mantissa, exponent) = lower.split_once('e').unwrap_or((&lower, "0"));
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{integer}{fraction}");
    if digits.bytes().all(|digit| digit == b'0') {
        return Some(0);
    }
    let exponent: i64 = exponent.parse().ok()?;
    let point = i64::try_from(integer.len()).ok()?.checked_add(exponent)?.checked_add(18)?;
    if !(-1000..=1000).contains(&point) {
        return None;
    }
    let mut whole = String::new();
    let mut rest = digits.as_str();
    for _ in 0..point.max(0) {
        let (digit, tail) = if rest.is_empty() { ("0", "") } else { rest.split_at(1) };
        whole.push_str(digit);
        rest = tail;
    }
    if rest.bytes().any(|digit| digit != b'0') {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    if whole.len() > 38 { None } else { Some(sign * whole.parse::<i128>().unwrap_or(0)) }
}

struct Pairs<'a>(Vec<(String, &'a RawValue)>);
struct Elements<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut Formatter<'_>) -> FmtResult {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(pairs)
            }
        }
        deserializer.deserialize_map(Members).map(Pairs)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Elements<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items;
        impl<'de> Visitor<'de> for Items {
            type Value = Vec<&'de RawValue>;

            fn expecting(&self, f: &mut Formatter<'_>) -> FmtResult {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = sequence.next_element()? {
                    elements.push(element);
                }
                Ok(elements)
            }
        }
        deserializer.deserialize_seq(Items).map(Elements)
    }
}

fn same(document: Document<'_>, node: NodeId, expected: &Expected) -> bool {
    match expected {
        Expected::Null => document.is_null(node),
        Expected::Bool(value) => document.bool(node) == Some(*value),
        Expected::Number(value) => document.number(node) == Some(*value),
        Expected::String(value) => document.str(node) == Some(value),
        Expected::Array(elements) => {
            let nodes: Vec<NodeId> = document.elements(node).collect();
            document.kind(node) == Kind::Array
                && nodes.len() == elements.len()
                && nodes.into_iter().zip(elements).all(|(node, element)| same(document, node, element))
        }
        Expected::Object(members) => {
            let pairs: Vec<(&str, NodeId)> = document.members(node).collect();
            document.kind(node) == Kind::Object
                && pairs.len() == members.len()
                && pairs.into_iter().zip(members).all(|((key, node), (name, member))| {
                    key == name
                        && document.get(pairs_parent(document, node), key) == Some(node)
                        && same(document, node, member)
                })
        }
    }
}

/// The object a member stands in, found from the root by its pointer.
fn pairs_parent(document: Document<'_>, member: NodeId) -> NodeId {
    let mut parent = document.root();
    loop {
        let children = document.members(parent).map(|(_, node)| node).chain(document.elements(parent));
        match children.filter(|child| *child <= member).last() {
            Some(child) if child == member => return parent,
            Some(child) => parent = child,
            None => return parent,
        }
    }
}

const PIECES: [&str; 34] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\"a\"",
    "\"\\u0061\"",
    "\"A\"",
    "null",
    "true",
    "false",
    "0",
    "-",
    "1e400",
    "0.1",
    "1.0",
    "123456789012345678901",
    "1e-19",
    "1E+2",
    "\\ud83d",
    "\\ude00",
    "\\u0000",
    "\\n",
    " ",
    "\n",
    "\u{feff}",
    "é",
    "\u{0}",
    "\u{7f}",
    "//",
    "01",
];

/// A text: sound, slightly damaged, or pieces thrown together.
fn text(random: &mut Random) -> Vec<u8> {
    let mut out = String::new();
    if random.one_in(6) {
        for _ in 0..random.below(12) {
            out.push_str(random.pick(&PIECES));
        }
        return out.into_bytes();
    }
    if random.one_in(200) {
        let depth = 60 + random.below(8);
        return format!("{}{}", "[".repeat(depth), "]".repeat(depth)).into_bytes();
    }
    write_value(random, 0, &mut out);
    let mut bytes = out.into_bytes();
    if random.one_in(3) {
        damage(random, &mut bytes);
    }
    bytes
}

fn damage(random: &mut Random, bytes: &mut Vec<u8>) {
    for _ in 0..=random.below(2) {
        let at = random.below(bytes.len() + 1);
        let byte = u8::try_from(random.below(256)).unwrap_or_default();
        match random.below(4) {
            0 if at < bytes.len() => bytes[at] = byte,
            1 if at < bytes.len() => {
                bytes.remove(at);
            }
            2 => bytes.truncate(at),
            _ => {
                let piece = random.pick(&PIECES);
                bytes.splice(at..at, piece.bytes());
            }
        }
    }
}

fn write_space(random: &mut Random, out: &mut String) {
    if random.one_in(6) {
        out.push_str(random.pick(&[" ", "\n", "\t", "\r\n", "  "]));
    }
}

fn write_value(random: &mut Random, depth: usize, out: &mut String) {
    write_space(random, out);
    match random.below(if depth >= 4 { 6 } else { 9 }) {
        0 => out.push_str(random.pick(&["null", "true", "false"])),
        1..=3 => write_number(random, out),
        4 | 5 => write_string(random, out),
        6 => {
            out.push('[');
            for index in 0..random.below(4) {
                if index > 0 {
                    out.push(',');
                }
                write_value(random, depth + 1, out);
            }
            out.push(']');
        }
        _ => {
            out.push('{');
            for index in 0..random.below(4) {
                if index > 0 {
                    out.push(',');
                }
                write_space(random, out);
                write_string(random, out);
                write_space(random, out);
                out.push(':');
                write_value(random, depth + 1, out);
            }
            out.push('}');
        }
    }
    write_space(random, out);
}

fn write_number(random: &mut Random, out: &mut String) {
    if random.one_in(3) {
        out.push('-');
    }
    let digits = |random: &mut Random, most: usize, out: &mut String| {
        for _ in 0..=random.below(most) {
            out.push(random.pick(&['0', '0', '1', '5', '9']));
        }
    };
    if random.one_in(3) {
        out.push('0');
    } else {
        out.push(random.pick(&['1', '7', '9']));
        let most = if random.one_in(4) { 24 } else { 3 };
        digits(random, most, out);
    }
    if random.one_in(2) {
        out.push('.');
        let most = if random.one_in(4) { 24 } else { 4 };
        digits(random, most, out);
    }
    if random.one_in(3) {
        out.push_str(random.pick(&["e", "E", "e+", "e-", "E-"]));
        digits(random, 2, out);
    }
}

fn write_string(random: &mut Random, out: &mut String) {
    out.push('"');
    for _ in 0..random.below(4) {
        out.push_str(random.pick(&[
            "a",
            "b",
            "A",
            "é",
            "😀",
            "\\u0061",
            "\\u00e9",
            "\\ud83d\\ude00",
            "\\n",
            "\\\"",
            "\\/",
            "\\u0000",
            "\\ud800",
            "k",
            "name",
        ]));
    }
    out.push('"');
}
