//! When a condition can be in error.
//!
//! The errors of permits are part of a decision, so a permit can be passed over only where it is
//! known to be in none. Of most conditions that is easy to say: they are conjunctions of tests of
//! places against constants, and such a test is in error only when nothing readable stands at its place.

use crate::ids::{ConstantId, SlotId};
use crate::image::{Block, BundleImage, ConstantNode, Test, TypeImage};
use crate::opcode::{Instruction, Opcode};
use crate::packed::Rows;
use alloc::vec::Vec;

/// A set of places, by the last bits of their rows: it may hold more than was put in, never less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PlaceSet(u64);

impl PlaceSet {
    /// Every place.
    pub const ALL: PlaceSet = PlaceSet(u64::MAX);

    /// This place alone.
    pub fn of(slot: SlotId) -> PlaceSet {
        PlaceSet(1_u64.checked_shl(slot.0 & 63).unwrap_or(u64::MAX))
    }

    /// What is in either.
    #[must_use]
    pub fn and(self, other: PlaceSet) -> PlaceSet {
        PlaceSet(self.0 | other.0)
    }

    /// Whether some place may be in both.
    pub fn meets(self, other: PlaceSet) -> bool {
        self.0 & other.0 != 0
    }
}

/// Which places can put conditions in error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Faults {
    /// When something stands there that cannot be read as the place's type.
    pub odd: PlaceSet,
    /// When nothing stands there.
    pub absent: PlaceSet,
    /// Whether something else can as well.
    pub others: bool,
}

impl Faults {
    /// It never can.
    pub const NONE: Faults = Faults { odd: PlaceSet(0), absent: PlaceSet(0), others: false };

    /// Nothing is known.
    pub const UNKNOWN: Faults = Faults { odd: PlaceSet::ALL, absent: PlaceSet::ALL, others: true };

    /// Of both conditions.
    #[must_use]
    pub fn and(self, other: Faults) -> Faults {
        Faults {
            odd: self.odd.and(other.odd),
            absent: self.absent.and(other.absent),
            others: self.others || other.others,
        }
    }

    /// Of a condition, given that tests of the caller are in no error.
    pub(super) fn of(image: &BundleImage, block: Block<'_>) -> Faults {
        match block {
            Block::Plain(tests) => Faults::of_tests(image, tests),
            Block::Code { code, .. } => Faults::of_code(image, code),
        }
    }

    /// Of a plain conjunction: every test but the last guards what comes behind it.
    fn of_tests(image: &BundleImage, tests: Rows<'_, Test>) -> Faults {
        let mut faults = Faults::default();
        for (at, test) in tests.iter().enumerate() {
            if test.opcode == Opcode::Subject {
                continue;
            }
            let place = PlaceSet::of(SlotId(test.a));
            faults.odd = faults.odd.and(place);
            if test.opcode == Opcode::SlotHas {
                continue;
            }
            if is_plain(image, &test).is_none() {
                return Faults::UNKNOWN;
            }
            let mut before = tests.iter().take(at);
            // Exactly this place: a set that may hold more would hide errors.
            if !before.any(|guard| guard.opcode == Opcode::SlotHas && guard.a == test.a) {
                faults.absent = faults.absent.and(place);
            }
        }
        faults
    }

    /// Of other code.
    fn of_code(image: &BundleImage, code: &[Instruction]) -> Faults {
        let mut faults = Faults::default();
        // A place that was asked `has` of, and the register; places after a guard on such an answer.
        let (mut answer, mut guarded) = (None, Vec::new());
        let mut rest = code.iter();
        while let Some(instruction) = rest.next() {
            let place = PlaceSet::of(SlotId(instruction.a));
            let asked: Option<(u32, u32)> = answer.take();
            match instruction.opcode {
                Opcode::True | Opcode::Subject | Opcode::And | Opcode::Return => {}
                Opcode::Guard => {
                    // It leaves the block for good: only `return` is left.
                    let leaves =
                        usize::try_from(instruction.b).is_ok_and(|skip| skip.checked_add(1) == Some(rest.len()));
                    let known = asked.filter(|(register, _)| leaves && *register == instruction.a);
                    guarded.extend(known.map(|(_, slot)| slot));
                }
                Opcode::SlotHas => {
                    faults.odd = faults.odd.and(place);
                    answer = Some((u32::from(instruction.dst), instruction.a));
                }
                _ if Test::of(instruction).is_some_and(|test| is_plain(image, &test).is_some()) => {
                    faults.odd = faults.odd.and(place);
                    // Exactly this place: a set that may hold more would hide errors.
                    if !guarded.contains(&instruction.a) {
                        faults.absent = faults.absent.and(place);
                    }
                }
                _ => return Faults::UNKNOWN,
            }
        }
        faults
    }
}

/// Whether a test compares what stands at a place with a constant of the same kind.
fn is_plain(image: &BundleImage, test: &Test) -> Option<()> {
    if !test.opcode.tests_slot() {
        return None;
    }
    let slot = image.slots.get(SlotId(test.a).index())?;
    let constant = image.constants.get(ConstantId(test.b).index());
    let plain = match image.plain_type(slot.ty)? {
        TypeImage::String | TypeImage::Enum(_) => match test.opcode {
            Opcode::SlotEq | Opcode::SlotNe | Opcode::SlotSubstring => {
                matches!(constant, Some(ConstantNode::String(_)))
            }
            Opcode::SlotLike => matches!(constant, Some(ConstantNode::Glob { .. })),
            Opcode::SlotIn => are_texts(image, constant?),
            _ => false,
        },
        TypeImage::Path => match test.opcode {
            Opcode::SlotUnder => matches!(constant, Some(ConstantNode::Path(_))),
            Opcode::SlotLike => matches!(constant, Some(ConstantNode::Glob { .. })),
            _ => false,
        },
        TypeImage::Int => match test.opcode {
            Opcode::SlotInRange => matches!(constant, Some(ConstantNode::Range(_))),
            Opcode::SlotEq | Opcode::SlotNe | Opcode::SlotLt | Opcode::SlotLe | Opcode::SlotGt | Opcode::SlotGe => {
                matches!(constant, Some(ConstantNode::Number(_)))
            }
            _ => false,
        },
        TypeImage::Bool => test.opcode == Opcode::SlotTruth,
        _ => false,
    };
    plain.then_some(())
}

/// Whether a constant is a collection of texts.
fn are_texts(image: &BundleImage, constant: ConstantNode<'_>) -> bool {
    let is_text = |row: ConstantId| matches!(image.constants.get(row.index()), Some(ConstantNode::String(_)));
    match constant {
        ConstantNode::List(rows) | ConstantNode::Set(rows) => rows.iter().all(is_text),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::TypeId;
    use crate::image::{Constant, SlotImage, SlotRoot};

    /// One optional text of the arguments, and a word to compare it with.
    fn image() -> BundleImage {
        BundleImage {
            types: alloc::vec![TypeImage::String, TypeImage::Optional(TypeId(0))],
            constants: [Constant::String("a".into()), Constant::Null].into_iter().collect(),
            slots: alloc::vec![SlotImage { root: SlotRoot::Args, path: alloc::vec![], ty: TypeId(1) }],
            ..BundleImage::default()
        }
    }

    fn faults(code: &[(Opcode, u16, u32, u32)]) -> Faults {
        let code: Vec<_> = code.iter().map(|(opcode, dst, a, b)| Instruction::new(*opcode, *dst, *a, *b)).collect();
        Faults::of(&image(), Block::Code { registers: 3, code: &code })
    }

    const PLACE: PlaceSet = PlaceSet(1);

    #[test]
    fn a_test_is_in_error_when_nothing_readable_stands_there() {
        let bare =
            [(Opcode::True, 0, 0, 0), (Opcode::SlotEq, 1, 0, 0), (Opcode::And, 0, 0, 1), (Opcode::Return, 0, 0, 0)];
        assert_eq!(faults(&bare), Faults { odd: PLACE, absent: PLACE, others: false });
    }

    #[test]
    fn a_guard_on_has_keeps_absence_out_only_when_it_leaves_the_block() {
        let guarded = |register: u32, skip: u32| {
            let code = [
                (Opcode::True, 0, 0, 0),
                (Opcode::SlotHas, 1, 0, 0),
                (Opcode::Guard, 0, register, skip),
                (Opcode::SlotEq, 2, 0, 0),
                (Opcode::And, 0, 0, 2),
                (Opcode::Return, 0, 0, 0),
            ];
            faults(&code)
        };
        assert_eq!(guarded(1, 2), Faults { odd: PLACE, absent: PlaceSet::default(), others: false });
        assert_eq!(guarded(1, 1).absent, PLACE, "it may go on behind the guard");
        assert_eq!(guarded(0, 2).absent, PLACE, "the guard is on something else");
    }

    #[test]
    fn a_guard_on_one_place_says_nothing_of_another_that_shares_its_bit() {
        let mut image = image();
        image.slots = alloc::vec![image.slots[0].clone(); 65];
        let code = [
            (Opcode::True, 0, 0, 0),
            (Opcode::SlotHas, 1, 0, 0),
            (Opcode::Guard, 0, 1, 2),
            (Opcode::SlotEq, 2, 64, 0),
            (Opcode::And, 0, 0, 2),
            (Opcode::Return, 0, 0, 0),
        ];
        let code: Vec<_> = code.iter().map(|(opcode, dst, a, b)| Instruction::new(*opcode, *dst, *a, *b)).collect();
        assert_eq!(Faults::of(&image, Block::Code { registers: 3, code: &code }).absent, PLACE);
    }

    #[test]
    fn nothing_is_known_of_other_code() {
        let odd_constant = [(Opcode::SlotEq, 1, 0, 1), (Opcode::Return, 0, 1, 0)];
        let value = [(Opcode::Slot, 1, 0, 0), (Opcode::Return, 0, 1, 0)];
        assert_eq!((faults(&odd_constant), faults(&value)), (Faults::UNKNOWN, Faults::UNKNOWN));
    }
}
