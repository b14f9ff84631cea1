//! Verifies an encoded schema once, so that the validator can rely on it.

use super::cursor::Cursor;
use super::encode::MAGIC;
use super::simple::{Forms, is_closed};
use super::view::{CheckView, ConstantMembers, ConstantView, Constants, NodeList, Pairs, SchemaView, Strings};
use super::{Bound, MAX_CONSTANT_DEPTH, MAX_NODES};
use crate::limits::MAX_AUTOMATON_BYTES;
use alloc::vec::Vec;
use core::fmt::{Display, Formatter};
use regex_automata::Input;
use regex_automata::dfa::{Automaton, sparse};

/// Words before the table of offsets.
const HEADER_BYTES: u32 = 16;

/// Why bytes are no schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SchemaError {
    /// Too short, or not of this version.
    Header,
    /// An offset, row, count or list that leads nowhere.
    Structure,
    /// An automaton that regex-automata refuses.
    Automaton,
    /// A limit is exceeded.
    Limit,
}

impl Display for SchemaError {
    fn fmt(&self, f: &mut Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            SchemaError::Header => "the schema has no valid header",
            SchemaError::Structure => "the schema refers to what is not there",
            SchemaError::Automaton => "the schema holds an automaton that is not sound",
            SchemaError::Limit => "the schema exceeds a limit",
        })
    }
}

impl core::error::Error for SchemaError {}

/// Proof that some bytes are a sound schema, with its automata loaded.
#[derive(Debug, Clone)]
pub struct VerifiedSchema {
    pub(super) root: u32,
    pub(super) node_count: u32,
    /// Offset of the parameters.
    pub(super) parameters: u32,
    automata: Vec<sparse::DFA<Vec<u8>>>,
    pub(super) forms: Forms,
    pub(super) closed: bool,
}

impl VerifiedSchema {
    /// Checks every offset, row, constant and automaton.
    pub fn verify(bytes: &[u8]) -> Result<VerifiedSchema, SchemaError> {
        let mut verified = header(bytes).ok_or(SchemaError::Header)?;
        let automaton_count = Cursor::at(bytes, 12).and_then(|mut cursor| cursor.u32()).ok_or(SchemaError::Header)?;
        if verified.node_count > MAX_NODES || automaton_count > MAX_NODES {
            return Err(SchemaError::Limit);
        }
        for row in 0..automaton_count {
            verified.automata.push(load_automaton(bytes, &verified, row)?);
        }
        let view = verified.view(bytes);
        if !is_sound(&view, automaton_count) {
            return Err(SchemaError::Structure);
        }
        let forms = Forms::new(&view, verified.node_count);
        let closed = is_closed(&view);
        Ok(VerifiedSchema { forms, closed, ..verified })
    }

    /// The schema over the bytes that were verified. Over other bytes the view finds what it finds,
    /// or nothing: it stays memory-safe and panics never, and the validator refuses.
    #[inline]
    pub fn view<'a>(&'a self, bytes: &'a [u8]) -> SchemaView<'a> {
        SchemaView { bytes, verified: self }
    }

    #[inline]
    pub(super) fn offset(&self, bytes: &[u8], node: u32) -> Option<u32> {
        if node >= self.node_count {
            return None;
        }
        Cursor::at(bytes, HEADER_BYTES.checked_add(node.checked_mul(4)?)?)?.u32()
    }

    pub(super) fn matches(&self, automaton: u32, text: &str) -> Option<bool> {
        let automaton = self.automata.get(usize::try_from(automaton).ok()?)?;
        let input = Input::new(text).earliest(true);
        automaton.try_search_fwd(&input).ok().map(|found| found.is_some())
    }
}

fn header(bytes: &[u8]) -> Option<VerifiedSchema> {
    let mut cursor = Cursor { rest: bytes };
    let magic = cursor.u32()?;
    let root = cursor.u32()?;
    let node_count = cursor.u32()?;
    let automaton_count = cursor.u32()?;
    let words = node_count.checked_add(automaton_count)?;
    let parameters = HEADER_BYTES.checked_add(words.checked_mul(4)?)?;
    let is_sound = magic == MAGIC && root < node_count;
    is_sound.then_some(VerifiedSchema {
        root,
        node_count,
        parameters,
        automata: Vec::new(),
        forms: Forms::default(),
        closed: false,
    })
}

fn load_automaton(bytes: &[u8], verified: &VerifiedSchema, row: u32) -> Result<sparse::DFA<Vec<u8>>, SchemaError> {
    let find = || {
        let position = verified.node_count.checked_add(row)?.checked_mul(4)?.checked_add(HEADER_BYTES)?;
        let offset = Cursor::at(bytes, position)?.u32()?;
        Cursor::at(bytes, offset)?.bytes()
    };
    let encoded = find().ok_or(SchemaError::Structure)?;
    if encoded.len() > MAX_AUTOMATON_BYTES {
        return Err(SchemaError::Limit);
    }
    let (automaton, read) = sparse::DFA::from_bytes(encoded).map_err(|_| SchemaError::Automaton)?;
    // An unanchored start state must exist: the search has no other way to begin.
    let starts = automaton.start_state_forward(&Input::new("")).is_ok();
    if read != encoded.len() || !starts {
        return Err(SchemaError::Automaton);
    }
    Ok(automaton.to_owned())
}

fn is_sound(view: &SchemaView<'_>, automaton_count: u32) -> bool {
    let Some((_, names, patterns)) = view.parameters() else {
        return false;
    };
    let bounds = Bounds { nodes: view.verified.node_count, automata: automaton_count };
    strings(names)
        && patterns.0.len().is_multiple_of(4)
        && patterns.rows().all(|row| row < bounds.automata)
        && (0..bounds.nodes).all(|node| {
            view.checks(node)
                .is_some_and(|mut checks| checks.all(|check| check.is_some_and(|check| bounds.check(check))))
        })
}

/// How many rows there are.
struct Bounds {
    nodes: u32,
    automata: u32,
}

impl Bounds {
    fn check(&self, check: CheckView<'_>) -> bool {
        match check {
            CheckView::Never | CheckView::UniqueItems | CheckView::Size(..) => true,
            CheckView::Type(mask) => mask & !super::types::ALL == 0,
            CheckView::IntegerRange(min, max) => min <= max,
            CheckView::Bound(Bound::MultipleOf, value) => value > 0,
            CheckView::Bound(..) => true,
            CheckView::Enum(values) => constants(values, MAX_CONSTANT_DEPTH),
            CheckView::Pattern(row) => row < self.automata,
            CheckView::Items { prefix, rest } => self.list(prefix) && self.optional(rest),
            CheckView::Contains { node, .. } => self.node(node),
            CheckView::Members { properties, patterns, additional } => {
                self.pairs(properties)
                    && patterns.0.len().is_multiple_of(8)
                    && patterns.pairs().all(|(automaton, node)| automaton < self.automata && self.node(node))
                    && self.optional(additional)
            }
            CheckView::Required(names) | CheckView::DependentRequired(_, names) => strings(names),
            CheckView::PropertyNames(node)
            | CheckView::DependentSchema(_, node)
            | CheckView::Ref(node)
            | CheckView::Not(node) => self.node(node),
            CheckView::Combine(_, nodes) => self.list(nodes),
            CheckView::If { condition, then, otherwise } => {
                self.node(condition) && self.optional(then) && self.optional(otherwise)
            }
        }
    }

    fn node(&self, node: u32) -> bool {
        node < self.nodes
    }

    fn optional(&self, node: Option<u32>) -> bool {
        node.is_none_or(|node| self.node(node))
    }

    fn list(&self, list: NodeList<'_>) -> bool {
        list.0.len().is_multiple_of(4) && list.rows().all(|node| self.node(node))
    }

    fn pairs(&self, mut pairs: Pairs<'_>) -> bool {
        while !pairs.0.rest.is_empty() {
            match pairs.next() {
                Some((_, node)) if self.node(node) => {}
                _ => return false,
            }
        }
        true
    }
}

fn strings(mut strings: Strings<'_>) -> bool {
    while !strings.0.rest.is_empty() {
        if strings.next().is_none() {
            return false;
        }
    }
    true
}

fn constants(mut values: Constants<'_>, depth: u32) -> bool {
    while !values.0.rest.is_empty() {
        if !values.next().is_some_and(|value| constant(value, depth)) {
            return false;
        }
    }
    true
}

fn constant(value: ConstantView<'_>, depth: u32) -> bool {
    let Some(deeper) = depth.checked_sub(1) else {
        return false;
    };
    match value {
        ConstantView::Array(elements) => constants(elements, deeper),
        ConstantView::Object(members) => constant_members(members, deeper),
        _ => true,
    }
}

fn constant_members(mut members: ConstantMembers<'_>, depth: u32) -> bool {
    while !members.0.rest.is_empty() {
        if !members.next().is_some_and(|(_, value)| constant(value, depth)) {
            return false;
        }
    }
    true
}
