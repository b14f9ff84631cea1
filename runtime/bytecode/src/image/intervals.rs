//! Intervals of places on a line, and where they lead.
//!
//! Most ends are whole numbers or milliseconds: an interval then takes 32 bytes, with ends as multiples of a unit in 64
//! bits. Others keep all of their 128 bits. A table has the narrowest form that all of its ends fit.

use crate::ids::RuleId;
use crate::packed::{Packed, Rows, append};
use crate::value::decimal::{ONE, floor};
use alloc::vec::Vec;

/// An interval and where it leads. Both ends belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval<End> {
    /// Lower end.
    pub low: End,
    /// Upper end.
    pub high: End,
    /// The highest upper end in the part of the table that this row is the middle of, the table
    /// being halved again and again: how a search knows which half to leave out.
    pub highest: End,
    /// Position in the children.
    pub child: u32,
    /// The first of the rules that the rows of that part lead to: how a search knows which half cannot
    /// matter. A program has them filled ([`IntervalImage::fill_first`]); a bundle's image has rule 0, which leaves
    /// nothing out.
    pub first: RuleId,
}

/// An interval of places on a [`Line`](crate::value::Line).
pub type IntervalImage = Interval<i128>;

/// An interval whose ends are multiples of a unit; the least and the greatest stand for no end.
pub type NarrowInterval = Interval<i64>;

impl<End> Interval<End> {
    /// The same with other ends.
    #[inline]
    fn with<Other>(self, end: impl Fn(End) -> Other) -> Interval<Other> {
        let Interval { low, high, highest, child, first } = self;
        Interval { low: end(low), high: end(high), highest: end(highest), child, first }
    }
}

impl IntervalImage {
    /// Fills the highest ends of a whole table, sorted by lower end; gives that of all of it.
    pub fn fill_highest(rows: &mut [IntervalImage]) -> i128 {
        let middle = rows.len() >> 1;
        let Some((before, rest)) = rows.split_at_mut_checked(middle) else { return i128::MIN };
        let Some((row, after)) = rest.split_first_mut() else { return i128::MIN };
        row.highest = row.high.max(IntervalImage::fill_highest(before)).max(IntervalImage::fill_highest(after));
        row.highest
    }

    /// Fills the first rules of a whole table, given that of each child; gives that of all of it.
    pub fn fill_first(rows: &mut [IntervalImage], of: &dyn Fn(u32) -> RuleId) -> RuleId {
        let middle = rows.len() >> 1;
        let Some((before, rest)) = rows.split_at_mut_checked(middle) else { return RuleId(u32::MAX) };
        let Some((row, after)) = rest.split_first_mut() else { return RuleId(u32::MAX) };
        let beside = IntervalImage::fill_first(before, of).min(IntervalImage::fill_first(after, of));
        row.first = of(row.child).min(beside);
        row.first
    }

    /// The same with ends as multiples of a unit, if they are.
    fn narrow(self, unit: Unit) -> Option<NarrowInterval> {
        let Interval { low, high, highest, child, first } = self.with(|end| narrowed(end, unit));
        Some(Interval { low: low?, high: high?, highest: highest?, child, first })
    }
}

impl NarrowInterval {
    #[inline]
    fn wide(self, unit: Unit) -> IntervalImage {
        self.with(|end| widened(end, unit))
    }
}

/// What narrow ends are multiples of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// One: ends are whole numbers.
    Whole,
    /// The least there is: ends are places as they are.
    Place,
}

impl Unit {
    /// How many places it is long.
    #[inline]
    fn size(self) -> i128 {
        match self {
            Unit::Whole => ONE,
            Unit::Place => 1,
        }
    }

    /// The last multiple up to a place, and the first from it on; the least and the greatest number where that is beyond
    /// all that can be an end.
    #[inline]
    pub fn around(self, place: i128) -> (i64, i64) {
        let below = match self {
            Unit::Whole => floor(place),
            Unit::Place => place,
        };
        let is_one = below.saturating_mul(self.size()) == place;
        let above = if is_one { below } else { below.saturating_add(1) };
        (clamped(below), clamped(above))
    }
}

fn clamped(number: i128) -> i64 {
    i64::try_from(number).unwrap_or(if number < 0 { i64::MIN } else { i64::MAX })
}

/// An end as a multiple of a unit, if it is one.
fn narrowed(end: i128, unit: Unit) -> Option<i64> {
    match end {
        i128::MIN => Some(i64::MIN),
        i128::MAX => Some(i64::MAX),
        _ => match unit.around(end) {
            (below, above) if below == above && below != i64::MIN && below != i64::MAX => Some(below),
            _ => None,
        },
    }
}

/// What was narrowed.
#[inline]
fn widened(end: i64, unit: Unit) -> i128 {
    match end {
        i64::MIN => i128::MIN,
        i64::MAX => i128::MAX,
        _ => i128::from(end).saturating_mul(unit.size()),
    }
}

/// How the ends of a table are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As whole numbers.
    Whole,
    /// As places themselves.
    Place,
    /// With all of their bits.
    Wide,
}

impl Form {
    /// The narrowest form that these fit.
    pub(super) fn of(rows: impl Iterator<Item = IntervalImage> + Clone) -> Form {
        let fits = |form: &Form| match form.unit() {
            Some(unit) => rows.clone().all(|row| row.narrow(unit).is_some()),
            None => true,
        };
        [Form::Whole, Form::Place].into_iter().find(fits).unwrap_or(Form::Wide)
    }

    /// What narrow ends are multiples of.
    fn unit(self) -> Option<Unit> {
        match self {
            Form::Whole => Some(Unit::Whole),
            Form::Place => Some(Unit::Place),
            Form::Wide => None,
        }
    }

    /// Appends rows that fit.
    pub(super) fn append(self, rows: &[IntervalImage], out: &mut Vec<u8>) {
        match self.unit() {
            Some(unit) => append(rows.iter().filter_map(|row| row.narrow(unit)), out),
            None => append(rows.iter().copied(), out),
        }
    }
}

/// Intervals sorted by lower end, where they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intervals<'t> {
    /// Their ends are multiples of this unit.
    Narrow(Rows<'t, NarrowInterval>, Unit),
    /// Their ends have all of their bits.
    Wide(Rows<'t, IntervalImage>),
}

impl<'t> Intervals<'t> {
    /// How many there are.
    #[inline]
    pub fn len(self) -> usize {
        match self {
            Intervals::Narrow(rows, _) => rows.len(),
            Intervals::Wide(rows) => rows.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// An interval.
    #[inline]
    pub fn get(self, row: usize) -> Option<IntervalImage> {
        match self {
            Intervals::Narrow(rows, unit) => rows.get(row).map(|row| row.wide(unit)),
            Intervals::Wide(rows) => rows.get(row),
        }
    }

    /// All of them, in order.
    pub fn iter(self) -> impl Iterator<Item = IntervalImage> + Clone + use<'t> {
        (0..self.len()).filter_map(move |row| self.get(row))
    }

    /// Those from a row on.
    #[inline]
    pub fn from(self, row: usize) -> Self {
        match self {
            Intervals::Narrow(rows, unit) => Intervals::Narrow(rows.from(row), unit),
            Intervals::Wide(rows) => Intervals::Wide(rows.from(row)),
        }
    }

    /// Those before a row, and those from it on.
    #[inline]
    pub fn split(self, row: usize) -> Option<(Self, Self)> {
        Some(match self {
            Intervals::Narrow(rows, unit) => {
                let (before, after) = rows.split(row)?;
                (Intervals::Narrow(before, unit), Intervals::Narrow(after, unit))
            }
            Intervals::Wide(rows) => {
                let (before, after) = rows.split(row)?;
                (Intervals::Wide(before), Intervals::Wide(after))
            }
        })
    }

    /// How the ends are written.
    pub(super) fn form(self) -> Form {
        match self {
            Intervals::Narrow(_, Unit::Whole) => Form::Whole,
            Intervals::Narrow(_, Unit::Place) => Form::Place,
            Intervals::Wide(_) => Form::Wide,
        }
    }

    /// Whether they have the narrowest form that all of them fit.
    pub(crate) fn is_narrowest(self) -> bool {
        self.form() == Form::of(self.iter())
    }
}

impl Packed for IntervalImage {
    type Bytes = [u8; 56];

    fn pack(self) -> [u8; 56] {
        packed(self.with(i128::to_le_bytes))
    }

    #[inline]
    fn unpack(bytes: [u8; 56]) -> IntervalImage {
        unpacked(&bytes).with(i128::from_le_bytes)
    }
}

impl Packed for NarrowInterval {
    type Bytes = [u8; 32];

    fn pack(self) -> [u8; 32] {
        packed(self.with(i64::to_le_bytes))
    }

    #[inline]
    fn unpack(bytes: [u8; 32]) -> NarrowInterval {
        unpacked(&bytes).with(i64::from_le_bytes)
    }
}

/// A row as bytes: its ends, then where it leads.
fn packed<const END: usize, const ROW: usize>(row: Interval<[u8; END]>) -> [u8; ROW] {
    let mut bytes = [0; ROW];
    let (ends, leads) = ([row.low, row.high, row.highest], (row.child, row.first.0).pack());
    let parts = ends.as_flattened().iter().chain(&leads);
    bytes.iter_mut().zip(parts).for_each(|(place, byte)| *place = *byte);
    bytes
}

/// The row that these bytes are.
#[inline]
fn unpacked<const END: usize>(bytes: &[u8]) -> Interval<[u8; END]> {
    let end = |row: usize| bytes.as_chunks().0.get(row).copied().unwrap_or([0; END]);
    let (child, first) = bytes.last_chunk().map_or((0, 0), |leads| <(u32, u32)>::unpack(*leads));
    Interval { low: end(0), high: end(1), highest: end(2), child, first: RuleId(first) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(low: i128, high: i128) -> IntervalImage {
        IntervalImage { low, high, highest: high, child: 7, first: RuleId(9) }
    }

    #[test]
    fn an_interval_keeps_its_numbers() {
        let wide = IntervalImage { highest: i128::MAX, ..row(i128::MIN, -5) };
        assert_eq!(IntervalImage::unpack(wide.pack()), wide);
        let narrow = [(-3 * ONE, i128::MAX, Unit::Whole), (i128::MIN, 5, Unit::Place), (-7, ONE + 1, Unit::Place)];
        for (low, high, unit) in narrow {
            let row = row(low, high);
            let narrow = row.narrow(unit).unwrap();
            assert_eq!(NarrowInterval::unpack(narrow.pack()), narrow);
            assert_eq!(narrow.wide(unit), row);
        }
    }

    #[test]
    fn a_place_is_between_its_neighbours() {
        let limit = i128::from(i64::MAX);
        let whole = |place: i128| Unit::Whole.around(place);
        assert_eq!((whole(0), whole(ONE), whole(ONE + 1), whole(-1)), ((0, 0), (1, 1), (1, 2), (-1, 0)));
        assert_eq!(whole((limit + 1) * ONE), (i64::MAX, i64::MAX), "above all ends but an open one");
        assert_eq!(whole(-limit * ONE * 2), (i64::MIN, i64::MIN), "below all ends but an open one");
        assert_eq!(Unit::Place.around(-7), (-7, -7));
    }

    #[test]
    fn a_table_has_the_narrowest_form_that_fits() {
        let form = |rows: &[IntervalImage]| Form::of(rows.iter().copied());
        let limit = i128::from(i64::MAX);
        assert_eq!(form(&[]), Form::Whole);
        assert_eq!(form(&[row(i128::MIN, 0), row(ONE, 4 * ONE)]), Form::Whole);
        assert_eq!(form(&[row(0, 4 * ONE), row(1, 2)]), Form::Place);
        assert_eq!(form(&[row(0, limit - 1)]), Form::Place);
        assert_eq!(form(&[row(0, limit)]), Form::Wide, "that number says that there is no end");
        assert_eq!(form(&[row(1, limit * ONE)]), Form::Wide);
        assert_eq!(form(&[row(ONE / 2, 20 * ONE)]), Form::Wide);
    }

    #[test]
    fn a_table_reads_as_it_was_written_and_says_when_it_could_be_narrower() {
        let rows = [row(0, ONE), row(2 * ONE, i128::MAX), row(3 * ONE, 3 * ONE)];
        for form in [Form::Whole, Form::Wide] {
            let mut bytes = Vec::new();
            form.append(&rows, &mut bytes);
            let read = match form.unit() {
                Some(unit) => Intervals::Narrow(Rows::of(&bytes), unit),
                None => Intervals::Wide(Rows::of(&bytes)),
            };
            assert_eq!((read.len(), read.form()), (3, form));
            assert!(read.iter().eq(rows));
            assert!(read.from(1).iter().eq(rows[1..].iter().copied()));
            let (before, after) = read.split(2).unwrap();
            assert_eq!((before.get(1), after.get(0), read.split(4)), (Some(rows[1]), Some(rows[2]), None));
            assert_eq!(read.is_narrowest(), form == Form::Whole);
        }
    }
}
