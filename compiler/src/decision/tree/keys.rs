//! What a clause wants of one fact, when it can be told from its form.
//!
//! A clause has a key when it is false for every readable value of one place that the key does not
//! fit. Where it is then also true for all values that fit, the clause need not be tested again.

use super::patterns::Pattern;
use crate::decision::node::{NodeId, Nodes};
use crate::decision::{Block, DecisionGraph, Shared};
use crate::hir::{ClassId, Comparison, Literal, Program, Root, Segment};
use crate::lower::rules::ClauseKind;
use crate::lower::term::{ConstantId, SlotId, SubjectTerm, Tables, Term};
use crate::types::Type;
use mcpz_bytecode::value::Line;
use mcpz_bytecode::value::decimal::{self, ONE};
use mcpz_bytecode::value::net::unwrapped_net;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// What is wanted of one fact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A link of the chain belongs to one of these.
    Classes(BTreeSet<ClassId>),
    /// The text is one of these.
    Texts(SlotId, BTreeSet<String>),
    /// The path is one of these or below it.
    Paths(SlotId, BTreeSet<String>),
    /// The address is in one of these.
    Networks(SlotId, BTreeSet<(IpAddr, u8)>),
    /// The place of the value on the [`Line`] of its kind is in one of these intervals.
    Numbers(SlotId, BTreeSet<(i128, i128)>),
    /// The text matches one of these.
    Patterns(SlotId, BTreeSet<Pattern>),
}

/// The fact that a key is about and how it is asked: rules can be parted by one of them at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// The caller.
    Classes,
    /// A place, compared whole.
    Texts(SlotId),
    /// A place, by folder.
    Paths(SlotId),
    /// A place, by network.
    Networks(SlotId),
    /// A place, by interval.
    Numbers(SlotId),
    /// A place, by pattern.
    Patterns(SlotId),
}

impl Dimension {
    /// The place, unless it is the caller.
    pub fn slot(self) -> Option<SlotId> {
        match self {
            Dimension::Classes => None,
            Dimension::Texts(slot)
            | Dimension::Paths(slot)
            | Dimension::Networks(slot)
            | Dimension::Numbers(slot)
            | Dimension::Patterns(slot) => Some(slot),
        }
    }
}

impl Key {
    /// What it is about.
    pub fn dimension(&self) -> Dimension {
        match self {
            Key::Classes(_) => Dimension::Classes,
            Key::Texts(slot, _) => Dimension::Texts(*slot),
            Key::Paths(slot, _) => Dimension::Paths(*slot),
            Key::Networks(slot, _) => Dimension::Networks(*slot),
            Key::Numbers(slot, _) => Dimension::Numbers(*slot),
            Key::Patterns(slot, _) => Dimension::Patterns(*slot),
        }
    }

    /// The place it is about, unless it is the caller.
    pub fn slot(&self) -> Option<SlotId> {
        match self {
            Key::Classes(_) => None,
            Key::Texts(slot, _)
            | Key::Paths(slot, _)
            | Key::Networks(slot, _)
            | Key::Numbers(slot, _)
            | Key::Patterns(slot, _) => Some(*slot),
        }
    }

    /// How many it names.
    pub fn count(&self) -> usize {
        match self {
            Key::Classes(keys) => keys.len(),
            Key::Texts(_, keys) | Key::Paths(_, keys) => keys.len(),
            Key::Networks(_, keys) => keys.len(),
            Key::Numbers(_, keys) => keys.len(),
            Key::Patterns(_, keys) => keys.len(),
        }
    }

    /// What one of both wants, when both are about the same.
    fn or(self, other: Key) -> Option<Key> {
        Some(match (self, other) {
            (Key::Classes(a), Key::Classes(b)) => Key::Classes(&a | &b),
            (Key::Texts(slot, a), Key::Texts(same, b)) if slot == same => Key::Texts(slot, &a | &b),
            (Key::Paths(slot, a), Key::Paths(same, b)) if slot == same => Key::Paths(slot, &a | &b),
            (Key::Networks(slot, a), Key::Networks(same, b)) if slot == same => Key::Networks(slot, &a | &b),
            (Key::Numbers(slot, a), Key::Numbers(same, b)) if slot == same => Key::Numbers(slot, &a | &b),
            (Key::Patterns(slot, a), Key::Patterns(same, b)) if slot == same => Key::Patterns(slot, &a | &b),
            _ => return None,
        })
    }

    /// What both want, when it is one interval.
    fn and(&self, other: &Key) -> Option<Key> {
        match (self, other) {
            (Key::Numbers(slot, a), Key::Numbers(same, b)) if slot == same => match (a.first(), b.first()) {
                (Some((low, high)), Some((from, to))) if a.len() == 1 && b.len() == 1 => {
                    Some(Key::Numbers(*slot, BTreeSet::from([(*low.max(from), *high.min(to))])))
                }
                _ => None,
            },
            _ => None,
        }
    }
}

/// A key of a block, and the clauses it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockKey {
    /// The key.
    pub key: Key,
    /// Clauses that hold when it fits; none for classes, which only may be what the clause wants.
    pub implied: Vec<usize>,
    /// The clause that asks whether something stands at the place at all: when nothing does, the block is
    /// false, and no error.
    pub guard: Option<usize>,
}

/// Most values of a list, or networks of a segment, that any number of rules may name.
pub const LONG_LIST: usize = 64;
/// Most times that a longer one may be named, a rule counting once for each tree that it stands in, if trees are to hold it.
pub const MAX_NAMING: usize = 16;

/// What all blocks want of facts.
#[derive(Debug, Clone, Default)]
pub struct Wants {
    /// By block: its keys, at most one for each dimension.
    pub keys: Vec<Vec<BlockKey>>,
    /// By block: whether it names something that is too long to stand in the trees of all rules that name it.
    pub crowded: Vec<bool>,
    /// Rules that have trees together.
    pub shared: Shared,
}

/// What the blocks of a graph want, whose entry points are known.
pub fn wants(program: &Program, graph: &DecisionGraph, tables: &Tables) -> Wants {
    let (segments, nodes) = (&program.segments, &graph.nodes);
    let mut reader = Reader { segments, nodes, tables, crowded: BTreeSet::new() };
    let mut keys: Vec<Vec<BlockKey>> = graph.blocks.iter().map(|block| reader.keys(block)).collect();
    let size = |keys: &Vec<BlockKey>| keys.iter().map(|key| key.key.count()).sum::<usize>() + 1;
    let sizes: Vec<usize> = keys.iter().map(size).collect();
    let shared = Shared::of(&graph.entries, &sizes, graph.shape.group);
    reader.crowded = reader.crowd(graph, &shared);
    let crowded: Vec<bool> = graph.blocks.iter().map(|block| reader.names_crowded(block)).collect();
    let without = keys.iter_mut().zip(&graph.blocks).zip(&crowded).filter(|(_, crowded)| **crowded);
    without.for_each(|((keys, block), _)| *keys = reader.keys(block));
    Wants { keys, crowded, shared }
}

/// What keys are read off.
struct Reader<'a> {
    segments: &'a [Segment],
    nodes: &'a Nodes,
    tables: &'a Tables,
    crowded: BTreeSet<ConstantId>,
}

impl Reader<'_> {
    /// Lists and segments that are too long to stand in the trees of all rules that name them.
    fn crowd(&self, graph: &DecisionGraph, shared: &Shared) -> BTreeSet<ConstantId> {
        let mut naming: BTreeMap<ConstantId, usize> = BTreeMap::new();
        let trees = shared.trees_of(&graph.entries, graph.blocks.len());
        for (block, trees) in graph.blocks.iter().zip(trees) {
            self.lists(block).into_iter().for_each(|list| *naming.entry(list).or_default() += trees);
        }
        let is_crowded = |(list, count): &(ConstantId, usize)| *count > MAX_NAMING && self.size(*list) > LONG_LIST;
        naming.into_iter().filter(is_crowded).map(|(list, _)| list).collect()
    }

    /// The keys of a block: at most one for each dimension.
    fn keys(&self, block: &Block) -> Vec<BlockKey> {
        let mut keys: Vec<BlockKey> = Vec::new();
        for (clause, part) in block.clauses.iter().enumerate() {
            let Some(key) = self.test(part.node) else { continue };
            let implied = if matches!(key, Key::Classes(_)) { Vec::new() } else { vec![clause] };
            match keys.iter_mut().find(|other| other.key.dimension() == key.dimension()) {
                None => keys.push(BlockKey { key, implied, guard: None }),
                Some(known) => match known.key.and(&key) {
                    Some(both) => {
                        known.key = both;
                        known.implied.extend(implied);
                    }
                    None if key.count() < known.key.count() => *known = BlockKey { key, implied, guard: None },
                    None => {}
                },
            }
        }
        for key in &mut keys {
            key.guard = key.key.slot().and_then(|slot| guard(self.nodes, self.tables, block, slot));
        }
        keys
    }

    fn names_crowded(&self, block: &Block) -> bool {
        self.lists(block).iter().any(|list| self.crowded.contains(list))
    }

    /// Lists and segments that a block names.
    fn lists(&self, block: &Block) -> BTreeSet<ConstantId> {
        let (mut open, mut found): (Vec<NodeId>, _) =
            (block.clauses.iter().map(|clause| clause.node).collect(), BTreeSet::new());
        while let Some(node) = open.pop() {
            match self.nodes.get(node) {
                Term::Any(parts) => open.extend(parts),
                Term::In(_, right) => {
                    if let Term::Constant(list) = self.nodes.get(*right) {
                        found.insert(*list);
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// How many keys a list or segment is.
    fn size(&self, list: ConstantId) -> usize {
        let of_one = |literal: &Literal| match literal {
            Literal::Segment(id) => self.segments.get(id.index()).map_or(0, |segment| segment.networks.len()),
            _ => 1,
        };
        match self.constant(list) {
            Some(Literal::List(items)) => items.iter().map(of_one).sum(),
            Some(one) => of_one(one),
            None => 0,
        }
    }
}

/// The clause of a block that is `has` of a place, however the place is read.
fn guard(nodes: &Nodes, tables: &Tables, block: &Block, slot: SlotId) -> Option<usize> {
    let place =
        |slot: SlotId| tables.slots.rows().get(slot.index()).map(|slot| (&slot.root, &slot.path, &slot.pattern));
    let wanted = place(slot)?;
    block.clauses.iter().position(|clause| match nodes.get(clause.node) {
        Term::Has(of) => matches!(nodes.get(*of), Term::Slot(slot) if place(*slot) == Some(wanted)),
        _ => false,
    })
}

impl Reader<'_> {
    fn test(&self, node: NodeId) -> Option<Key> {
        match self.nodes.get(node) {
            Term::Subject { subject, client: false, .. } => classes(subject).map(Key::Classes),
            Term::Any(parts) => {
                let mut keys = parts.iter().map(|part| self.test(*part));
                let first = keys.next()??;
                keys.try_fold(first, |sum, key| sum.or(key?))
            }
            Term::Compare(operator, left, right) => self.compare(*operator, *left, *right),
            Term::In(left, right) => self.member(*left, *right),
            Term::InRange { of, low, high, end_inclusive } => {
                let (slot, line) = self.line_slot(*of)?;
                let low = low.map_or(Some(i128::MIN), |low| self.on_line(line, low))?;
                let high = high.map_or(Some(i128::MAX), |high| self.on_line(line, high))?;
                let high = if *end_inclusive || high == i128::MAX { high } else { high.saturating_sub(1) };
                Some(self.between(*of, slot, (low, high)))
            }
            Term::Under(left, right) => {
                let slot = self.slot(*left, |ty| *ty == Type::Path)?;
                match self.literal(*right)? {
                    Literal::Path(path) => Some(Key::Paths(slot, BTreeSet::from([path.clone()]))),
                    _ => None,
                }
            }
            Term::Like(of, pattern) => self.like(*of, *pattern),
            Term::Matches(of, pattern) => {
                let slot = self.slot(*of, |_| true)?;
                let (Literal::Regex(text) | Literal::String(text)) = self.constant(*pattern)? else { return None };
                Some(Key::Patterns(slot, BTreeSet::from([Pattern::Regex(text.clone())])))
            }
            _ => None,
        }
    }

    fn compare(&self, operator: Comparison, left: NodeId, right: NodeId) -> Option<Key> {
        if operator == Comparison::Eq
            && let Some(key) = self.one_of(left, std::slice::from_ref(self.literal(right)?))
        {
            return Some(key);
        }
        let (slot, line) = self.line_slot(left)?;
        let place = self.on_line(line, right)?;
        let interval = match operator {
            Comparison::Lt => (i128::MIN, place.checked_sub(1)?),
            Comparison::Le => (i128::MIN, place),
            Comparison::Gt => (place.checked_add(1)?, i128::MAX),
            Comparison::Ge => (place, i128::MAX),
            Comparison::Eq | Comparison::Ne => return None,
        };
        Some(self.between(left, slot, interval))
    }

    /// A place in an interval. What is an integer needs no ends between integers.
    fn between(&self, of: NodeId, slot: SlotId, (low, high): (i128, i128)) -> Key {
        let is_integer = self.place(of).is_some_and(|(_, ty)| *ty == Type::Int);
        let ends = if is_integer { (ceiling(low), floor(high)) } else { (low, high) };
        Key::Numbers(slot, BTreeSet::from([ends]))
    }

    fn member(&self, left: NodeId, right: NodeId) -> Option<Key> {
        if matches!(self.nodes.get(right), Term::Constant(list) if self.crowded.contains(list)) {
            return None;
        }
        match self.literal(right)? {
            Literal::List(items) => self.one_of(left, items),
            one @ (Literal::Net(..) | Literal::Segment(_)) => self.one_of(left, std::slice::from_ref(one)),
            _ => None,
        }
    }

    /// A place that equals one of these, or, of an address, is in one of these networks or segments.
    fn one_of(&self, of: NodeId, items: &[Literal]) -> Option<Key> {
        let (slot, ty) = self.place(of)?;
        if *ty == Type::Ip {
            let networks = items.iter().map(|item| self.networks_of(item)).collect::<Option<Vec<_>>>()?;
            return Some(Key::Networks(slot, networks.into_iter().flatten().collect()));
        }
        if let Some(line) = line_of(ty) {
            let point = |item: &Literal| place_on(line, item).map(|place| (place, place));
            return items.iter().map(point).collect::<Option<_>>().map(|points| Key::Numbers(slot, points));
        }
        let text = |item: &Literal| text_as(ty, item).map(str::to_string);
        items.iter().map(text).collect::<Option<_>>().map(|texts| Key::Texts(slot, texts))
    }

    /// The networks that an address, a network or a segment is.
    fn networks_of(&self, literal: &Literal) -> Option<Vec<(IpAddr, u8)>> {
        let networks = match literal {
            Literal::Ip(address) => vec![(*address, if address.is_ipv4() { 32 } else { 128 })],
            Literal::Net(address, length) => vec![(*address, *length)],
            Literal::Segment(id) => self.segments.get(id.index())?.networks.clone(),
            _ => return None,
        };
        // What is not unwrapped holds other addresses than it says.
        networks.iter().all(|network| unwrapped_net(*network) == *network).then_some(networks)
    }

    fn like(&self, of: NodeId, pattern: ConstantId) -> Option<Key> {
        let pattern = match self.constant(pattern)? {
            Literal::Glob { pattern, path_like } => Pattern::Glob(pattern.clone(), *path_like),
            Literal::HostPattern(pattern) => Pattern::Host(pattern.clone()),
            _ => return None,
        };
        let is_host = matches!(pattern, Pattern::Host(_));
        let slot = self.slot(of, |ty| !is_host || *ty == Type::Host)?;
        Some(Key::Patterns(slot, BTreeSet::from([pattern])))
    }

    /// The place that a term is, and its type.
    fn place(&self, node: NodeId) -> Option<(SlotId, &Type)> {
        match self.nodes.get(node) {
            Term::Slot(slot) => Some((*slot, self.tables.slots.rows().get(slot.index())?.ty.required())),
            _ => None,
        }
    }

    /// The place that a term is, when its type is one of these.
    fn slot(&self, node: NodeId, wanted: impl Fn(&Type) -> bool) -> Option<SlotId> {
        self.place(node).filter(|(_, ty)| wanted(ty)).map(|(slot, _)| slot)
    }

    /// The place that a term is, when its values stand on a line.
    fn line_slot(&self, node: NodeId) -> Option<(SlotId, Line)> {
        let (slot, ty) = self.place(node)?;
        Some((slot, line_of(ty)?))
    }

    /// Where a literal stands on a line.
    fn on_line(&self, line: Line, node: NodeId) -> Option<i128> {
        self.literal(node).and_then(|literal| place_on(line, literal))
    }

    fn literal(&self, node: NodeId) -> Option<&Literal> {
        match self.nodes.get(node) {
            Term::Constant(id) => self.constant(*id),
            _ => None,
        }
    }

    fn constant(&self, id: ConstantId) -> Option<&Literal> {
        self.tables.constants.rows().get(id.index()).map(|row| &row.literal)
    }
}

/// The line that the values of a type stand on, if they do.
pub(super) fn line_of(ty: &Type) -> Option<Line> {
    match ty.required() {
        Type::Int | Type::Decimal => Some(Line::Number),
        Type::Duration => Some(Line::Duration),
        Type::Instant => Some(Line::Instant),
        Type::Date => Some(Line::Date),
        Type::Time => Some(Line::Time),
        Type::Weekday => Some(Line::Weekday),
        _ => None,
    }
}

/// The largest integer up to so many units, in units; what says that there is no end stays.
fn floor(units: i128) -> i128 {
    if units == i128::MAX { units } else { decimal::floor(units).saturating_mul(ONE) }
}

/// The smallest integer from so many units on, in units; what says that there is no end stays.
fn ceiling(units: i128) -> i128 {
    if units == i128::MIN { units } else { floor(units.saturating_sub(1)).saturating_add(ONE) }
}

/// Where a literal stands on a line, if it is of its kind.
fn place_on(line: Line, literal: &Literal) -> Option<i128> {
    match (line, literal) {
        (Line::Number, Literal::Int(value)) => i128::from(*value).checked_mul(ONE),
        (Line::Number, Literal::Decimal(units)) => Some(*units),
        (Line::Duration, Literal::Duration(ms)) | (Line::Instant, Literal::Instant(ms)) => Some(i128::from(*ms)),
        (Line::Date, Literal::Date(days)) => Some(i128::from(*days)),
        (Line::Time, Literal::Time(seconds)) => Some(i128::from(*seconds)),
        (Line::Weekday, Literal::Weekday(day)) => Some(i128::from(*day)),
        _ => None,
    }
}

/// The canonical text of a literal that equals values of a type just when theirs is the same.
fn text_as<'l>(ty: &Type, literal: &'l Literal) -> Option<&'l str> {
    match (ty, literal) {
        (Type::String | Type::Enum(_) | Type::Path | Type::Host | Type::Url, Literal::String(text))
        | (Type::Path, Literal::Path(text))
        | (Type::Host, Literal::Host(text))
        | (Type::Url, Literal::Url(text)) => Some(text),
        _ => None,
    }
}

/// Classes of which some link must be one for the subject to fit.
fn classes(subject: &SubjectTerm) -> Option<BTreeSet<ClassId>> {
    match subject {
        SubjectTerm::Class(class) => Some(BTreeSet::from([*class])),
        SubjectTerm::Either(parts) => parts.iter().try_fold(BTreeSet::new(), |sum, part| Some(&sum | &classes(part)?)),
        SubjectTerm::Both(parts) => parts.iter().filter_map(classes).min_by_key(BTreeSet::len),
        SubjectTerm::ActingFor(agent, other) => {
            [classes(agent), classes(other)].into_iter().flatten().min_by_key(BTreeSet::len)
        }
        SubjectTerm::Anyone
        | SubjectTerm::Anonymous
        | SubjectTerm::AnyAgent
        | SubjectTerm::AnyUser
        | SubjectTerm::Server(_) => None,
    }
}

/// Whether a block is unknown at list time whenever its subject holds: it has other clauses, and each
/// of them can be nothing but unknown before the call is made.
pub fn is_late(nodes: &Nodes, tables: &Tables, block: &Block) -> bool {
    let mut others = block.clauses.iter().filter(|clause| clause.kind != ClauseKind::Subject).peekable();
    others.peek().is_some() && others.all(|clause| late_test(nodes, tables, clause.node))
}

fn late_test(nodes: &Nodes, tables: &Tables, node: NodeId) -> bool {
    let late = |of: &NodeId| late_value(nodes, tables, *of);
    let fixed = |of: &NodeId| matches!(nodes.get(*of), Term::Constant(_));
    match nodes.get(node) {
        Term::All(parts) | Term::Any(parts) => {
            !parts.is_empty() && parts.iter().all(|part| late_test(nodes, tables, *part))
        }
        Term::Not(of) => late_test(nodes, tables, *of),
        Term::Truth(of) | Term::Has(of) | Term::Like(of, _) | Term::Matches(of, _) | Term::Is(of, _) => late(of),
        Term::Compare(_, left, right)
        | Term::In(left, right)
        | Term::Substring(left, right)
        | Term::Under(left, right) => {
            (late(left) || late(right)) && [left, right].iter().all(|of| late(of) || fixed(of))
        }
        Term::InRange { of, low, high, .. } => late(of) && low.iter().chain(high).all(fixed),
        Term::Quantified { over, .. } => late(over),
        _ => false,
    }
}

/// Whether a value is unknown at list time, and nothing else.
fn late_value(nodes: &Nodes, tables: &Tables, node: NodeId) -> bool {
    match nodes.get(node) {
        Term::Slot(slot) => tables.slots.rows().get(slot.index()).is_some_and(|slot| {
            matches!(
                slot.root,
                Root::Args
                    | Root::PromptArgs
                    | Root::Context
                    | Root::Now
                    | Root::NetworkSource
                    | Root::Sample
                    | Root::Elicit
            )
        }),
        Term::Collect(_) | Term::History(_, None) => true,
        Term::Native(_, of) | Term::Field(of, _) | Term::CountOf(of) => late_value(nodes, tables, *of),
        _ => false,
    }
}
