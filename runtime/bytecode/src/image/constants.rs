//! The constants of a bundle, read where they stand.
//!
//! A constant is a word of eight bytes: its kind, and what it is, or where that stands: the place of its text in the texts
//! of the bundle, of its elements in one table of ids. What no word holds (URLs, windows, records, addresses of IPv6,
//! numbers that are not whole) is few, and kept apart.

use super::{Constant, RangeImage, UrlParts, WindowImage};
use crate::ids::{ConstantId, SegmentId};
use crate::packed::{Rows, append, packed_as};
use crate::text::{TextPool, TextRange};
use crate::value::decimal::{ONE, whole};
use alloc::string::String;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr};

/// The constants of a bundle; a row refers to earlier rows only.
#[derive(Debug, Clone, Default)]
pub struct Constants {
    /// A [`Word`] of each.
    pub(crate) rows: Vec<u8>,
    /// What texts are places in.
    pub(crate) texts: TextPool,
    /// Elements of lists and sets, and ends of ranges: of one constant behind the other.
    pub(crate) ids: Vec<u8>,
    /// What no word holds.
    pub(crate) rare: Vec<Constant>,
    /// First and last integer of ranges of numbers, when they were prepared; none where the first is above the last.
    pub(crate) integers: Vec<(i64, i64)>,
}

/// A constant, where it stands: [`Constant`] says what each kind is.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "they are those of `Constant`")]
pub enum ConstantNode<'c> {
    Null,
    Bool(bool),
    Number(i128),
    String(&'c str),
    Bytes(&'c str),
    Duration(i64),
    Instant(i64),
    Date(i32),
    Time(u32),
    Weekday(u8),
    Ip(IpAddr),
    Net(IpAddr, u8),
    Host(&'c str),
    Url(&'c UrlParts),
    Path(&'c str),
    Segment(SegmentId),
    Glob { pattern: &'c str, path_like: bool },
    HostPattern(&'c str),
    Window(&'c WindowImage),
    List(Rows<'c, ConstantId>),
    Set(Rows<'c, ConstantId>),
    Record(&'c [(String, ConstantId)]),
    Range(RangeImage),
}

/// A constant as a word: its kind in the lowest bits, above them what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word(pub(crate) u64);

/// Kinds of constant. Numbers are the format.
pub(crate) mod kind {
    pub const NULL: u64 = 0;
    pub const BOOL: u64 = 1;
    pub const WHOLE: u64 = 2;
    pub const STRING: u64 = 3;
    pub const BYTES: u64 = 4;
    pub const DURATION: u64 = 5;
    pub const INSTANT: u64 = 6;
    pub const DATE: u64 = 7;
    pub const TIME: u64 = 8;
    pub const WEEKDAY: u64 = 9;
    pub const IP: u64 = 10;
    pub const NET: u64 = 11;
    pub const HOST: u64 = 12;
    pub const PATH: u64 = 13;
    pub const SEGMENT: u64 = 14;
    pub const GLOB: u64 = 15;
    pub const HOST_PATTERN: u64 = 16;
    pub const LIST: u64 = 17;
    pub const SET: u64 = 18;
    pub const RANGE: u64 = 19;
    pub const RARE: u64 = 20;
    /// What no bundle may have.
    pub const NONE: u64 = 31;
}

/// Bits of the kind.
const KIND_BITS: u32 = 5;
/// Bits of a place: of a text in the texts of a bundle, of a list in the table of ids.
const PLACE_BITS: u32 = 26;
/// Bits of the length of a text, of the length of a pattern, and of how many elements a list has.
const LENGTH_BITS: u32 = 24;
const PATTERN_BITS: u32 = 11;
const COUNT_BITS: u32 = 21;

/// The lowest bits.
fn low(bits: u32) -> u64 {
    u64::MAX.checked_shr(64_u32.wrapping_sub(bits)).unwrap_or(0)
}

packed_as! {
    Word as u64: word => word.0, Word(word);
    ConstantId as u32: id => id.0, ConstantId(id);
}

impl Word {
    const NONE: Word = Word(kind::NONE);

    /// A kind, and what it is in so many bits; none where it does not fit.
    fn of(kind: u64, what: u64) -> Word {
        match what.checked_shl(KIND_BITS).filter(|word| word >> KIND_BITS == what) {
            Some(word) => Word(word | kind),
            None => Word::NONE,
        }
    }

    /// A signed number; `None` where it takes more bits than there are.
    fn signed(kind: u64, number: i64) -> Option<Word> {
        let word = Word((number.cast_unsigned() << KIND_BITS) | kind);
        (word.number() == number).then_some(word)
    }

    /// A text and what else is said of it.
    fn text(kind: u64, place: TextRange, length_bits: u32, more: u64) -> Word {
        let (first, length) = (u64::from(place.first()), u64::from(place.length()));
        if first > low(PLACE_BITS) || length > low(length_bits) {
            return Word::NONE;
        }
        Word::of(kind, first | (length << PLACE_BITS) | (more << (PLACE_BITS.wrapping_add(length_bits))))
    }

    /// Elements of the table of ids.
    fn list(kind: u64, first: usize, count: usize) -> Word {
        let number = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        if number(first) > low(PLACE_BITS) || number(count) > low(COUNT_BITS) {
            return Word::NONE;
        }
        Word::of(kind, number(first) | (number(count) << PLACE_BITS))
    }

    #[inline]
    pub(crate) fn kind(self) -> u64 {
        self.0 & low(KIND_BITS)
    }

    /// So many bits of what it is, from one on.
    #[inline]
    pub(crate) fn part(self, from: u32, bits: u32) -> u32 {
        let above = self.0 >> (KIND_BITS.wrapping_add(from));
        u32::try_from(above & low(bits)).unwrap_or(u32::MAX)
    }

    /// What it is, as a signed number.
    #[inline]
    fn number(self) -> i64 {
        self.0.cast_signed() >> KIND_BITS
    }

    /// Where its text stands.
    #[inline]
    pub(crate) fn place(self, length_bits: u32) -> TextRange {
        TextRange::new(self.part(0, PLACE_BITS), self.part(PLACE_BITS, length_bits))
    }

    /// The same with more said in bits that were none.
    pub(crate) fn with(self, from: u32, what: u64) -> Word {
        Word(self.0 | (what << (KIND_BITS.wrapping_add(from))))
    }

    /// How many bits of what a kind is are used; the others are zero until constants are prepared.
    fn bits(kind: u64) -> u32 {
        match kind {
            kind::BOOL => 1,
            kind::WHOLE | kind::DURATION | kind::INSTANT | kind::DATE => 59,
            kind::STRING | kind::BYTES | kind::HOST | kind::PATH | kind::HOST_PATTERN => TEXT_BITS,
            kind::GLOB => STAR_AT,
            kind::LIST | kind::SET => LIST_BITS,
            kind::RANGE => PLACE_BITS,
            kind::WEEKDAY => 8,
            kind::NET => 40,
            kind::IP | kind::TIME | kind::SEGMENT | kind::RARE => 32,
            _ => 0,
        }
    }
}

/// Bits of a text, and of a list.
const TEXT_BITS: u32 = PLACE_BITS + LENGTH_BITS;
pub(crate) const LIST_BITS: u32 = PLACE_BITS + COUNT_BITS;
/// Of a glob: whether it is path-like; behind that, where its only star stands and which it is.
const PATH_LIKE_AT: u32 = PLACE_BITS + PATTERN_BITS;
pub(crate) const STAR_AT: u32 = PATH_LIKE_AT + 1;
/// Of a range: one more than the row of its integers.
pub(crate) const INTEGERS_AT: u32 = PLACE_BITS;

impl Constants {
    /// How many there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.words().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    #[inline]
    pub(crate) fn words(&self) -> Rows<'_, Word> {
        Rows::of(&self.rows)
    }

    /// A constant by its row.
    #[inline]
    pub fn get(&self, row: usize) -> Option<ConstantNode<'_>> {
        self.node(self.words().get(row)?)
    }

    /// All of them, in order; `None` for what no bundle may have.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<ConstantNode<'_>>> {
        self.words().iter().map(|word| self.node(word))
    }

    /// Whether a string is this text; `None` when it is no string.
    #[inline]
    pub fn says(&self, id: ConstantId, text: &str) -> Option<bool> {
        let word = self.words().at(id.0).filter(|word| word.kind() == kind::STRING)?;
        Some(self.texts.says(word.place(LENGTH_BITS), text))
    }

    /// The pattern of a glob, and whether it is path-like; `None` when it is no glob.
    #[inline]
    pub fn glob(&self, id: ConstantId) -> Option<(&str, bool)> {
        let word = self.words().at(id.0).filter(|word| word.kind() == kind::GLOB)?;
        Some((self.texts.get(word.place(PATTERN_BITS)), word.part(PATH_LIKE_AT, 1) == 1))
    }

    /// The text of a path; `None` when it is no path.
    #[inline]
    pub fn path(&self, id: ConstantId) -> Option<&str> {
        let word = self.words().at(id.0).filter(|word| word.kind() == kind::PATH)?;
        Some(self.texts.get(word.place(LENGTH_BITS)))
    }

    /// The text of a string or path; empty of what is neither.
    #[inline]
    pub fn text(&self, id: ConstantId) -> &str {
        match self.words().at(id.0) {
            Some(word) if word.kind() == kind::STRING || word.kind() == kind::PATH => {
                self.texts.get(word.place(LENGTH_BITS))
            }
            _ => "",
        }
    }

    /// Whether a constant is a glob or a host pattern.
    pub(crate) fn is_pattern(&self, row: usize) -> bool {
        let word = self.words().get(row);
        word.is_some_and(|word| word.kind() == kind::GLOB || word.kind() == kind::HOST_PATTERN)
    }

    /// Whether a constant is a range.
    pub(crate) fn is_range(&self, row: usize) -> bool {
        self.words().get(row).is_some_and(|word| word.kind() == kind::RANGE)
    }

    /// Elements of a list.
    #[inline]
    pub(crate) fn elements(&self, word: Word) -> Rows<'_, ConstantId> {
        let index = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let (first, count) = (index(word.part(0, PLACE_BITS)), index(word.part(PLACE_BITS, COUNT_BITS)));
        let behind = Rows::of(&self.ids).from(first);
        behind.split(count).map_or(Rows::default(), |(own, _)| own)
    }

    #[inline]
    pub(crate) fn node(&self, word: Word) -> Option<ConstantNode<'_>> {
        let text = || self.texts.get(word.place(LENGTH_BITS));
        Some(match word.kind() {
            kind::NULL => ConstantNode::Null,
            kind::BOOL => ConstantNode::Bool(word.part(0, 1) == 1),
            kind::WHOLE => ConstantNode::Number(i128::from(word.number()).checked_mul(ONE)?),
            kind::STRING => ConstantNode::String(text()),
            kind::BYTES => ConstantNode::Bytes(text()),
            kind::DURATION => ConstantNode::Duration(word.number()),
            kind::INSTANT => ConstantNode::Instant(word.number()),
            kind::DATE => ConstantNode::Date(i32::try_from(word.number()).ok()?),
            kind::TIME => ConstantNode::Time(word.part(0, 32)),
            kind::WEEKDAY => ConstantNode::Weekday(u8::try_from(word.part(0, 8)).ok()?),
            kind::IP => ConstantNode::Ip(IpAddr::V4(Ipv4Addr::from_bits(word.part(0, 32)))),
            kind::NET => ConstantNode::Net(
                IpAddr::V4(Ipv4Addr::from_bits(word.part(0, 32))),
                u8::try_from(word.part(32, 8)).ok()?,
            ),
            kind::HOST => ConstantNode::Host(text()),
            kind::PATH => ConstantNode::Path(text()),
            kind::SEGMENT => ConstantNode::Segment(SegmentId(word.part(0, 32))),
            kind::GLOB => ConstantNode::Glob {
                pattern: self.texts.get(word.place(PATTERN_BITS)),
                path_like: word.part(PATH_LIKE_AT, 1) == 1,
            },
            kind::HOST_PATTERN => ConstantNode::HostPattern(text()),
            kind::LIST => ConstantNode::List(self.elements(word)),
            kind::SET => ConstantNode::Set(self.elements(word)),
            kind::RANGE => ConstantNode::Range(self.range(word)?),
            kind::RARE => return self.rare_node(word),
            _ => return None,
        })
    }

    fn rare_node(&self, word: Word) -> Option<ConstantNode<'_>> {
        Some(match self.rare.get(usize::try_from(word.part(0, 32)).ok()?)? {
            Constant::Number(units) => ConstantNode::Number(*units),
            Constant::Duration(ms) => ConstantNode::Duration(*ms),
            Constant::Instant(ms) => ConstantNode::Instant(*ms),
            Constant::Ip(ip) => ConstantNode::Ip(*ip),
            Constant::Net(ip, length) => ConstantNode::Net(*ip, *length),
            Constant::Url(parts) => ConstantNode::Url(parts),
            Constant::Window(window) => ConstantNode::Window(window),
            Constant::Record(fields) => ConstantNode::Record(fields),
            _ => return None,
        })
    }

    /// A range: each end is one more than its constant, 0 where there is none; the upper one is doubled, and odd when it
    /// belongs to the range.
    pub(crate) fn range(&self, word: Word) -> Option<RangeImage> {
        let first = usize::try_from(word.part(0, PLACE_BITS)).ok()?;
        let ends = Rows::<u32>::of(&self.ids).from(first);
        let (low, high) = (ends.get(0)?, ends.get(1)?);
        let end = |number: u32| number.checked_sub(1).map(ConstantId);
        Some(RangeImage { low: end(low), high: end(high >> 1), inclusive: high & 1 == 1 })
    }

    /// Adds a constant.
    pub fn push(&mut self, constant: &Constant) {
        let word = self.word(constant);
        append([word], &mut self.rows);
    }

    /// A constant as a word; what it refers to is added.
    fn word(&mut self, constant: &Constant) -> Word {
        let fits = match constant {
            Constant::Null => Some(Word(kind::NULL)),
            Constant::Bool(value) => Some(Word::of(kind::BOOL, u64::from(*value))),
            Constant::Number(units) => whole(*units).and_then(|whole| Word::signed(kind::WHOLE, whole)),
            Constant::Duration(ms) => Word::signed(kind::DURATION, *ms),
            Constant::Instant(ms) => Word::signed(kind::INSTANT, *ms),
            Constant::Date(days) => Word::signed(kind::DATE, i64::from(*days)),
            Constant::Time(seconds) => Some(Word::of(kind::TIME, u64::from(*seconds))),
            Constant::Weekday(day) => Some(Word::of(kind::WEEKDAY, u64::from(*day))),
            Constant::Ip(IpAddr::V4(ip)) => Some(Word::of(kind::IP, u64::from(ip.to_bits()))),
            Constant::Net(IpAddr::V4(ip), length) => {
                Some(Word::of(kind::NET, u64::from(ip.to_bits()) | (u64::from(*length) << 32)))
            }
            Constant::Segment(id) => Some(Word::of(kind::SEGMENT, u64::from(id.0))),
            Constant::String(text) => Some(self.text_word(kind::STRING, text)),
            Constant::Bytes(text) => Some(self.text_word(kind::BYTES, text)),
            Constant::Host(text) => Some(self.text_word(kind::HOST, text)),
            Constant::Path(text) => Some(self.text_word(kind::PATH, text)),
            Constant::HostPattern(text) => Some(self.text_word(kind::HOST_PATTERN, text)),
            Constant::Glob { pattern, path_like } => {
                Some(Word::text(kind::GLOB, self.texts.add(pattern), PATTERN_BITS, u64::from(*path_like)))
            }
            Constant::List(rows) => Some(self.list_word(kind::LIST, rows)),
            Constant::Set(rows) => Some(self.list_word(kind::SET, rows)),
            Constant::Range(range) => Some(self.range_word(range)),
            Constant::Ip(_) | Constant::Net(..) | Constant::Url(_) | Constant::Window(_) | Constant::Record(_) => None,
        };
        fits.unwrap_or_else(|| {
            self.rare.push(constant.clone());
            Word::of(kind::RARE, u64::try_from(self.rare.len().saturating_sub(1)).unwrap_or(u64::MAX))
        })
    }

    fn text_word(&mut self, kind: u64, text: &str) -> Word {
        Word::text(kind, self.texts.add(text), LENGTH_BITS, 0)
    }

    fn list_word(&mut self, kind: u64, rows: &[ConstantId]) -> Word {
        let first = Rows::<u32>::of(&self.ids).len();
        append(rows.iter().copied(), &mut self.ids);
        Word::list(kind, first, rows.len())
    }

    fn range_word(&mut self, range: &RangeImage) -> Word {
        let first = Rows::<u32>::of(&self.ids).len();
        let end = |id: Option<ConstantId>| id.map_or(0, |id| id.0.saturating_add(1));
        let high = end(range.high).saturating_mul(2) | u32::from(range.inclusive);
        append([end(range.low), high], &mut self.ids);
        Word::list(kind::RANGE, first, 0)
    }

    /// The same words with texts at other places, which `place` gives.
    pub(crate) fn placed(&self, mut place: impl FnMut(&str) -> TextRange) -> Vec<u8> {
        let mut rows = Vec::with_capacity(self.rows.len());
        append(
            self.words().iter().map(|word| {
                let word = word.plain();
                let Some(bits) = length_bits(word.kind()) else { return word };
                let rest = word.0 >> (KIND_BITS.wrapping_add(PLACE_BITS).wrapping_add(bits));
                Word::text(word.kind(), place(self.texts.get(word.place(bits))), bits, rest)
            }),
            &mut rows,
        );
        rows
    }

    /// Whether every word is spelt as it must be: nothing is said in bits that its kind has not, texts are at places of
    /// texts, lists follow one another, and what is rare is no word's to hold.
    pub(crate) fn are_whole(&self) -> bool {
        let (mut ids, mut rare) = (0_u32, 0_u32);
        let whole = self.words().iter().all(|word| {
            let is_text = length_bits(word.kind()).is_none_or(|bits| self.texts.has(word.place(bits)));
            let (table, count) = match word.kind() {
                kind::LIST | kind::SET => (&mut ids, word.part(PLACE_BITS, COUNT_BITS)),
                kind::RANGE => (&mut ids, 2),
                kind::RARE => (&mut rare, 1),
                known => return known < kind::RARE && is_text && word == word.plain(),
            };
            let first = core::mem::replace(table, table.saturating_add(count));
            let bits = if word.kind() == kind::RARE { 32 } else { PLACE_BITS };
            word == word.plain() && word.part(0, bits) == first
        });
        let counted = |count: u32, length: usize| usize::try_from(count) == Ok(length);
        let long = Rows::<u32>::of(&self.ids).len();
        whole && counted(ids, long) && counted(rare, self.rare.len()) && self.rare.iter().all(is_rare)
    }
}

impl Word {
    /// Without what was prepared.
    fn plain(self) -> Word {
        Word(self.0 & low(KIND_BITS.wrapping_add(Word::bits(self.kind()))))
    }
}

/// Bits of the length of a text, of kinds that are texts.
fn length_bits(kind: u64) -> Option<u32> {
    match kind {
        kind::STRING | kind::BYTES | kind::HOST | kind::PATH | kind::HOST_PATTERN => Some(LENGTH_BITS),
        kind::GLOB => Some(PATTERN_BITS),
        _ => None,
    }
}

/// Whether no word holds a constant.
fn is_rare(constant: &Constant) -> bool {
    Constants::default().word(constant).kind() == kind::RARE
}

impl PartialEq for Constants {
    fn eq(&self, other: &Constants) -> bool {
        self.iter().eq(other.iter())
    }
}

impl FromIterator<Constant> for Constants {
    fn from_iter<T: IntoIterator<Item = Constant>>(constants: T) -> Constants {
        let mut made = Constants::default();
        constants.into_iter().for_each(|constant| made.push(&constant));
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    /// One of every kind, at the edges of what a word holds.
    fn every() -> Vec<Constant> {
        let net = |text: &str| text.parse::<IpAddr>().unwrap();
        vec![
            Constant::Null,
            Constant::Bool(true),
            Constant::Number(7 * ONE),
            Constant::Number(-ONE),
            Constant::Number(1),
            Constant::Number(i128::from(i64::MAX) * ONE),
            Constant::String("a".into()),
            Constant::String("".into()),
            Constant::Bytes("YQ==".into()),
            Constant::Duration(-1),
            Constant::Duration(i64::MAX),
            Constant::Instant(i64::MIN),
            Constant::Date(i32::MIN),
            Constant::Time(86_400),
            Constant::Weekday(6),
            Constant::Ip(net("10.0.0.1")),
            Constant::Ip(net("::1")),
            Constant::Net(net("10.0.0.0"), 8),
            Constant::Net(net("fe80::"), 10),
            Constant::Host("é".into()),
            Constant::Path("/a".into()),
            Constant::Segment(SegmentId(3)),
            Constant::Glob { pattern: "/a/*".into(), path_like: true },
            Constant::Glob { pattern: "*".into(), path_like: false },
            Constant::HostPattern("*.a".into()),
            Constant::List(vec![ConstantId(0), ConstantId(9)]),
            Constant::Set(vec![]),
            Constant::Record(vec![("k".into(), ConstantId(1))]),
            Constant::Range(RangeImage { low: Some(ConstantId(2)), high: None, inclusive: false }),
            Constant::Range(RangeImage { low: None, high: Some(ConstantId(3)), inclusive: true }),
        ]
    }

    fn shown(node: ConstantNode<'_>) -> String {
        alloc::format!("{node:?}")
    }

    #[test]
    fn constants_are_kept_as_they_are() {
        let table: Constants = every().into_iter().collect();
        assert!(table.are_whole());
        assert_eq!((table.len(), table.rare.len()), (30, 7), "few take more than a word");
        for (row, constant) in every().iter().enumerate() {
            let node = table.get(row).unwrap();
            // Both spell what they are alike, but for the marks of texts on their own.
            assert_eq!(shown(node), alloc::format!("{constant:?}"));
        }
        assert_eq!(table.get(30), None);
        assert_eq!(["a", "b"].map(|text| table.says(ConstantId(6), text)), [Some(true), Some(false)]);
        assert_eq!(table.says(ConstantId(8), "YQ=="), None);
        assert_eq!((table.glob(ConstantId(22)), table.glob(ConstantId(20))), (Some(("/a/*", true)), None));
        assert_eq!((table.path(ConstantId(20)), table.path(ConstantId(22))), (Some("/a"), None));
        assert_eq!((table.text(ConstantId(20)), table.text(ConstantId(0))), ("/a", ""));
    }

    #[test]
    fn what_does_not_fit_is_no_constant() {
        let long = Constant::Glob { pattern: "a".repeat(2048).as_str().into(), path_like: false };
        let table: Constants = [long].into_iter().collect();
        assert_eq!((table.get(0), table.are_whole()), (None, false));
    }

    #[test]
    fn a_word_is_spelt_in_one_way() {
        let table: Constants = every().into_iter().collect();
        for row in 0..table.len() {
            for bit in 0..64_u32 {
                let mut other = table.clone();
                let (at, bit) = (row * 8 + usize::try_from(bit / 8).unwrap(), bit % 8);
                other.rows[at] ^= 1 << bit;
                let is_text = length_bits(table.words().get(row).unwrap().kind()).is_some();
                // A text may stand in two places.
                if other.are_whole() && !is_text {
                    assert_ne!(other.get(row), table.get(row), "row {row}, bit {bit} is of no account");
                }
            }
        }
        let mut other = table.clone();
        other.rare[0] = Constant::Null;
        assert!(!other.are_whole(), "a word would hold it");
        other.rare.push(Constant::Record(vec![]));
        assert!(!other.are_whole(), "one too many");
    }

    #[test]
    fn texts_stand_where_they_are_told() {
        let table: Constants = every().into_iter().collect();
        let mut texts = TextPool::default();
        texts.add("something else first");
        let rows = table.placed(|text| texts.add(text));
        let moved = Constants { rows, texts, ids: table.ids.clone(), rare: table.rare.clone(), ..Constants::default() };
        assert_eq!(moved, table);
        assert!(moved.are_whole());
    }
}
