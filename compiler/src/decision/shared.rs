//! Rules that stand before the same targets.
//!
//! A rule about a tag stands at the entry point of every tool that has it. Where tools have rules of their own besides, no
//! two trees are equal, and each would hold all rules of the tag. Rules that stand before the same targets are
//! therefore a *group*, and one that is large has trees of its own, which every entry point of it refers to. A small
//! group is cheaper to look through together with the others.

use super::{Entry, Row};
use std::collections::BTreeMap;

/// A group of at most so many rules and keys, together, usually has no tree of its own.
pub const SMALL_GROUP: usize = 64;

/// The large groups.
#[derive(Debug, Clone, Default)]
pub struct Shared {
    /// The group of each rule that is in one.
    groups: BTreeMap<Row, usize>,
}

impl Shared {
    /// The groups larger than `small` among the rules of these entry points, where a block of a rule counts for its size
    /// in `sizes`.
    pub fn of(entries: &[Entry], sizes: &[usize], small: usize) -> Shared {
        let mut targets: BTreeMap<Row, Vec<usize>> = BTreeMap::new();
        for (target, entry) in entries.iter().enumerate() {
            entry.rows.iter().for_each(|row| targets.entry(*row).or_default().push(target));
        }
        let mut groups: BTreeMap<Vec<usize>, Vec<Row>> = BTreeMap::new();
        for (row, targets) in targets {
            groups.entry(targets).or_default().push(row);
        }
        let size = |rows: &[Row]| rows.iter().filter_map(|(_, block)| sizes.get(*block)).sum::<usize>();
        let large = groups.into_iter().filter(|(targets, rows)| targets.len() > 1 && size(rows) > small);
        let rows = large.enumerate().flat_map(|(group, (_, rows))| rows.into_iter().map(move |row| (row, group)));
        Shared { groups: rows.collect() }
    }

    /// In how many trees each of these blocks stands: those of a large group in one, others in one for each target.
    pub fn trees_of(&self, entries: &[Entry], blocks: usize) -> Vec<usize> {
        let mut trees = vec![0; blocks];
        for row in entries.iter().flat_map(|entry| &entry.rows) {
            let Some(count) = trees.get_mut(row.1) else { continue };
            *count = if self.groups.contains_key(row) { 1 } else { *count + 1 };
        }
        trees
    }

    /// The rules of an entry point by the tree that they stand in: those in no large group, then each group.
    pub fn parts(&self, rows: &[Row]) -> Vec<Vec<Row>> {
        let mut parts: BTreeMap<Option<usize>, Vec<Row>> = BTreeMap::new();
        for row in rows {
            parts.entry(self.groups.get(row).copied()).or_default().push(*row);
        }
        parts.into_values().collect()
    }
}
