//! Many short lists in one table.
//!
//! A program has tens of thousands of lists, most of them of one or two rows. Each by itself would be an allocation,
//! and a place of its own to be looked for.

use alloc::vec::Vec;

/// Where a list stands in its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct List {
    first: u32,
    count: u32,
}

impl List {
    /// How many rows it has.
    pub fn count(self) -> usize {
        usize::try_from(self.count).unwrap_or(usize::MAX)
    }

    /// First row, and one behind the last.
    #[inline]
    fn range(self) -> core::ops::Range<usize> {
        let first = usize::try_from(self.first).unwrap_or(usize::MAX);
        first..first.saturating_add(self.count())
    }
}

/// A table of lists, one behind the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lists<T> {
    rows: Vec<T>,
}

impl<T> Default for Lists<T> {
    fn default() -> Self {
        Lists { rows: Vec::new() }
    }
}

impl<T> Lists<T> {
    /// The rows of a list; none of one that stands in no such place.
    #[inline]
    pub fn get(&self, list: List) -> &[T] {
        self.rows.get(list.range()).unwrap_or_default()
    }

    /// Adds a list whose rows come one by one; ends at the first that fails, whose list nobody knows.
    pub fn try_add<E>(&mut self, rows: impl Iterator<Item = Result<T, E>>) -> Result<List, E> {
        let first = self.rows.len();
        for row in rows {
            self.rows.push(row?);
        }
        Ok(self.since(first))
    }

    /// Gives memory back that was set aside for more rows.
    pub fn shrink(&mut self) {
        self.rows.shrink_to_fit();
    }

    /// The list of all rows from this one on.
    fn since(&self, first: usize) -> List {
        let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        List { first: narrow(first), count: narrow(self.rows.len().saturating_sub(first)) }
    }
}

impl<T: Clone> Lists<T> {
    /// Adds a list.
    pub fn add(&mut self, rows: &[T]) -> List {
        let first = self.rows.len();
        self.rows.extend_from_slice(rows);
        self.since(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_stand_one_behind_the_other() {
        let mut table = Lists::default();
        let (first, none, second) = (table.add(&[1, 2]), table.add(&[]), table.add(&[3]));
        assert_eq!((table.get(first), table.get(none), table.get(second)), (&[1, 2][..], &[][..], &[3][..]));
        assert_eq!(Lists::<u8>::default().get(first), &[] as &[u8], "of another table");
    }

    #[test]
    fn rows_may_fail() {
        let mut table = Lists::default();
        assert_eq!(table.try_add([Ok(1), Err("no"), Ok(2)].into_iter()), Err("no"));
        let list = table.try_add([Ok::<_, ()>(3)].into_iter()).unwrap();
        assert_eq!((table.get(list), list.count()), (&[3][..], 1));
    }
}
