//! The nodes of all decision trees, one behind the other as they stand in a bundle.
//!
//! A node is a record of words of four bytes: its kind and how many rows or children it has, what it looks at, its cases,
//! its children. All that a walk reads of a node stands together.

use super::intervals::Form;
use super::leads::masks_of;
use super::{ClassCases, EntryRow, IntervalImage, Intervals, Keys, Leads, TreeImage, TreeNode, Unit};
use crate::ids::*;
use crate::packed::{Packed, Rows, append};
use alloc::vec::Vec;

/// The lowest byte of a node's first word: its kind. Above it stands how many children it has, of a leaf how many rows.
const ROWS: u32 = 0;
const BOTH: u32 = 1;
const CLASSES: u32 = 2;
const TEXTS: u32 = 3;
const PATHS: u32 = 4;
const NETWORKS: u32 = 5;
const NUMBERS: u32 = 6;
const PATTERNS: u32 = 7;
const PRESENT: u32 = 8;
/// Numbers whose ends are whole, and those whose ends are narrow as they are: see [`Form`].
const WHOLE_NUMBERS: u32 = 9;
const NARROW_NUMBERS: u32 = 10;
/// Bits of the kind.
const KIND_BITS: u32 = 8;
/// The most children that can be said; limits allow fewer.
const MOST_COUNT: u32 = u32::MAX >> KIND_BITS;

/// The kind that a node's first word says.
fn kind_of(head: u32) -> u32 {
    head & !(MOST_COUNT << KIND_BITS)
}

/// The nodes of all decision trees; a node refers to earlier ones only.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trees {
    /// The records.
    bytes: Vec<u8>,
    /// Where each of them begins.
    places: Vec<u32>,
}

impl Trees {
    /// So many records, from the front of these bytes; `None` when they are not there.
    pub(crate) fn read(count: usize, bytes: &[u8]) -> Option<Trees> {
        let (mut places, mut rest) = (Vec::with_capacity(count), bytes);
        for _ in 0..count {
            places.push(u32::try_from(bytes.len().checked_sub(rest.len())?).ok()?);
            let mut words = Words(rest);
            words.node()?;
            rest = words.0;
        }
        let read = bytes.get(..bytes.len().checked_sub(rest.len())?)?;
        Some(Trees { bytes: read.to_vec(), places })
    }

    /// The records, as [`Trees::read`] reads them.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// A node by its row.
    #[inline]
    pub fn get(&self, row: usize) -> Option<TreeNode<'_>> {
        self.at(*self.places.get(row)?)
    }

    /// A node by its row, when it is of such a kind.
    fn of_kind(&self, row: usize, is: impl Fn(u32) -> bool) -> Option<TreeNode<'_>> {
        let place = *self.places.get(row)?;
        let head = Words(self.bytes.get(usize::try_from(place).ok()?..)?).word()?;
        if is(kind_of(head)) { self.at(place) } else { None }
    }

    /// All nodes, in order.
    pub fn iter(&self) -> impl Iterator<Item = TreeNode<'_>> {
        self.places.iter().filter_map(|place| self.at(*place))
    }

    #[inline]
    fn at(&self, place: u32) -> Option<TreeNode<'_>> {
        Words(self.bytes.get(usize::try_from(place).ok()?..)?).node()
    }

    /// Adds a node.
    pub fn push(&mut self, tree: &TreeImage) {
        self.places.push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
        write_node(tree, &mut self.bytes);
    }

    /// Gives the rows of each leaf other rules. Rows stay sorted.
    pub(crate) fn renumber(&mut self, number: impl Fn(RuleId) -> RuleId) {
        let (mut rows, mut bytes): (Vec<EntryRow>, Vec<u8>) = (Vec::new(), Vec::new());
        for row in 0..self.len() {
            let Some(TreeNode::Rows(before)) = self.of_kind(row, |kind| kind == ROWS) else { continue };
            rows.clear();
            rows.extend(before.iter().map(|row| EntryRow { rule: number(row.rule), ..row }));
            rows.sort_unstable_by_key(|row| (row.rule, row.block));
            bytes.clear();
            append(rows.iter().copied(), &mut bytes);
            self.replace(row, HEAD_BYTES, &bytes);
        }
    }

    /// Changes the intervals of each switch over numbers, given its children. Their ends stay as they are.
    pub(crate) fn each_intervals(&mut self, mut change: impl FnMut(&mut [IntervalImage], Rows<'_, TreeId>)) {
        let (mut changed, mut bytes): (Vec<IntervalImage>, Vec<u8>) = (Vec::new(), Vec::new());
        let is_switch = |kind: u32| matches!(kind, NUMBERS | WHOLE_NUMBERS | NARROW_NUMBERS);
        for row in 0..self.len() {
            let Some(TreeNode::Numbers { cases, children, .. }) = self.of_kind(row, is_switch) else { continue };
            changed.clear();
            changed.extend(cases.iter());
            change(&mut changed, children);
            bytes.clear();
            cases.form().append(&changed, &mut bytes);
            self.replace(row, SWITCH_BYTES, &bytes);
        }
    }

    /// Writes part of a node anew, so many bytes behind its beginning.
    fn replace(&mut self, row: usize, behind: usize, bytes: &[u8]) {
        let place = self.places.get(row).and_then(|place| usize::try_from(*place).ok()?.checked_add(behind));
        let end = place.and_then(|place| place.checked_add(bytes.len()));
        if let Some(old) = place.zip(end).and_then(|(place, end)| self.bytes.get_mut(place..end)) {
            old.copy_from_slice(bytes);
        }
    }
}

/// Bytes before the rows of a leaf.
const HEAD_BYTES: usize = 4;
/// Bytes before the cases of a switch: its first word, its place, how many cases there are.
const SWITCH_BYTES: usize = 12;

impl FromIterator<TreeImage> for Trees {
    fn from_iter<T: IntoIterator<Item = TreeImage>>(trees: T) -> Trees {
        let mut made = Trees::default();
        trees.into_iter().for_each(|tree| made.push(&tree));
        made
    }
}

/// What is left to be read of a record.
struct Words<'t>(&'t [u8]);

impl<'t> Words<'t> {
    #[inline]
    fn word(&mut self) -> Option<u32> {
        let (word, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*word))
    }

    #[inline]
    fn rows<T: Packed>(&mut self, count: u32) -> Option<Rows<'t, T>> {
        let length = usize::try_from(count).ok()?.checked_mul(size_of::<T::Bytes>())?;
        let (rows, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(Rows::of(rows))
    }

    /// Rows behind a word that counts them.
    #[inline]
    fn counted<T: Packed>(&mut self) -> Option<Rows<'t, T>> {
        let count = self.word()?;
        self.rows(count)
    }

    #[inline]
    fn slot(&mut self) -> Option<SlotId> {
        self.word().map(SlotId)
    }

    /// The record.
    #[inline]
    fn node(&mut self) -> Option<TreeNode<'t>> {
        let head = self.word()?;
        let count = head >> KIND_BITS;
        Some(match kind_of(head) {
            ROWS => TreeNode::Rows(self.rows(count)?),
            BOTH => TreeNode::Both(self.rows(count)?),
            CLASSES => {
                let cases = ClassCases { masks: self.counted()?, leads: self.leads()? };
                TreeNode::Classes { cases, children: self.rows(count)? }
            }
            TEXTS => TreeNode::Texts { slot: self.slot()?, keys: self.keys()?, children: self.rows(count)? },
            PATHS => TreeNode::Paths { slot: self.slot()?, cases: self.counted()?, children: self.rows(count)? },
            NETWORKS => TreeNode::Networks { slot: self.slot()?, cases: self.counted()?, children: self.rows(count)? },
            NUMBERS => {
                let (slot, cases) = (self.slot()?, Intervals::Wide(self.counted()?));
                TreeNode::Numbers { slot, cases, children: self.rows(count)? }
            }
            kind @ (WHOLE_NUMBERS | NARROW_NUMBERS) => {
                let unit = if kind == WHOLE_NUMBERS { Unit::Whole } else { Unit::Place };
                let (slot, cases) = (self.slot()?, Intervals::Narrow(self.counted()?, unit));
                TreeNode::Numbers { slot, cases, children: self.rows(count)? }
            }
            PATTERNS => {
                let (slot, automaton) = (self.slot()?, AutomatonId(self.word()?));
                TreeNode::Patterns { slot, automaton, cases: self.leads()?, children: self.rows(count)? }
            }
            PRESENT => TreeNode::Present { slot: self.slot()?, children: self.rows(count)? },
            _ => return None,
        })
    }

    fn leads(&mut self) -> Option<Leads<'t>> {
        Some(Leads { ends: self.counted()?, positions: self.counted()? })
    }

    fn keys(&mut self) -> Option<Keys<'t>> {
        let (seeds, rows, more) = (self.word()?, self.word()?, self.word()?);
        Some(Keys { seeds: self.rows(seeds)?, rows: self.rows(rows)?, more: self.rows(more)? })
    }
}

/// A count as a word.
fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Appends rows behind a word that counts them.
fn append_counted<T: Packed>(rows: &[T], out: &mut Vec<u8>) {
    append([count(rows.len())], out);
    append(rows.iter().copied(), out);
}

/// Appends where cases lead: see [`Leads`].
fn append_leads(cases: &[Vec<u32>], out: &mut Vec<u8>) {
    let end = |end: &mut usize, case: &Vec<u32>| {
        *end = end.saturating_add(case.len());
        Some(count(*end))
    };
    append_counted(&cases.iter().scan(0, end).collect::<Vec<_>>(), out);
    append_counted(&cases.concat(), out);
}

/// The classes of sorted cases, and where each leads.
fn by_class(cases: &[(ClassId, u32)]) -> (Vec<ClassId>, Vec<Vec<u32>>) {
    let own = cases.chunk_by(|(one, _), (other, _)| one == other);
    own.filter_map(|own| Some((own.first()?.0, own.iter().map(|(_, child)| *child).collect()))).unzip()
}

fn write_node(tree: &TreeImage, out: &mut Vec<u8>) {
    let head = |kind: u32, rows: usize| (count(rows).min(MOST_COUNT) << KIND_BITS) | kind;
    let switch = |kind: u32, slot: &SlotId, children: &[TreeId]| [head(kind, children.len()), slot.0];
    match tree {
        TreeImage::Rows(rows) => {
            append([head(ROWS, rows.len())], out);
            append(rows.iter().copied(), out);
        }
        TreeImage::Both(children) => append([head(BOTH, children.len())], out),
        TreeImage::Present { slot, children } => append(switch(PRESENT, slot, children), out),
        TreeImage::Classes { cases, children } => {
            append([head(CLASSES, children.len())], out);
            let (classes, leads) = by_class(cases);
            append_counted(&masks_of(classes), out);
            append_leads(&leads, out);
        }
        TreeImage::Texts { slot, keys, children } => {
            append(switch(TEXTS, slot, children), out);
            append([keys.seeds.len(), keys.rows.len(), keys.more.len()].map(count), out);
            append(keys.seeds.iter().copied(), out);
            append(keys.rows.iter().copied(), out);
            append(keys.more.iter().copied(), out);
        }
        TreeImage::Paths { slot, cases, children } => {
            append(switch(PATHS, slot, children), out);
            append_counted(cases, out);
        }
        TreeImage::Networks { slot, cases, children } => {
            append(switch(NETWORKS, slot, children), out);
            append_counted(cases, out);
        }
        TreeImage::Numbers { slot, cases, children } => {
            let form = Form::of(cases.iter().copied());
            let kind = match form {
                Form::Whole => WHOLE_NUMBERS,
                Form::Place => NARROW_NUMBERS,
                Form::Wide => NUMBERS,
            };
            append(switch(kind, slot, children), out);
            append([count(cases.len())], out);
            form.append(cases, out);
        }
        TreeImage::Patterns { slot, automaton, cases, children } => {
            append(switch(PATTERNS, slot, children), out);
            append([automaton.0], out);
            append_leads(cases, out);
        }
    }
    append(children(tree).iter().copied(), out);
}

/// The nodes that a node leads to.
fn children(tree: &TreeImage) -> &[TreeId] {
    match tree {
        TreeImage::Rows(_) => &[],
        TreeImage::Both(children)
        | TreeImage::Present { children, .. }
        | TreeImage::Classes { children, .. }
        | TreeImage::Texts { children, .. }
        | TreeImage::Paths { children, .. }
        | TreeImage::Networks { children, .. }
        | TreeImage::Numbers { children, .. }
        | TreeImage::Patterns { children, .. } => children,
    }
}
