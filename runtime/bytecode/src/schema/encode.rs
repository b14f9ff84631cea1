//! Writes a [`SchemaImage`].
//!
//! Layout, little-endian, no alignment: `magic, root, node count, automaton count` (u32 each); per
//! node the offset of its checks; per automaton its offset; then the parameters; then per node a
//! count and its checks; then the automata. Offsets count from the first byte of the image. Lists
//! are written as their length in bytes followed by their elements.

use super::{Bound, Check, Combinator, Constant, SchemaImage, Size};
use alloc::string::String;
use alloc::vec::Vec;

/// First word of an encoded schema; its last byte is the version.
pub(super) const MAGIC: u32 = u32::from_le_bytes(*b"SCH\x01");

/// Opcodes.
pub(super) mod op {
    pub const NEVER: u8 = 0;
    pub const TYPE: u8 = 1;
    pub const INTEGER_RANGE: u8 = 2;
    pub const ENUM: u8 = 3;
    pub const BOUND: u8 = 4;
    pub const SIZE: u8 = 5;
    pub const PATTERN: u8 = 6;
    pub const UNIQUE_ITEMS: u8 = 7;
    pub const ITEMS: u8 = 8;
    pub const CONTAINS: u8 = 9;
    pub const MEMBERS: u8 = 10;
    pub const REQUIRED: u8 = 11;
    pub const PROPERTY_NAMES: u8 = 12;
    pub const DEPENDENT_REQUIRED: u8 = 13;
    pub const DEPENDENT_SCHEMA: u8 = 14;
    pub const REF: u8 = 15;
    pub const COMBINE: u8 = 16;
    pub const NOT: u8 = 17;
    pub const IF: u8 = 18;
}

/// Tags of constants.
pub(super) mod tag {
    pub const NULL: u8 = 0;
    pub const FALSE: u8 = 1;
    pub const TRUE: u8 = 2;
    pub const NUMBER: u8 = 3;
    pub const STRING: u8 = 4;
    pub const ARRAY: u8 = 5;
    pub const OBJECT: u8 = 6;
}

impl SchemaImage {
    /// Appends the encoded schema to `out`. What exceeds 32 bits cannot be encoded soundly and is
    /// written so that verification refuses it.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut parameters = Vec::new();
        put_u8(&mut parameters, u8::from(self.parameters.any));
        put_list(&mut parameters, &self.parameters.names, |out, name| put_str(out, name));
        put_list(&mut parameters, &self.parameters.patterns, |out, row| put_u32(out, *row));

        let words = self.nodes.len().saturating_add(self.automata.len()).saturating_add(4);
        let header = words.saturating_mul(4);
        let mut offset = header.saturating_add(parameters.len());
        let mut table = Vec::new();
        let mut body = Vec::new();
        let nodes = self.nodes.iter().map(|checks| encoded_node(checks));
        for part in nodes.chain(self.automata.iter().map(|automaton| encoded_bytes(automaton))) {
            put_u32(&mut table, length(offset));
            offset = offset.saturating_add(part.len());
            body.extend_from_slice(&part);
        }

        put_u32(out, MAGIC);
        put_u32(out, self.root);
        put_u32(out, length(self.nodes.len()));
        put_u32(out, length(self.automata.len()));
        out.extend_from_slice(&table);
        out.extend_from_slice(&parameters);
        out.extend_from_slice(&body);
    }
}

fn encoded_bytes(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put_u32(&mut out, length(bytes.len()));
    out.extend_from_slice(bytes);
    out
}

fn encoded_node(checks: &[Check]) -> Vec<u8> {
    let mut out = Vec::new();
    put_list(&mut out, checks, put_check);
    out
}

fn put_check(out: &mut Vec<u8>, check: &Check) {
    match check {
        Check::Never => put_u8(out, op::NEVER),
        Check::Type(mask) => put_row(out, op::TYPE, *mask),
        Check::IntegerRange(min, max) => {
            put_u8(out, op::INTEGER_RANGE);
            put_i128(out, *min);
            put_i128(out, *max);
        }
        Check::Enum(values) => {
            put_u8(out, op::ENUM);
            put_list(out, values, put_constant);
        }
        Check::Bound(bound, value) => {
            put_u8(out, op::BOUND);
            put_u8(out, bound.code());
            put_i128(out, *value);
        }
        Check::Size(size, value) => {
            put_u8(out, op::SIZE);
            put_u8(out, size.code());
            put_u32(out, *value);
        }
        Check::Pattern(automaton) => put_row(out, op::PATTERN, *automaton),
        Check::UniqueItems => put_u8(out, op::UNIQUE_ITEMS),
        Check::Items { prefix, rest } => {
            put_u8(out, op::ITEMS);
            put_list(out, prefix, |out, row| put_u32(out, *row));
            put_optional(out, *rest);
        }
        Check::Contains { node, min, max } => {
            put_row(out, op::CONTAINS, *node);
            put_u32(out, *min);
            put_optional(out, *max);
        }
        Check::Required(names) => {
            put_u8(out, op::REQUIRED);
            put_list(out, names, |out, name| put_str(out, name));
        }
        Check::PropertyNames(node) => put_row(out, op::PROPERTY_NAMES, *node),
        Check::Ref(node) => put_row(out, op::REF, *node),
        Check::Not(node) => put_row(out, op::NOT, *node),
        composite => put_composite(out, composite),
    }
}

fn put_composite(out: &mut Vec<u8>, check: &Check) {
    match check {
        Check::Members { properties, patterns, additional } => {
            put_u8(out, op::MEMBERS);
            put_list(out, properties, |out, (name, node): &(String, u32)| {
                put_str(out, name);
                put_u32(out, *node);
            });
            put_list(out, patterns, |out, (automaton, node)| {
                put_u32(out, *automaton);
                put_u32(out, *node);
            });
            put_optional(out, *additional);
        }
        Check::DependentRequired(name, names) => {
            put_u8(out, op::DEPENDENT_REQUIRED);
            put_str(out, name);
            put_list(out, names, |out, name| put_str(out, name));
        }
        Check::DependentSchema(name, node) => {
            put_u8(out, op::DEPENDENT_SCHEMA);
            put_str(out, name);
            put_u32(out, *node);
        }
        Check::Combine(combinator, nodes) => {
            put_u8(out, op::COMBINE);
            put_u8(out, combinator.code());
            put_list(out, nodes, |out, row| put_u32(out, *row));
        }
        Check::If { condition, then, otherwise } => {
            put_row(out, op::IF, *condition);
            put_optional(out, *then);
            put_optional(out, *otherwise);
        }
        // The other checks are written by `put_check`.
        _ => {}
    }
}

fn put_constant(out: &mut Vec<u8>, constant: &Constant) {
    match constant {
        Constant::Null => put_u8(out, tag::NULL),
        Constant::Bool(value) => put_u8(out, if *value { tag::TRUE } else { tag::FALSE }),
        Constant::Number(units) => {
            put_u8(out, tag::NUMBER);
            put_i128(out, *units);
        }
        Constant::String(text) => {
            put_u8(out, tag::STRING);
            put_str(out, text);
        }
        Constant::Array(elements) => {
            put_u8(out, tag::ARRAY);
            put_list(out, elements, put_constant);
        }
        Constant::Object(members) => {
            put_u8(out, tag::OBJECT);
            put_list(out, members, |out, (key, value): &(String, Constant)| {
                put_str(out, key);
                put_constant(out, value);
            });
        }
    }
}

impl Bound {
    const ALL: [Bound; 5] =
        [Bound::Minimum, Bound::Maximum, Bound::ExclusiveMinimum, Bound::ExclusiveMaximum, Bound::MultipleOf];

    fn code(self) -> u8 {
        position(&Bound::ALL, &self)
    }

    #[inline]
    pub(super) fn of(code: u8) -> Option<Bound> {
        Bound::ALL.get(usize::from(code)).copied()
    }
}

impl Size {
    const ALL: [Size; 6] =
        [Size::MinLength, Size::MaxLength, Size::MinItems, Size::MaxItems, Size::MinProperties, Size::MaxProperties];

    fn code(self) -> u8 {
        position(&Size::ALL, &self)
    }

    #[inline]
    pub(super) fn of(code: u8) -> Option<Size> {
        Size::ALL.get(usize::from(code)).copied()
    }
}

impl Combinator {
    const ALL: [Combinator; 3] = [Combinator::All, Combinator::Any, Combinator::One];

    fn code(self) -> u8 {
        position(&Combinator::ALL, &self)
    }

    #[inline]
    pub(super) fn of(code: u8) -> Option<Combinator> {
        Combinator::ALL.get(usize::from(code)).copied()
    }
}

fn position<T: PartialEq>(all: &[T], one: &T) -> u8 {
    all.iter().position(|other| other == one).and_then(|at| u8::try_from(at).ok()).unwrap_or(u8::MAX)
}

/// The length of the list in bytes, then its elements.
fn put_list<T>(out: &mut Vec<u8>, items: &[T], put: impl Fn(&mut Vec<u8>, &T)) {
    let mut body = Vec::new();
    for item in items {
        put(&mut body, item);
    }
    put_u32(out, length(body.len()));
    out.extend_from_slice(&body);
}

fn put_row(out: &mut Vec<u8>, opcode: u8, row: u32) {
    put_u8(out, opcode);
    put_u32(out, row);
}

fn put_optional(out: &mut Vec<u8>, row: Option<u32>) {
    put_u32(out, row.unwrap_or(u32::MAX));
}

fn put_str(out: &mut Vec<u8>, text: &str) {
    put_u32(out, length(text.len()));
    out.extend_from_slice(text.as_bytes());
}

fn put_u8(out: &mut Vec<u8>, value: u8) {
    out.push(value);
}

fn put_u32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put_i128(out: &mut Vec<u8>, value: i128) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn length(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
