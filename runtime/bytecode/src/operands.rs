//! What the commonest tests compare with, prepared when a program is loaded: where the star of a glob stands, which
//! integers are in a range, whether a list is one of texts alone.
//!
//! Decisions would have to find it out of constants again and again. It is noted in the words of the constants, in bits that
//! are zero in a bundle.

use crate::ids::ConstantId;
use crate::image::constants::{INTEGERS_AT, LIST_BITS, STAR_AT, Word, kind};
use crate::image::{ConstantNode, Constants, RangeImage};
use crate::packed::append;
use crate::value::decimal::floor;
use crate::value::glob::{self, Star};
use alloc::vec::Vec;

/// Bits of where a star stands, and of which it is; a star of number 0 is none.
const AT_BITS: u32 = 11;
const STAR_BITS: u32 = 2;
/// Bits of the row of integers.
const INTEGERS_BITS: u32 = 21;
/// Stars by their number, from 1 on.
const STARS: [Star; 3] = [Star::Across, Star::Within, Star::Double];

impl Constants {
    /// Notes in every constant what tests want to know of it.
    pub(crate) fn prepare(&mut self) {
        let mut integers = Vec::new();
        let mut rows = Vec::with_capacity(self.rows.len());
        append(self.words().iter().map(|word| self.prepared(word, &mut integers)), &mut rows);
        integers.shrink_to_fit();
        (self.rows, self.integers) = (rows, integers);
    }

    fn prepared(&self, word: Word, integers: &mut Vec<(i64, i64)>) -> Word {
        match word.kind() {
            kind::GLOB => match self.node(word) {
                Some(ConstantNode::Glob { pattern, path_like }) => with_star(word, pattern, path_like),
                _ => word,
            },
            kind::LIST | kind::SET => {
                let words = self.words();
                let mut elements = self.elements(word).iter();
                let texts = elements.all(|id| words.at(id.0).is_some_and(|word| word.kind() == kind::STRING));
                word.with(LIST_BITS, u64::from(texts))
            }
            kind::RANGE => match self.range(word).and_then(|range| self.integers_of(&range)) {
                Some(ends) => {
                    integers.push(ends);
                    word.with(INTEGERS_AT, u64::try_from(integers.len()).unwrap_or(0))
                }
                None => word,
            },
            _ => word,
        }
    }

    /// Where the star of a glob stands that has one, and no other character with a meaning.
    #[inline]
    pub fn star(&self, glob: ConstantId) -> Option<(usize, Star)> {
        let word = self.words().at(glob.0).filter(|word| word.kind() == kind::GLOB)?;
        let number = usize::try_from(word.part(STAR_AT.wrapping_add(AT_BITS), STAR_BITS)).ok()?;
        let star = STARS.get(number.checked_sub(1)?)?;
        Some((usize::try_from(word.part(STAR_AT, AT_BITS)).ok()?, *star))
    }

    /// Whether an integer is in a range; `None` when its ends are no numbers.
    #[inline]
    pub fn is_within(&self, range: ConstantId, number: i64) -> Option<bool> {
        let word = self.words().at(range.0).filter(|word| word.kind() == kind::RANGE)?;
        let row = usize::try_from(word.part(INTEGERS_AT, INTEGERS_BITS)).ok()?.checked_sub(1)?;
        let (first, last) = self.integers.get(row)?;
        Some(*first <= number && number <= *last)
    }

    /// Whether a text is in a list or set; `None` when that is none of texts alone.
    #[inline]
    pub fn is_one_of(&self, list: ConstantId, text: &str) -> Option<bool> {
        let word = self.words().at(list.0)?;
        let is_list = word.kind() == kind::LIST || word.kind() == kind::SET;
        if !is_list || word.part(LIST_BITS, 1) == 0 {
            return None;
        }
        Some(self.elements(word).iter().any(|id| self.says(id, text) == Some(true)))
    }

    /// The first and the last integer of a range of numbers.
    fn integers_of(&self, range: &RangeImage) -> Option<(i64, i64)> {
        let number = |id: ConstantId| match self.get(id.index()) {
            Some(ConstantNode::Number(units)) => Some(units),
            _ => None,
        };
        let first = range.low.map_or(Some(i128::MIN), |low| number(low).map(ceiling))?;
        let last =
            range.high.map_or(Some(i128::MAX), |high| number(high).map(if range.inclusive { floor } else { below }))?;
        let (first, last) = (first.max(i128::from(i64::MIN)), last.min(i128::from(i64::MAX)));
        let ends = i64::try_from(first).ok().zip(i64::try_from(last).ok());
        Some(ends.filter(|_| first <= last).unwrap_or(NONE))
    }
}

fn with_star(word: Word, pattern: &str, path_like: bool) -> Word {
    let Some((at, star)) = glob::only_star(pattern, path_like) else { return word };
    let number = STARS.iter().position(|known| *known == star).and_then(|at| u64::try_from(at).ok()).unwrap_or(0);
    let at = u64::try_from(at).unwrap_or(0);
    word.with(STAR_AT, at).with(STAR_AT.wrapping_add(AT_BITS), number.saturating_add(1))
}

/// The ends of a range without integers.
const NONE: (i64, i64) = (i64::MAX, i64::MIN);

/// The largest integer below a number.
fn below(units: i128) -> i128 {
    floor(units.saturating_sub(1))
}

/// The smallest integer from a number on.
fn ceiling(units: i128) -> i128 {
    below(units).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Constant;
    use crate::value::decimal::ONE;
    use alloc::vec;

    /// These constants, prepared.
    fn prepared(constants: Vec<Constant>) -> Constants {
        let mut made: Constants = constants.into_iter().collect();
        made.prepare();
        made
    }

    #[test]
    fn what_was_prepared_says_nothing_else_of_a_constant() {
        let constants = || {
            let glob = Constant::Glob { pattern: "/a/*.md".into(), path_like: true };
            let range = RangeImage { low: None, high: Some(ConstantId(1)), inclusive: true };
            vec![glob, Constant::Number(ONE), Constant::Range(range), Constant::Set(vec![])]
        };
        let plain: Constants = constants().into_iter().collect();
        assert_eq!(prepared(constants()), plain);
        assert_eq!((plain.star(ConstantId(0)), plain.is_within(ConstantId(2), 1)), (None, None), "not prepared");
    }

    #[test]
    fn ranges_are_their_integers() {
        let integers = |low: Option<i128>, high: Option<i128>, inclusive: bool| {
            let ends = [low, high].map(|end| Constant::Number(end.unwrap_or_default()));
            let range = RangeImage { low: low.map(|_| ConstantId(0)), high: high.map(|_| ConstantId(1)), inclusive };
            let [first, second] = ends;
            prepared(vec![first, second, Constant::Range(range)]).integers[0]
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
    fn ends_are_rounded_towards_the_range() {
        assert_eq!((below(ONE), below(ONE + 1), ceiling(ONE), ceiling(ONE + 1), ceiling(-1)), (0, 1, 1, 2, 0));
    }

    #[test]
    fn integers_are_in_their_range() {
        let range = |low| Constant::Range(RangeImage { low: Some(ConstantId(low)), high: None, inclusive: false });
        let found = prepared(vec![Constant::Number(2 * ONE), range(0), Constant::Bool(true), range(2)]);
        let within = |number| found.is_within(ConstantId(1), number);
        assert_eq!((within(1), within(2), within(i64::MAX)), (Some(false), Some(true), Some(true)));
        assert_eq!((found.is_within(ConstantId(3), 2), found.is_within(ConstantId(0), 2)), (None, None), "no numbers");
    }

    #[test]
    fn texts_are_in_their_list() {
        let texts = ["tie", "ti"].map(|text| Constant::String(text.into()));
        let set = |rows: &[u32]| Constant::Set(rows.iter().map(|row| ConstantId(*row)).collect());
        let other = Constant::Bytes("ti".into());
        let [tie, ti] = texts;
        let found = prepared(vec![tie, ti, other, set(&[0, 1]), set(&[]), set(&[0, 2]), set(&[1])]);
        let has = |list, text| found.is_one_of(ConstantId(list), text);
        assert_eq!(
            [has(3, "ti"), has(3, "tie"), has(3, "tip"), has(3, "")].map(Option::unwrap),
            [true, true, false, false]
        );
        assert_eq!((has(4, "ti"), has(6, "ti"), has(6, "tie")), (Some(false), Some(true), Some(false)));
        assert_eq!((has(0, "tie"), has(5, "tie"), has(99, "tie")), (None, None, None), "no texts alone");
    }

    #[test]
    fn globs_of_one_star_are_told_where_it_stands() {
        let glob = |pattern: &str| Constant::Glob { pattern: pattern.into(), path_like: true };
        let found = prepared(vec![glob("/a/*.md"), glob("**"), glob("/a"), glob("*/*"), Constant::Null]);
        let star = |row| found.star(ConstantId(row));
        assert_eq!((star(0), star(1)), (Some((3, Star::Within)), Some((0, Star::Double))));
        assert_eq!((star(2), star(3), star(4), star(5)), (None, None, None, None));
    }
}
