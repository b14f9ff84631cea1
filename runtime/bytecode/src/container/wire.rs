//! Reading and writing plain data that is decoded: little-endian, tagged, nothing optional in the form. Unsigned numbers of
//! 32 and 64 bits, ids and lengths take as few bytes of seven bits as they need (LEB128), exact decimals a form of their own;
//! other integers have a fixed width.
//!
//! One value has exactly one encoding (but for a constant whose text stands in two places), and reading checks every length
//! before it allocates. Strings are rows of one table; a [`Reader`] has a budget for their copies, so that a small
//! hostile bundle cannot grow without bound.

use crate::image::CollectImage;
use crate::limits::{MAX_BUNDLE_BYTES, MAX_TABLE_ROWS};
use crate::text::{Text, TextPool, TextRange};
use crate::value::decimal::{Decimal, whole};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Most rows for which memory is set aside before they are read.
const MOST_RESERVED: usize = 1 << 16;

/// What is wrong with encoded data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WireError(pub &'static str);

/// Interned texts and blobs, shared by all sections.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    rows: Vec<Vec<u8>>,
    index: BTreeMap<Vec<u8>, (u32, TextRange)>,
    length: usize,
}

impl Pool {
    /// The row of this content.
    pub fn intern(&mut self, content: &[u8]) -> u32 {
        self.add(content).0
    }

    /// Where this content stands among all that is interned.
    pub fn place(&mut self, content: &[u8]) -> TextRange {
        self.add(content).1
    }

    fn add(&mut self, content: &[u8]) -> (u32, TextRange) {
        if let Some(known) = self.index.get(content) {
            return *known;
        }
        let place = TextRange::new(length_u32(self.length), length_u32(content.len()));
        let added = (length_u32(self.rows.len()), place);
        self.length = self.length.saturating_add(content.len());
        self.rows.push(content.to_vec());
        self.index.insert(content.to_vec(), added);
        added
    }

    /// The table itself: count, length of each row, then all contents one behind the other.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        write_short(length_u32(self.rows.len()), &mut out);
        self.rows.iter().for_each(|row| write_short(length_u32(row.len()), &mut out));
        self.rows.iter().for_each(|row| out.bytes.extend_from_slice(row));
        out.bytes
    }
}

/// A length as it is written. Limits keep every length far below `u32::MAX`.
pub(crate) fn length_u32(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Where data is written.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    /// The section being written.
    pub bytes: Vec<u8>,
    /// Texts.
    pub strings: Pool,
    /// Encoded schemas.
    pub schemas: Pool,
}

/// The table of texts, read where it stands.
#[derive(Debug, Default)]
pub(crate) struct Strings {
    pool: TextPool,
    rows: Vec<TextRange>,
}

impl Strings {
    /// Reads what [`Pool::to_bytes`] wrote.
    pub fn read(bytes: &[u8]) -> Result<Strings, WireError> {
        let mut reader = Reader::new(bytes, None);
        let count = read_length(&mut reader)?;
        let rows = places(count, &mut reader)?;
        let all = core::str::from_utf8(reader.rest()).map_err(|_| WireError("text is not UTF-8"))?;
        let pool = TextPool::new(String::from(all));
        if rows.iter().all(|place| pool.has(*place)) {
            Ok(Strings { pool, rows })
        } else {
            Err(WireError("text is not UTF-8"))
        }
    }

    /// A text by its row.
    fn get(&self, row: u32) -> Option<Text> {
        let place = self.rows.get(usize::try_from(row).ok()?)?;
        Some(self.pool.text(place.first(), place.length()))
    }
}

/// The places of so many rows of a [`Pool`] whose contents follow their lengths.
fn places(count: usize, input: &mut Reader<'_>) -> Result<Vec<TextRange>, WireError> {
    let mut rows = Vec::with_capacity(count.min(MOST_RESERVED));
    let mut first = 0_u32;
    for _ in 0..count {
        let length = read_short(input)?;
        rows.push(TextRange::new(first, length));
        first = first.checked_add(length).ok_or(WireError("length"))?;
    }
    if usize::try_from(first) == Ok(input.left().len()) { Ok(rows) } else { Err(WireError("length")) }
}

/// Where data is read.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    strings: Option<&'a Strings>,
    budget: usize,
    /// Schema rows of the tools read so far, in the order of the tools.
    pub tool_schemas: Vec<u32>,
    /// Places of the tools read so far, by the bytes that they were read from.
    places: BTreeMap<&'a [u8], Arc<[CollectImage]>>,
}

impl<'a> Reader<'a> {
    /// Reads these bytes with this table of texts.
    pub fn new(bytes: &'a [u8], strings: Option<&'a Strings>) -> Self {
        Self { rest: bytes, strings, budget: MAX_BUNDLE_BYTES, tool_schemas: Vec::new(), places: BTreeMap::new() }
    }

    /// The next `count` bytes.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], WireError> {
        let (head, rest) = self.rest.split_at_checked(count).ok_or(WireError("data ends early"))?;
        self.rest = rest;
        Ok(head)
    }

    /// The next bytes as an array.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let bytes = self.take(N)?;
        bytes.try_into().map_err(|_| WireError("data ends early"))
    }

    /// A number of four bytes: of the table of contents, whose rows are found by their place.
    pub fn fixed(&mut self) -> Result<u32, WireError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// The memory of all texts.
    pub fn texts(&self) -> TextPool {
        self.strings.map(|strings| strings.pool.clone()).unwrap_or_default()
    }

    /// What was not read yet.
    pub fn rest(&mut self) -> &'a [u8] {
        core::mem::take(&mut self.rest)
    }

    /// Fails when so many rows, of at least one byte each, cannot be there.
    fn holds(&self, rows: usize) -> Result<(), WireError> {
        if rows > self.rest.len() || rows > MAX_TABLE_ROWS {
            return Err(WireError("length beyond the data"));
        }
        Ok(())
    }

    /// The places that come next, when they were read before: tools mostly have the same. No encoding begins with another,
    /// so that only the last one that is not greater than what comes can be its beginning.
    pub fn known_places(&mut self) -> Option<Arc<[CollectImage]>> {
        let (bytes, places) = self.places.range(..=self.rest).next_back()?;
        self.rest = self.rest.strip_prefix(*bytes)?;
        Some(Arc::clone(places))
    }

    /// What was not read yet.
    pub fn left(&self) -> &'a [u8] {
        self.rest
    }

    /// Keeps places that were read from here on.
    pub fn note_places(&mut self, begin: &'a [u8], places: &Arc<[CollectImage]>) {
        let length = begin.len().saturating_sub(self.rest.len());
        self.places.extend(begin.get(..length).map(|bytes| (bytes, Arc::clone(places))));
    }

    /// Whether all was read.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Takes from the budget for copies.
    pub fn spend(&mut self, bytes: usize) -> Result<(), WireError> {
        self.budget = self.budget.checked_sub(bytes).ok_or(WireError("texts are too large together"))?;
        Ok(())
    }
}

/// A length of rows that take at least one byte each.
pub(crate) fn read_length(input: &mut Reader<'_>) -> Result<usize, WireError> {
    let length = usize::try_from(read_short(input)?).map_err(|_| WireError("length"))?;
    input.holds(length)?;
    Ok(length)
}

/// The rows of a [`Pool`] table.
pub(crate) fn read_pool(bytes: &[u8]) -> Result<Vec<&[u8]>, WireError> {
    let mut reader = Reader::new(bytes, None);
    let count = read_length(&mut reader)?;
    let places = places(count, &mut reader)?;
    let length = |place: &TextRange| usize::try_from(place.length()).map_err(|_| WireError("length"));
    places.iter().map(|place| reader.take(length(place)?)).collect()
}

/// Data with one encoding.
pub(crate) trait Wire: Sized {
    /// Appends the encoding.
    fn write(&self, out: &mut Writer);
    /// Reads it back.
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError>;
}

/// Fixed-width integers.
macro_rules! wire_integer {
    ($($ty:ty),*) => {$(
        impl Wire for $ty {
            fn write(&self, out: &mut Writer) {
                out.bytes.extend_from_slice(&self.to_le_bytes());
            }

            fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
                Ok(<$ty>::from_le_bytes(input.array()?))
            }
        }
    )*};
}

wire_integer!(u8, u16, i32, i64);

impl Wire for u32 {
    fn write(&self, out: &mut Writer) {
        write_short(*self, out);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        read_short(input)
    }
}

impl Wire for u64 {
    fn write(&self, out: &mut Writer) {
        write_long(*self, out);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        read_long(input)
    }
}

impl Wire for i128 {
    /// Units of 10^-18: 0 and the whole number that they are, or 1 and all bytes.
    fn write(&self, out: &mut Writer) {
        match whole(*self) {
            Some(whole) => {
                out.bytes.push(0);
                write_long(folded(whole), out);
            }
            None => {
                out.bytes.push(1);
                out.bytes.extend_from_slice(&self.to_le_bytes());
            }
        }
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        match u8::read(input)? {
            0 => Ok(Decimal::from_int(unfolded(read_long(input)?)).units()),
            1 => match i128::from_le_bytes(input.array()?) {
                value if whole(value).is_some() => Err(WireError("a number is spelt longer than needed")),
                value => Ok(value),
            },
            _ => Err(WireError("no such form of a number")),
        }
    }
}

/// A signed number as an unsigned one that is small when the number is near zero.
fn folded(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

/// What was folded.
fn unfolded(value: u64) -> i64 {
    let half = (value >> 1).cast_signed();
    if value & 1 == 0 { half } else { !half }
}

/// Writes a number in few bytes.
fn write_long(value: u64, out: &mut Writer) {
    let mut rest = value;
    loop {
        let [low, ..] = rest.to_le_bytes();
        rest >>= 7;
        if rest == 0 {
            out.bytes.push(low & 0x7f);
            return;
        }
        out.bytes.push(low | 0x80);
    }
}

/// Reads what [`write_long`] wrote; the longer spellings of a number are refused.
fn read_long(input: &mut Reader<'_>) -> Result<u64, WireError> {
    let mut value: u64 = 0;
    for place in 0..10_u32 {
        let byte = u8::read(input)?;
        let bits = u64::from(byte & 0x7f);
        if place == 9 && bits > 1 {
            break;
        }
        value |= bits.checked_shl(place.saturating_mul(7)).unwrap_or(0);
        if byte & 0x80 == 0 {
            let padded = place > 0 && byte == 0;
            return if padded { Err(WireError("a number is padded")) } else { Ok(value) };
        }
    }
    Err(WireError("a number is too large"))
}

/// Writes a small number in few bytes.
pub(crate) fn write_short(value: u32, out: &mut Writer) {
    write_long(u64::from(value), out);
}

/// Reads what [`write_short`] wrote; the longer spellings of a number are refused.
pub(crate) fn read_short(input: &mut Reader<'_>) -> Result<u32, WireError> {
    // Most numbers are small.
    if let Some((first, rest)) = input.rest.split_first()
        && *first < 0x80
    {
        input.rest = rest;
        return Ok(u32::from(*first));
    }
    u32::try_from(read_long(input)?).map_err(|_| WireError("a number is too large"))
}

impl Wire for bool {
    fn write(&self, out: &mut Writer) {
        u8::from(*self).write(out);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        match u8::read(input)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(WireError("a boolean is 0 or 1")),
        }
    }
}

impl Wire for String {
    fn write(&self, out: &mut Writer) {
        let row = out.strings.intern(self.as_bytes());
        write_short(row, out);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let text = Text::read(input)?;
        input.spend(text.len())?;
        Ok(String::from(text.as_str()))
    }
}

impl Wire for Text {
    fn write(&self, out: &mut Writer) {
        let row = out.strings.intern(self.as_bytes());
        write_short(row, out);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let row = read_short(input)?;
        input.strings.and_then(|strings| strings.get(row)).ok_or(WireError("no such string"))
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn write(&self, out: &mut Writer) {
        write_list(self, out);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let length = read_length(input)?;
        let mut rows = Vec::with_capacity(length.min(MOST_RESERVED));
        for _ in 0..length {
            rows.push(T::read(input)?);
        }
        Ok(rows)
    }
}

/// Writes the rows of a list.
pub(crate) fn write_list<T: Wire>(rows: &[T], out: &mut Writer) {
    write_short(length_u32(rows.len()), out);
    rows.iter().for_each(|row| row.write(out));
}

impl<T: Wire> Wire for Option<T> {
    fn write(&self, out: &mut Writer) {
        self.is_some().write(out);
        if let Some(value) = self {
            value.write(out);
        }
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        if bool::read(input)? { T::read(input).map(Some) } else { Ok(None) }
    }
}

impl<T: Wire> Wire for Box<T> {
    fn write(&self, out: &mut Writer) {
        T::write(self, out);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        T::read(input).map(Box::new)
    }
}

impl<A: Wire, B: Wire> Wire for (A, B) {
    fn write(&self, out: &mut Writer) {
        self.0.write(out);
        self.1.write(out);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok((A::read(input)?, B::read(input)?))
    }
}

impl Wire for IpAddr {
    fn write(&self, out: &mut Writer) {
        match self {
            IpAddr::V4(v4) => {
                4_u8.write(out);
                out.bytes.extend_from_slice(&v4.octets());
            }
            IpAddr::V6(v6) => {
                6_u8.write(out);
                out.bytes.extend_from_slice(&v6.octets());
            }
        }
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        match u8::read(input)? {
            4 => Ok(IpAddr::V4(Ipv4Addr::from(input.array::<4>()?))),
            6 => Ok(IpAddr::V6(Ipv6Addr::from(input.array::<16>()?))),
            _ => Err(WireError("no such kind of address")),
        }
    }
}

/// A struct is its fields in this order.
macro_rules! wire_struct {
    ($name:ident { $($field:ident),* $(,)? }) => {
        impl Wire for $name {
            fn write(&self, out: &mut Writer) {
                $(self.$field.write(out);)*
            }

            fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
                Ok(Self { $($field: Wire::read(input)?),* })
            }
        }
    };
}

/// An enum is a tag byte and the variant's fields.
macro_rules! wire_enum {
    ($name:ident { $($tag:literal => $variant:ident $(($($bind:ident),*))? $({$($field:ident),*})?),* $(,)? }) => {
        impl Wire for $name {
            fn write(&self, out: &mut Writer) {
                match self {$(
                    $name::$variant $(($($bind),*))? $({$($field),*})? => {
                        let tag: u8 = $tag;
                        tag.write(out);
                        $($($bind.write(out);)*)?
                        $($($field.write(out);)*)?
                    }
                )*}
            }

            fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
                match u8::read(input)? {
                    $($tag => {
                        $($(let $bind = Wire::read(input)?;)*)?
                        $($(let $field = Wire::read(input)?;)*)?
                        Ok($name::$variant $(($($bind),*))? $({$($field),*})?)
                    })*
                    _ => Err(WireError(concat!("no such ", stringify!($name)))),
                }
            }
        }
    };
}

/// Newtyped ids are their number.
macro_rules! wire_id {
    ($($name:ident),* $(,)?) => {$(
        impl Wire for $name {
            fn write(&self, out: &mut Writer) {
                write_short(self.0, out);
            }

            fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
                read_short(input).map($name)
            }
        }
    )*};
}

pub(crate) use {wire_enum, wire_id, wire_struct};
