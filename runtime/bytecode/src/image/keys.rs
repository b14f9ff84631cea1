//! The keys of a switch over texts.

use crate::hash;
use crate::ids::ConstantId;
use crate::packed::Rows;
use alloc::vec::Vec;

/// Up to so many keys are searched by halves, which takes no longer than a hash.
const FEW: usize = 8;

/// Which text leads to which children: each key stands at the row that its [perfect hash](crate::hash) names, or,
/// where they are few or no such hash was found, in order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct KeyTable {
    /// The seeds of the hash; none where the rows are sorted by text.
    pub seeds: Vec<u32>,
    /// Text ([`super::Constant::String`]) and position of its first child.
    pub rows: Vec<(ConstantId, u32)>,
    /// Row, and position of a further child of its text; sorted.
    pub more: Vec<(u32, u32)>,
}

impl KeyTable {
    /// A table of texts with their constants and the positions of their children, sorted.
    pub fn new(cases: &[(&str, ConstantId, u32)]) -> KeyTable {
        let mut texts: Vec<&str> = cases.iter().map(|(text, ..)| *text).collect();
        texts.dedup();
        let seeds = if texts.len() > FEW { hash::perfect(&texts).unwrap_or_default() } else { Vec::new() };
        let row_of = |position: usize, text: &str| match seeds.is_empty() {
            true => position,
            false => hash::row(|seed| seeds.get(seed).copied(), seeds.len(), texts.len(), text),
        };
        let mut rows = alloc::vec![(ConstantId::default(), 0); texts.len()];
        let mut more = Vec::new();
        let mut rest = cases;
        for (position, text) in texts.iter().enumerate() {
            let own = rest.partition_point(|case| case.0 <= *text);
            let (same, after) = rest.split_at_checked(own).unwrap_or((rest, &[]));
            rest = after;
            let row = row_of(position, text);
            if let (Some((_, key, child)), Some(place)) = (same.first(), rows.get_mut(row)) {
                *place = (*key, *child);
            }
            let number = u32::try_from(row).unwrap_or(u32::MAX);
            more.extend(same.iter().skip(1).map(|(_, _, child)| (number, *child)));
        }
        more.sort_unstable();
        KeyTable { seeds, rows, more }
    }
}

/// A [`KeyTable`], where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keys<'t> {
    /// As in [`KeyTable`].
    pub seeds: Rows<'t, u32>,
    /// As in [`KeyTable`].
    pub rows: Rows<'t, (ConstantId, u32)>,
    /// As in [`KeyTable`].
    pub more: Rows<'t, (u32, u32)>,
}

impl<'k> Keys<'k> {
    /// The row of a text, if it is a key; `text_of` says the text of a constant.
    #[inline]
    pub fn find<'t>(self, text: &str, text_of: impl Fn(ConstantId) -> &'t str) -> Option<usize> {
        let row = match self.seeds.is_empty() {
            true => self.rows.partition_point(|(key, _)| text_of(key) < text),
            false => hash::row(|seed| self.seeds.get(seed), self.seeds.len(), self.rows.len(), text),
        };
        self.rows.get(row).filter(|(key, _)| text_of(*key) == text).map(|_| row)
    }

    /// The children that a row leads to, as positions, ascending.
    pub fn children(self, row: usize) -> impl Iterator<Item = u32> + use<'k> {
        let number = u32::try_from(row).unwrap_or(u32::MAX);
        let first = self.rows.get(row).map(|(_, child)| child);
        let from = self.more.partition_point(|(row, _)| row < number);
        let further = self.more.from(from).iter().take_while(move |(row, _)| *row == number);
        first.into_iter().chain(further.map(|(_, child)| child))
    }

    /// Every key with every child it leads to.
    pub fn cases(self) -> impl Iterator<Item = (ConstantId, u32)> + use<'k> {
        let further = self.more.iter().filter_map(move |(row, child)| Some((self.rows.at(row)?.0, child)));
        self.rows.iter().chain(further)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::SlotId;
    use crate::image::{TreeImage, TreeNode, Trees};
    use alloc::format;
    use alloc::string::String;

    fn check(count: usize, wanted_seeds: bool) {
        let mut texts: Vec<String> = (0..count).map(|number| format!("t{number}")).collect();
        texts.sort();
        let id = |at: usize| ConstantId::new(at);
        let mut cases: Vec<(&str, ConstantId, u32)> = Vec::new();
        for (at, text) in texts.iter().enumerate() {
            // Every third text leads to three children.
            let children = if at % 3 == 0 { 0..3 } else { 1..2 };
            cases.extend(children.map(|child| (text.as_str(), id(at), child)));
        }
        let keys = KeyTable::new(&cases);
        let image = TreeImage::Texts { slot: SlotId(0), keys, children: Vec::new() };
        let trees: Trees = [image].into_iter().collect();
        let Some(TreeNode::Texts { keys: table, .. }) = trees.get(0) else { panic!("another node") };
        assert_eq!(!table.seeds.is_empty(), wanted_seeds, "{count}");
        let text_of = |key: ConstantId| texts[key.index()].as_str();
        for (at, text) in texts.iter().enumerate() {
            let row = table.find(text, text_of).unwrap();
            let children: Vec<u32> = table.children(row).collect();
            assert_eq!(children, if at % 3 == 0 { vec_of(0..3) } else { vec_of(1..2) }, "{text} of {count}");
        }
        for text in ["", "t", "t-1", "u"] {
            assert_eq!(table.find(text, text_of), None);
        }
        let mut all: Vec<(ConstantId, u32)> = table.cases().collect();
        all.sort();
        assert_eq!(all, cases.iter().map(|(_, key, child)| (*key, *child)).collect::<Vec<_>>());
    }

    fn vec_of(range: core::ops::Range<u32>) -> Vec<u32> {
        range.collect()
    }

    #[test]
    fn a_text_leads_to_all_its_children() {
        [0, 1, 2, 8].into_iter().for_each(|count| check(count, false));
        [9, 10, 100, 5_000].into_iter().for_each(|count| check(count, true));
    }
}
