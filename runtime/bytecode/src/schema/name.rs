//! Names as they are looked up: most are told apart by their first eight bytes and their length.

use super::cursor::Cursor;
use crate::hash::first_word;
use alloc::vec::Vec;

/// A table of at most so many rows is gone through; a larger one is searched by halves.
const FEW: usize = 8;

/// A name to look up.
#[derive(Debug, Clone, Copy)]
pub struct Name<'a> {
    head: u64,
    text: &'a [u8],
}

impl<'a> Name<'a> {
    /// A name by itself.
    #[inline]
    pub fn of(text: &'a [u8]) -> Name<'a> {
        Name { head: first_word(text), text }
    }

    /// The bytes of a text from `start` on, which most often goes on behind the name.
    #[inline(always)]
    pub fn within(source: &'a [u8], start: usize, length: usize) -> Option<Name<'a>> {
        let rest = source.get(start..)?;
        Some(Name { head: head(rest, length), text: rest.get(..length)? })
    }

    /// Its bytes.
    #[inline]
    pub fn text(self) -> &'a [u8] {
        self.text
    }

    /// Its first eight bytes, the first lowest, zeros behind a shorter name.
    #[inline]
    pub fn head(self) -> u64 {
        self.head
    }
}

/// The first eight bytes of a name of this length that `rest` begins with.
#[inline(always)]
pub fn head(rest: &[u8], length: usize) -> u64 {
    let Some(bytes) = rest.first_chunk::<8>() else {
        return first_word(rest.get(..length).unwrap_or_default());
    };
    u64::from_le_bytes(*bytes) & KEPT.get(length).copied().unwrap_or(u64::MAX)
}

/// The bits of the first bytes, by how many they are.
const KEPT: [u64; 8] = [0, 0xff, 0xffff, 0xff_ffff, 0xffff_ffff, 0xff_ffff_ffff, 0xffff_ffff_ffff, 0xff_ffff_ffff_ffff];

/// A name of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NameRow {
    head: u64,
    /// Where it stands in the bytes of the schema.
    start: u32,
    length: u32,
    /// What it leads to.
    pub(super) node: u32,
}

/// Some rows of the names of a schema, sorted by how they begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Names {
    first: u32,
    count: u32,
}

impl Names {
    /// Adds names to a table, sorted; `None` when one is there twice, or they do not stand in the bytes.
    pub(super) fn add<'a>(
        table: &mut Vec<NameRow>,
        bytes: &[u8],
        names: impl Iterator<Item = (&'a str, u32)>,
    ) -> Option<Names> {
        let row = |(name, node): (&str, u32)| {
            // Names were read from these bytes.
            let start = name.as_ptr().addr().checked_sub(bytes.as_ptr().addr())?;
            let (start, length) = (u32::try_from(start).ok()?, u32::try_from(name.len()).ok()?);
            Some(NameRow { head: first_word(name.as_bytes()), start, length, node })
        };
        let mut rows: Vec<NameRow> = names.map(row).collect::<Option<_>>()?;
        let key = |row: &NameRow| (row.head, row.text(bytes));
        rows.sort_unstable_by(|a, b| a.head.cmp(&b.head).then_with(|| key(a).cmp(&key(b))));
        if rows.windows(2).any(|pair| matches!(pair, [a, b] if a.head == b.head && key(a) == key(b))) {
            return None;
        }
        let added = Names { first: u32::try_from(table.len()).ok()?, count: u32::try_from(rows.len()).ok()? };
        table.append(&mut rows);
        Some(added)
    }

    /// The names themselves, over the table and the bytes that they were added from.
    #[inline(always)]
    pub(super) fn of<'a>(self, table: &'a [NameRow], bytes: &'a [u8]) -> NameTable<'a> {
        let (first, count) = (usize::try_from(self.first), usize::try_from(self.count));
        let (first, count) = (first.unwrap_or(usize::MAX), count.unwrap_or(0));
        NameTable { rows: table.get(first..first.saturating_add(count)).unwrap_or_default(), bytes }
    }
}

/// Names that others are looked up in.
#[derive(Debug, Clone, Copy)]
pub struct NameTable<'a> {
    rows: &'a [NameRow],
    bytes: &'a [u8],
}

impl<'a> NameTable<'a> {
    /// All names, by number.
    pub fn names(self) -> impl Iterator<Item = &'a [u8]> {
        self.rows.iter().map(move |row| row.text(self.bytes).unwrap_or_default())
    }

    /// The number of a name among these.
    #[inline(always)]
    pub fn find(&self, name: Name<'_>) -> Option<u32> {
        if self.rows.len() > FEW {
            return self.find_by_halves(name);
        }
        let mut number = 0_u32;
        for row in self.rows {
            if row.head == name.head && self.is_it(row, name) {
                return Some(number);
            }
            number = number.wrapping_add(1);
        }
        None
    }

    /// As [`NameTable::find`], among many.
    #[inline(never)]
    fn find_by_halves(&self, name: Name<'_>) -> Option<u32> {
        let first = self.rows.partition_point(|row| row.head < name.head);
        let mut alike = self.rows.get(first..)?.iter().take_while(|row| row.head == name.head);
        u32::try_from(first.checked_add(alike.position(|row| self.is_it(row, name))?)?).ok()
    }

    /// Whether a name that begins as a row does is that of the row.
    #[inline(always)]
    fn is_it(&self, row: &NameRow, name: Name<'_>) -> bool {
        usize::try_from(row.length) == Ok(name.text.len()) && (row.length <= 8 || row.goes_on_as(self.bytes, name))
    }

    /// The node that the name of this number leads to.
    #[inline(always)]
    pub fn node(&self, number: u32) -> Option<u32> {
        Some(self.rows.get(usize::try_from(number).ok()?)?.node)
    }
}

impl NameRow {
    /// Whether the whole name is equal. Not inlined: most names are short.
    #[inline(never)]
    fn goes_on_as(&self, bytes: &[u8], name: Name<'_>) -> bool {
        self.text(bytes).is_some_and(|text| super::same(text, name.text))
    }

    fn text<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        Cursor::at(bytes, self.start)?.take(usize::try_from(self.length).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::String;

    #[test]
    fn a_head_is_the_same_however_it_is_read() {
        let text = "abcdefghijkl";
        for start in 0..text.len() {
            for end in start..=text.len() {
                let name = &text.as_bytes()[start..end];
                let within = Name::within(text.as_bytes(), start, end - start).unwrap();
                assert_eq!((within.head(), within.text()), (Name::of(name).head(), name));
                let mut padded = [0; 8];
                padded.iter_mut().zip(name).for_each(|(to, from)| *to = *from);
                assert_eq!(within.head(), u64::from_le_bytes(padded));
            }
        }
        assert!(Name::within(text.as_bytes(), 10, 3).is_none());
    }

    #[test]
    fn names_are_found_and_others_are_not() {
        for count in [0, 1, 7, 8, 9, 40] {
            let names: Vec<String> = (0..count)
                .map(|row: u32| match row % 4 {
                    0 => format!("{row}"),
                    1 => format!("begins_alike_{row}"),
                    2 => format!("begins_a{row}"),
                    _ => format!("n{row}\0"),
                })
                .collect();
            let bytes = names.concat();
            let mut at = 0;
            let pieces = names.iter().zip(0..).map(|(name, node)| {
                let piece = &bytes[at..at + name.len()];
                at += name.len();
                (piece, node)
            });
            let mut table = alloc::vec![NameRow { head: 0, start: 0, length: 0, node: 77 }];
            let made = Names::add(&mut table, bytes.as_bytes(), pieces).unwrap();
            let made = made.of(&table, bytes.as_bytes());
            let find = |name: &str| made.find(Name::of(name.as_bytes()));
            for (node, name) in (0..).zip(&names) {
                assert_eq!(find(name).and_then(|number| made.node(number)), Some(node), "{name}");
                for other in [format!("{name}_"), format!("{name}\0"), name[..name.len() - 1].into()] {
                    assert_eq!(find(&other).is_some(), names.contains(&other), "{other}");
                }
            }
            assert!(find("").is_none());
            let twice = bytes.get(..1).into_iter().flat_map(|name| [(name, 0), (name, 1)]);
            assert_eq!(Names::add(&mut table.clone(), bytes.as_bytes(), twice).is_none(), count > 0);
        }
    }
}
