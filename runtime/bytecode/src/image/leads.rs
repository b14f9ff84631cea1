//! Where the cases of a switch lead, when one case may lead to several children.
//!
//! Classes are masks of bits: 64 classes that follow one another are one word, and those that a caller holds and those
//! that a switch asks for meet in one `and`, whose set bits are visited.

use crate::ids::ClassId;
use crate::packed::{Packed, Rows};
use alloc::vec::Vec;

/// Where each of several cases leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leads<'t> {
    /// Of each case: one behind the last of its positions.
    pub(super) ends: Rows<'t, u32>,
    /// Positions in the children, of one case behind the other.
    pub(super) positions: Rows<'t, u32>,
}

impl<'t> Leads<'t> {
    /// How many cases there are.
    pub fn len(self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.ends.is_empty()
    }

    /// Where a case leads.
    #[inline]
    pub fn get(self, case: usize) -> Option<Rows<'t, u32>> {
        let index = |number: u32| usize::try_from(number).ok();
        let end = index(self.ends.get(case)?)?;
        let first = case.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(Some(0), index)?;
        Some(self.positions.split(end)?.0.from(first))
    }

    /// Where all of them lead, in order.
    pub fn iter(self) -> impl Iterator<Item = Rows<'t, u32>> {
        (0..self.len()).filter_map(move |case| self.get(case))
    }

    /// Whether every position belongs to one case: ends ascend, and the last one is that of all positions.
    pub fn are_whole(self) -> bool {
        let ascend = self.ends.iter().zip(self.ends.from(1)).all(|(end, next)| end <= next);
        let last = self.ends.iter().next_back().unwrap_or(0);
        ascend && usize::try_from(last) == Ok(self.positions.len())
    }
}

/// Bits of the number of a class that say which bit of a word it is.
const BIT_BITS: u32 = 6;

/// Which word a class is in, and its bit there.
fn bit_of(class: ClassId) -> (u32, u64) {
    let bit = class.0 & !(u32::MAX << BIT_BITS);
    (class.0 >> BIT_BITS, 1_u64.checked_shl(bit).unwrap_or(0))
}

/// The set bits of a word, lowest first: each as a number, and those below it as a mask.
#[inline]
fn set_bits(mut bits: u64) -> impl Iterator<Item = (u32, u64)> {
    core::iter::from_fn(move || {
        let number = bits.trailing_zeros();
        let below = (bits & bits.wrapping_neg()).checked_sub(1)?;
        bits &= bits.wrapping_sub(1);
        Some((number, below))
    })
}

/// Some of 64 classes that follow one another in number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClassWord {
    /// The number of the first of them, in units of 64.
    pub word: u32,
    /// Which they are.
    pub bits: u64,
}

/// A set of classes: words that are not empty, ascending.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClassSet(Vec<ClassWord>);

impl ClassSet {
    /// The words.
    #[inline]
    pub fn words(&self) -> &[ClassWord] {
        &self.0
    }
}

impl FromIterator<ClassId> for ClassSet {
    /// A set of classes that come in ascending order.
    fn from_iter<T: IntoIterator<Item = ClassId>>(classes: T) -> ClassSet {
        let mut words: Vec<ClassWord> = Vec::new();
        for (word, bit) in classes.into_iter().map(bit_of) {
            match words.last_mut().filter(|last| last.word == word) {
                Some(last) => last.bits |= bit,
                None => words.push(ClassWord { word, bits: bit }),
            }
        }
        ClassSet(words)
    }
}

/// The classes of one word that a switch asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClassMask {
    /// Which they are.
    pub classes: ClassWord,
    /// How many classes the masks before this one have: what the first of these is among the cases.
    pub before: u32,
}

impl Packed for ClassMask {
    type Bytes = [u8; 16];

    fn pack(self) -> [u8; 16] {
        let [a, b, c, d] = self.classes.word.pack();
        let [e, f, g, h] = self.before.pack();
        let [i, j, k, l, m, n, o, p] = self.classes.bits.pack();
        [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
    }

    #[inline]
    fn unpack(bytes: [u8; 16]) -> ClassMask {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = bytes;
        let classes = ClassWord { word: u32::unpack([a, b, c, d]), bits: u64::unpack([i, j, k, l, m, n, o, p]) };
        ClassMask { classes, before: u32::unpack([e, f, g, h]) }
    }
}

/// Which classes lead where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClassCases<'t> {
    /// The classes: masks that are not empty, ascending.
    pub(super) masks: Rows<'t, ClassMask>,
    /// Where they lead, class by class.
    pub(super) leads: Leads<'t>,
}

impl<'t> ClassCases<'t> {
    /// Where the classes of a word lead that are asked for here, class by class.
    #[inline]
    pub fn of(self, held: ClassWord) -> impl Iterator<Item = Rows<'t, u32>> {
        let at = self.masks.partition_point(|mask| mask.classes.word < held.word);
        let mask = self.masks.get(at).filter(|mask| mask.classes.word == held.word);
        mask.into_iter().flat_map(move |mask| {
            let met = set_bits(mask.classes.bits & held.bits);
            met.filter_map(move |(_, below)| self.leads.get(rank(mask, below)?))
        })
    }

    /// The classes, ascending, and where they lead.
    pub fn iter(self) -> impl Iterator<Item = (ClassId, Rows<'t, u32>)> {
        let classes = self.masks.iter().flat_map(|mask| {
            set_bits(mask.classes.bits).map(move |(bit, _)| ClassId((mask.classes.word << BIT_BITS) | bit))
        });
        classes.zip(self.leads.iter())
    }

    /// Whether masks are not empty and ascend, each states how many come before it, and every class leads somewhere.
    pub fn are_whole(self) -> bool {
        let (mut last, mut count) = (None, 0_u32);
        let masks = self.masks.iter().all(|mask| {
            let ascends = last.replace(mask.classes.word).is_none_or(|last| last < mask.classes.word);
            let follows = mask.before == count;
            count = count.saturating_add(mask.classes.bits.count_ones());
            ascends && follows && mask.classes.bits != 0 && mask.classes.word <= u32::MAX >> BIT_BITS
        });
        let counted = usize::try_from(count) == Ok(self.leads.len());
        masks && counted && self.leads.are_whole() && self.leads.iter().all(|positions| !positions.is_empty())
    }
}

/// What a class is among the cases, given the classes of its word below it.
#[inline]
fn rank(mask: ClassMask, below: u64) -> Option<usize> {
    usize::try_from(mask.before.checked_add((mask.classes.bits & below).count_ones())?).ok()
}

/// The masks of classes that ascend.
pub(super) fn masks_of(classes: impl IntoIterator<Item = ClassId>) -> Vec<ClassMask> {
    let mut before = 0_u32;
    let set: ClassSet = classes.into_iter().collect();
    let mask = |classes: &ClassWord| {
        let mask = ClassMask { classes: *classes, before };
        before = before.saturating_add(classes.bits.count_ones());
        mask
    };
    set.words().iter().map(mask).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packed::append;
    use alloc::vec;

    /// Rows as bytes.
    fn packed<T: Packed>(rows: impl IntoIterator<Item = T>) -> Vec<u8> {
        let mut bytes = Vec::new();
        append(rows, &mut bytes);
        bytes
    }

    #[test]
    fn cases_lead_to_their_own_positions() {
        let (ends, positions) = (packed([2_u32, 2, 3]), packed([5_u32, 6, 7]));
        let leads = Leads { ends: Rows::of(&ends), positions: Rows::of(&positions) };
        let found: Vec<Vec<u32>> = leads.iter().map(Rows::to_vec).collect();
        assert_eq!(found, [vec![5, 6], vec![], vec![7]]);
        assert!(leads.are_whole() && leads.get(3).is_none());
        let short = Leads { ends: Rows::of(ends.get(..8).unwrap()), ..leads };
        assert!(!short.are_whole(), "a position of no case");
        let descending = packed([2_u32, 1, 3]);
        assert!(!Leads { ends: Rows::of(&descending), ..leads }.are_whole());
    }

    #[test]
    fn classes_that_are_held_and_asked_for_meet() {
        let asked = [0, 63, 64, 70, 1000].map(ClassId);
        let (masks, ends) = (packed(masks_of(asked)), packed([1_u32, 2, 4, 5, 6]));
        let positions = packed([10_u32, 11, 12, 13, 14, 15]);
        let leads = Leads { ends: Rows::of(&ends), positions: Rows::of(&positions) };
        let cases = ClassCases { masks: Rows::of(&masks), leads };
        assert!(cases.are_whole());
        let all: Vec<(u32, Vec<u32>)> = cases.iter().map(|(class, found)| (class.0, found.to_vec())).collect();
        let own = [(0, vec![10]), (63, vec![11]), (64, vec![12, 13]), (70, vec![14]), (1000, vec![15])];
        assert_eq!(all, own);
        let met = |held: &[u32]| -> Vec<u32> {
            let held: ClassSet = held.iter().copied().map(ClassId).collect();
            held.words().iter().flat_map(|word| cases.of(*word)).flatten().collect()
        };
        assert_eq!(met(&[1, 62, 65, 69, 71, 999, 1001, 5000]), []);
        assert_eq!(met(&[0, 1, 64, 70, 71]), [10, 12, 13, 14]);
        assert_eq!(met(&(0..=1000).collect::<Vec<_>>()), [10, 11, 12, 13, 14, 15]);
        assert_eq!(met(&[]), []);
    }

    #[test]
    fn masks_are_spelt_in_one_way() {
        let masks = masks_of([3, 64, 65].map(ClassId));
        assert!(masks.iter().all(|mask| ClassMask::unpack(mask.pack()) == *mask));
        let ends = packed([1_u32, 2, 3]);
        let whole = |masks: &[ClassMask], ends: &[u8]| {
            let (masks, positions) = (packed(masks.iter().copied()), packed([0_u32; 3]));
            let leads = Leads { ends: Rows::of(ends), positions: Rows::of(&positions) };
            ClassCases { masks: Rows::of(&masks), leads }.are_whole()
        };
        assert!(whole(&masks, &ends));
        let [first, second] = masks[..] else { panic!("{masks:?}") };
        let empty = ClassMask { classes: ClassWord { word: 7, bits: 0 }, before: 3 };
        assert!(!whole(&[second, first], &ends), "they descend");
        assert!(!whole(&[first, second, empty], &ends), "a mask of nothing");
        assert!(!whole(&[first, ClassMask { before: 2, ..second }], &ends), "a wrong count");
        assert!(!whole(&[first], &ends), "a case of no class");
        assert!(!whole(&masks, &packed([1_u32, 1, 3])), "a class that leads nowhere");
        let far = ClassMask { classes: ClassWord { word: u32::MAX, bits: 3 }, before: 1 };
        assert!(!whole(&[first, far], &ends), "no class has such a number");
    }
}
