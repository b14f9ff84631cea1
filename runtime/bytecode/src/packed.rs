//! Rows of a fixed number of bytes, read where they stand.
//!
//! The large tables of a bundle (tests, nodes of trees and what they list, rules) are not decoded when it is loaded: a
//! row is unpacked when it is looked at. It takes a load and a shift or two, and far fewer lines of the cache than
//! the same row laid out by the language.

use alloc::vec::Vec;
use core::fmt;

/// The bytes of a row.
pub trait Chunk: Copy + AsRef<[u8]> {
    /// So many bytes as rows; what is left over at the end is none.
    fn chunks(bytes: &[u8]) -> &[Self];
}

impl<const N: usize> Chunk for [u8; N] {
    #[inline]
    fn chunks(bytes: &[u8]) -> &[Self] {
        bytes.as_chunks().0
    }
}

/// A row that takes the same number of bytes wherever it stands.
pub trait Packed: Copy {
    /// Its bytes.
    type Bytes: Chunk;

    /// The row as bytes. A number that is too large becomes the largest there is, which names no row that a bundle can have.
    fn pack(self) -> Self::Bytes;

    /// The row that these bytes are.
    fn unpack(bytes: Self::Bytes) -> Self;
}

/// Rows that follow one another, in place.
pub struct Rows<'t, T: Packed> {
    rows: &'t [T::Bytes],
}

impl<T: Packed> Clone for Rows<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Packed> Copy for Rows<'_, T> {}

impl<T: Packed> Default for Rows<'_, T> {
    fn default() -> Self {
        Rows { rows: &[] }
    }
}

impl<T: Packed + PartialEq> PartialEq for Rows<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<T: Packed + Eq> Eq for Rows<'_, T> {}

impl<T: Packed + fmt::Debug> fmt::Debug for Rows<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'t, T: Packed> Rows<'t, T> {
    /// The rows that these bytes are; what is left over at the end is none.
    #[inline]
    pub fn of(bytes: &'t [u8]) -> Self {
        Rows { rows: T::Bytes::chunks(bytes) }
    }

    /// How many rows there are.
    #[inline]
    pub fn len(self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.rows.is_empty()
    }

    /// A row.
    #[inline]
    pub fn get(self, row: usize) -> Option<T> {
        self.rows.get(row).map(|bytes| T::unpack(*bytes))
    }

    /// A row, by a number of 32 bits.
    #[inline]
    pub fn at(self, row: u32) -> Option<T> {
        usize::try_from(row).ok().and_then(|row| self.get(row))
    }

    /// The first of them.
    #[inline]
    pub fn first(self) -> Option<T> {
        self.get(0)
    }

    /// All of them, in order.
    #[inline]
    pub fn iter(self) -> impl ExactSizeIterator<Item = T> + DoubleEndedIterator + use<'t, T> {
        self.rows.iter().map(|bytes| T::unpack(*bytes))
    }

    /// Those from a row on; none where there is no such row.
    #[inline]
    pub fn from(self, row: usize) -> Self {
        Rows { rows: self.rows.get(row..).unwrap_or_default() }
    }

    /// Those before a row, and those from it on.
    #[inline]
    pub fn split(self, row: usize) -> Option<(Self, Self)> {
        let (before, after) = self.rows.split_at_checked(row)?;
        Some((Rows { rows: before }, Rows { rows: after }))
    }

    /// The first row of which this does not hold, given that it holds of none behind that.
    #[inline]
    pub fn partition_point(self, mut holds: impl FnMut(T) -> bool) -> usize {
        self.rows.partition_point(|bytes| holds(T::unpack(*bytes)))
    }

    /// All of them, unpacked.
    pub fn to_vec(self) -> Vec<T> {
        self.iter().collect()
    }
}

impl<'t, T: Packed> IntoIterator for Rows<'t, T> {
    type Item = T;
    type IntoIter = core::iter::Map<core::slice::Iter<'t, T::Bytes>, fn(&T::Bytes) -> T>;

    #[inline]
    fn into_iter(self) -> Self::IntoIter {
        self.rows.iter().map(|bytes| T::unpack(*bytes))
    }
}

/// Appends rows.
pub fn append<T: Packed>(rows: impl IntoIterator<Item = T>, out: &mut Vec<u8>) {
    rows.into_iter().for_each(|row| out.extend_from_slice(row.pack().as_ref()));
}

/// Numbers stand with their lowest byte first.
macro_rules! packed_number {
    ($($number:ty),*) => {$(
        impl Packed for $number {
            type Bytes = [u8; size_of::<$number>()];

            #[inline]
            fn pack(self) -> Self::Bytes {
                self.to_le_bytes()
            }

            #[inline]
            fn unpack(bytes: Self::Bytes) -> Self {
                <$number>::from_le_bytes(bytes)
            }
        }
    )*};
}

packed_number!(u32, u64);

impl Packed for (u32, u32) {
    type Bytes = [u8; 8];

    #[inline]
    fn pack(self) -> [u8; 8] {
        ((u64::from(self.1) << 32) | u64::from(self.0)).pack()
    }

    #[inline]
    fn unpack(bytes: [u8; 8]) -> (u32, u32) {
        let [a, b, c, d, e, f, g, h] = bytes;
        (u32::unpack([a, b, c, d]), u32::unpack([e, f, g, h]))
    }
}

/// Rows that are numbers by another name: what they are as numbers, and the other way round.
macro_rules! packed_as {
    ($($row:ty as $numbers:ty: $one:ident => $from:expr, $to:expr);* $(;)?) => {$(
        impl crate::packed::Packed for $row {
            type Bytes = <$numbers as crate::packed::Packed>::Bytes;

            #[inline]
            fn pack(self) -> Self::Bytes {
                let $one = self;
                <$numbers as crate::packed::Packed>::pack($from)
            }

            #[inline]
            fn unpack(bytes: Self::Bytes) -> Self {
                let $one = <$numbers as crate::packed::Packed>::unpack(bytes);
                $to
            }
        }
    )*};
}

pub(crate) use packed_as;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn rows_are_read_where_they_stand() {
        let mut bytes = Vec::new();
        append([(1_u32, u32::MAX), (3, 4), (5, 6)], &mut bytes);
        bytes.push(7);
        let rows = Rows::<(u32, u32)>::of(&bytes);
        assert_eq!((rows.len(), rows.is_empty(), rows.get(1), rows.at(3)), (3, false, Some((3, 4)), None));
        assert_eq!(rows.iter().rev().collect::<Vec<_>>(), [(5, 6), (3, 4), (1, u32::MAX)]);
        assert_eq!((rows.from(2).to_vec(), rows.from(4).to_vec()), (vec![(5, 6)], vec![]));
        let (before, after) = rows.split(1).unwrap();
        assert_eq!((before.to_vec(), after.first(), rows.split(4)), (vec![(1, u32::MAX)], Some((3, 4)), None));
        assert_eq!(rows.partition_point(|(first, _)| first < 5), 2);
        assert_eq!(rows, Rows::of(&bytes[..24]));
    }
}
