//! What the commonest tests compare with, prepared when a program is loaded: where the star of a glob stands, which
//! integers are in a range, where the texts of a list are.
//!
//! Decisions would have to find it out of constants again and again. A row is a word, and most constants need none.

use crate::ids::ConstantId;
use crate::image::{Block, BundleImage, Constant, RangeImage};
use crate::lists::{List, Lists};
use crate::opcode::Opcode;
use crate::text::{Text, TextPool, TextRange};
use crate::value::decimal::ONE;
use crate::value::glob::{self, Star};
use alloc::vec::Vec;

/// What was prepared of a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Operand {
    /// Nothing.
    #[default]
    Plain,
    /// Of a glob of one star: where it stands, and which it is.
    Star(u16, Star),
    /// Of a range of numbers: the row of its integers.
    Integers(u32),
    /// Of a list or set of texts: the row of the list.
    Texts(u32),
}

/// What was prepared of all constants.
#[derive(Debug, Clone, Default)]
pub struct Operands {
    rows: Vec<Operand>,
    /// First and last integer; none where the first is above the last.
    integers: Vec<(i64, i64)>,
    lists: Vec<List>,
    texts: Lists<TextRange>,
    pool: TextPool,
}

impl Operands {
    /// Prepares what tests of an image compare with.
    pub(crate) fn new(image: &BundleImage) -> Operands {
        let rows = alloc::vec![Operand::Plain; image.constants.len()];
        let mut made = Operands { rows, pool: pool(image), ..Operands::default() };
        for block in image.blocks.iter() {
            match block {
                Block::Plain(tests) => tests.iter().for_each(|test| made.prepare(image, test.opcode, test.b)),
                Block::Code { code, .. } => code.iter().for_each(|test| made.prepare(image, test.opcode, test.b)),
            }
        }
        made.integers.shrink_to_fit();
        made.lists.shrink_to_fit();
        made.texts.shrink();
        made
    }

    /// Prepares what a test compares with, when it is met for the first time.
    fn prepare(&mut self, image: &BundleImage, opcode: Opcode, constant: u32) {
        if !matches!(opcode, Opcode::SlotLike | Opcode::SlotInRange | Opcode::SlotIn) {
            return;
        }
        let row = wide(constant);
        let operand = match (self.rows.get(row), image.constants.get(row)) {
            (Some(Operand::Plain), Some(Constant::Glob { pattern, path_like })) => star(pattern, *path_like),
            (Some(Operand::Plain), Some(Constant::Range(range))) => {
                integers(image, range).map(|ends| self.add_integers(ends))
            }
            (Some(Operand::Plain), Some(Constant::List(rows) | Constant::Set(rows))) => self.add_texts(image, rows),
            _ => None,
        };
        if let (Some(operand), Some(place)) = (operand, self.rows.get_mut(row)) {
            *place = operand;
        }
    }

    /// Where the star of a glob stands that has one, and no other character with a meaning.
    #[inline]
    pub fn star(&self, glob: ConstantId) -> Option<(usize, Star)> {
        match self.rows.get(glob.index())? {
            Operand::Star(at, star) => Some((usize::from(*at), *star)),
            _ => None,
        }
    }

    /// Whether an integer is in a range; `None` when its ends are no numbers.
    #[inline]
    pub fn is_within(&self, range: ConstantId, number: i64) -> Option<bool> {
        let Operand::Integers(row) = self.rows.get(range.index())? else { return None };
        let (first, last) = self.integers.get(wide(*row))?;
        Some(*first <= number && number <= *last)
    }

    /// Whether a text is in a list or set; `None` when that is none of texts alone.
    #[inline]
    pub fn is_one_of(&self, list: ConstantId, text: &str) -> Option<bool> {
        let Operand::Texts(row) = self.rows.get(list.index())? else { return None };
        let texts = self.texts.get(*self.lists.get(wide(*row))?);
        Some(texts.iter().any(|wanted| self.pool.says(*wanted, text)))
    }

    fn add_integers(&mut self, ends: (i64, i64)) -> Operand {
        self.integers.push(ends);
        Operand::Integers(row_behind(&self.integers))
    }

    fn add_texts(&mut self, image: &BundleImage, rows: &[ConstantId]) -> Option<Operand> {
        let pool = &self.pool;
        let text = |row: &ConstantId| match image.constants.get(row.index()) {
            Some(Constant::String(text)) => text.place_in(pool).ok_or(()),
            _ => Err(()),
        };
        let list = self.texts.try_add(rows.iter().map(text)).ok()?;
        self.lists.push(list);
        Some(Operand::Texts(row_behind(&self.lists)))
    }
}

/// The memory that the texts of constants stand in.
fn pool(image: &BundleImage) -> TextPool {
    let text = image.constants.iter().find_map(|constant| match constant {
        Constant::String(text) => Some(text.pool()),
        _ => None,
    });
    text.cloned().unwrap_or_default()
}

fn star(pattern: &Text, path_like: bool) -> Option<Operand> {
    let (at, star) = glob::only_star(pattern, path_like)?;
    u16::try_from(at).ok().map(|at| Operand::Star(at, star))
}

/// The first and the last integer of a range of numbers.
fn integers(image: &BundleImage, range: &RangeImage) -> Option<(i64, i64)> {
    let number = |id: ConstantId| match image.constants.get(id.index()) {
        Some(Constant::Number(units)) => Some(*units),
        _ => None,
    };
    let first = range.low.map_or(Some(i128::MIN), |low| number(low).map(ceiling))?;
    let last =
        range.high.map_or(Some(i128::MAX), |high| number(high).map(if range.inclusive { floor } else { below }))?;
    let (first, last) = (first.max(i128::from(i64::MIN)), last.min(i128::from(i64::MAX)));
    let ends = i64::try_from(first).ok().zip(i64::try_from(last).ok());
    Some(ends.filter(|_| first <= last).unwrap_or(NONE))
}

/// The ends of a range without integers.
const NONE: (i64, i64) = (i64::MAX, i64::MIN);

/// The largest integer up to a number.
fn floor(units: i128) -> i128 {
    // Units are 10^-18, which is 2^-18 * 5^-18: most numbers are divided in 64 bits.
    match i64::try_from(units >> 18) {
        Ok(short) => i128::from(short.checked_div_euclid(FIVES).unwrap_or_default()),
        Err(_) => units.checked_div_euclid(ONE).unwrap_or_default(),
    }
}

/// 5^18.
const FIVES: i64 = 3_814_697_265_625;

/// The largest integer below a number.
fn below(units: i128) -> i128 {
    floor(units.saturating_sub(1))
}

/// The smallest integer from a number on.
fn ceiling(units: i128) -> i128 {
    below(units).saturating_add(1)
}

/// The row of what was added last.
fn row_behind<T>(rows: &[T]) -> u32 {
    u32::try_from(rows.len().saturating_sub(1)).unwrap_or(u32::MAX)
}

fn wide(row: u32) -> usize {
    usize::try_from(row).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::BlockImage;
    use crate::opcode::Instruction;
    use alloc::vec;

    /// Of these constants, when each is compared with.
    fn operands(constants: Vec<Constant>) -> Operands {
        let opcode = |constant: &Constant| match constant {
            Constant::Glob { .. } => Opcode::SlotLike,
            Constant::Range(_) => Opcode::SlotInRange,
            _ => Opcode::SlotIn,
        };
        let test = |(row, constant)| Instruction::new(opcode(constant), 0, 0, row);
        let code = (0..).zip(&constants).map(test).collect();
        let blocks = [BlockImage { registers: 1, code }].into_iter().collect();
        Operands::new(&BundleImage { constants, blocks, ..BundleImage::default() })
    }

    #[test]
    fn what_no_test_compares_with_is_not_prepared() {
        let constants = vec![Constant::Set(Vec::new())];
        let found = Operands::new(&BundleImage { constants, ..BundleImage::default() });
        assert_eq!(found.is_one_of(ConstantId(0), ""), None);
    }

    #[test]
    fn a_row_is_a_word() {
        assert_eq!(size_of::<Operand>(), 8);
    }

    #[test]
    fn ranges_are_their_integers() {
        let integers = |low: Option<i128>, high: Option<i128>, inclusive: bool| {
            let ends = [low, high].map(|end| Constant::Number(end.unwrap_or_default()));
            let range = RangeImage { low: low.map(|_| ConstantId(0)), high: high.map(|_| ConstantId(1)), inclusive };
            let [first, second] = ends;
            operands(vec![first, second, Constant::Range(range)]).integers[0]
        };
        let (whole, half) = (|number: i64| Some(i128::from(number) * ONE), ONE / 2);
        assert_eq!(integers(whole(3), whole(9), true), (3, 9));
        assert_eq!(integers(whole(3), whole(9), false), (3, 8));
        assert_eq!(integers(Some(half), Some(9 * ONE + half), false), (1, 9));
        assert_eq!(integers(Some(-half), Some(-1), true), NONE);
        assert_eq!(integers(Some(-half), None, true), (0, i64::MAX));
        assert_eq!(integers(None, Some(-half), true), (i64::MIN, -1));
        assert_eq!(integers(whole(9), whole(3), true), NONE);
        assert_eq!(integers(Some(i128::from(i64::MAX) * ONE + 1), None, true), NONE);
        assert_eq!(integers(None, whole(i64::MIN), false), NONE);
        assert_eq!(integers(None, whole(i64::MIN), true), (i64::MIN, i64::MIN));
    }

    #[test]
    fn numbers_are_rounded_alike_in_any_width() {
        let large = 9_000_000_000_000 * ONE;
        for units in
            [0, 1, -1, ONE, ONE - 1, ONE + 1, -ONE, -ONE - 1, 7 * ONE / 2, large, large - 1, -large, -large - 1]
        {
            assert_eq!(floor(units), units.div_euclid(ONE), "{units}");
        }
        assert_eq!((below(ONE), below(ONE + 1), ceiling(ONE), ceiling(ONE + 1), ceiling(-1)), (0, 1, 1, 2, 0));
    }

    #[test]
    fn integers_are_in_their_range() {
        let range = |low| Constant::Range(RangeImage { low: Some(ConstantId(low)), high: None, inclusive: false });
        let found = operands(vec![Constant::Number(2 * ONE), range(0), Constant::Bool(true), range(2)]);
        let within = |number| found.is_within(ConstantId(1), number);
        assert_eq!((within(1), within(2), within(i64::MAX)), (Some(false), Some(true), Some(true)));
        assert_eq!((found.is_within(ConstantId(3), 2), found.is_within(ConstantId(0), 2)), (None, None), "no numbers");
    }

    #[test]
    fn texts_are_in_their_list() {
        let pool = TextPool::new("tietip".into());
        let texts = [pool.text(0, 3), pool.text(3, 2)].map(Constant::String);
        let set = |rows: &[u32]| Constant::Set(rows.iter().map(|row| ConstantId(*row)).collect());
        let elsewhere = Constant::String("ti".into());
        let [tie, ti] = texts;
        let found = operands(vec![tie, ti, elsewhere, set(&[0, 1]), set(&[]), set(&[0, 3]), set(&[0, 2]), set(&[1])]);
        let has = |list, text| found.is_one_of(ConstantId(list), text);
        assert_eq!(
            [has(3, "ti"), has(3, "tie"), has(3, "tip"), has(3, "")].map(Option::unwrap),
            [true, true, false, false]
        );
        assert_eq!((has(4, "ti"), has(7, "ti"), has(7, "tie")), (Some(false), Some(true), Some(false)));
        assert_eq!(
            (has(0, "tie"), has(5, "tie"), has(6, "tie"), has(99, "tie")),
            (None, None, None, None),
            "no texts alone"
        );
    }

    #[test]
    fn globs_of_one_star_are_told_where_it_stands() {
        let glob = |pattern: &str| Constant::Glob { pattern: pattern.into(), path_like: true };
        let found = operands(vec![glob("/a/*.md"), glob("**"), glob("/a"), glob("*/*"), Constant::Null]);
        let star = |row| found.star(ConstantId(row));
        assert_eq!((star(0), star(1)), (Some((3, Star::Within)), Some((0, Star::Double))));
        assert_eq!((star(2), star(3), star(4), star(5)), (None, None, None, None));
    }
}
