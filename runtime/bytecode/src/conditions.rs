//! Conditions that are plain conjunctions, laid out for evaluation: tests in a row, without registers or jumps.
//!
//! Most conditions are: `true`, tests of subjects and places each conjoined with what came before, `return`. For
//! those only the tests matter, and a test that is false ends it. All of them stand in one table, made when a
//! program is loaded; everything else runs on the machine.

use crate::ids::BlockId;
use crate::image::BlockImage;
use crate::opcode::{Instruction, Opcode};
use alloc::vec::Vec;

/// A test of a conjunction: its instruction, without the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Test {
    /// [`Opcode::Subject`], or one that tests a slot.
    pub opcode: Opcode,
    /// Its flags.
    pub flags: u8,
    /// Where it stands in its block.
    at: u16,
    /// First operand.
    pub a: u32,
    /// Second operand.
    pub b: u32,
}

/// The conjunctions of a program.
#[derive(Debug, Clone, Default)]
pub struct Conditions {
    /// By block: the first test, and behind the last; the same twice of a block that is no conjunction.
    spans: Vec<(u32, u32)>,
    tests: Vec<Test>,
}

impl Conditions {
    /// Finds the conjunctions among verified blocks.
    pub(crate) fn new(blocks: &[BlockImage]) -> Conditions {
        let mut found = Conditions { spans: Vec::with_capacity(blocks.len()), tests: Vec::new() };
        for block in blocks {
            let first = found.tests.len();
            if conjunction(&block.code, &mut found.tests).is_none() {
                found.tests.truncate(first);
            }
            let position = |row: usize| u32::try_from(row).unwrap_or(u32::MAX);
            found.spans.push((position(first), position(found.tests.len())));
        }
        found.tests.shrink_to_fit();
        found
    }

    /// The tests of a block from an instruction on; `None` when the block is no conjunction.
    #[inline]
    pub fn tests(&self, block: BlockId, start: u32) -> Option<&[Test]> {
        let (first, end) = *self.spans.get(block.index())?;
        let mut tests = self.tests.get(usize::try_from(first).ok()?..usize::try_from(end).ok()?)?;
        if tests.is_empty() {
            return None;
        }
        while let [test, rest @ ..] = tests
            && u32::from(test.at) < start
        {
            tests = rest;
        }
        Some(tests)
    }
}

/// Adds the tests of code that is a conjunction into register 0; `None` when it is not.
fn conjunction(code: &[Instruction], tests: &mut Vec<Test>) -> Option<()> {
    let [Instruction { opcode: Opcode::True, dst: 0, .. }, middle @ .., end] = code else { return None };
    if end.opcode != Opcode::Return || end.a != 0 {
        return None;
    }
    let mut pairs = middle.chunks_exact(2);
    let mut at = 1_usize;
    for pair in &mut pairs {
        let [test, join] = pair else { return None };
        if test.dst == 0 || !(test.opcode.tests_slot() || test.opcode == Opcode::Subject) {
            return None;
        }
        let joined = match join.opcode {
            // False for good: whatever a guard skips to, register 0 stays false.
            Opcode::Guard => join.a == u32::from(test.dst),
            Opcode::And => join.dst == 0 && join.a == 0 && join.b == u32::from(test.dst),
            _ => false,
        };
        if !joined {
            return None;
        }
        tests.push(Test { opcode: test.opcode, flags: test.flags, at: u16::try_from(at).ok()?, a: test.a, b: test.b });
        at = at.checked_add(2)?;
    }
    pairs.remainder().is_empty().then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(code: &[(Opcode, u16, u32, u32)]) -> BlockImage {
        let code = code.iter().map(|(opcode, dst, a, b)| Instruction::new(*opcode, *dst, *a, *b)).collect();
        BlockImage { registers: 3, code }
    }

    const PLAIN: [(Opcode, u16, u32, u32); 6] = [
        (Opcode::True, 0, 0, 0),
        (Opcode::Subject, 1, 7, 0),
        (Opcode::Guard, 0, 1, 2),
        (Opcode::SlotEq, 1, 8, 9),
        (Opcode::And, 0, 0, 1),
        (Opcode::Return, 0, 0, 0),
    ];

    fn tests_of(code: &[(Opcode, u16, u32, u32)], start: u32) -> Option<Vec<(Opcode, u32, u32)>> {
        let conditions = Conditions::new(&[block(&[(Opcode::Return, 0, 0, 0)]), block(code)]);
        let tests = conditions.tests(BlockId(1), start)?;
        Some(tests.iter().map(|test| (test.opcode, test.a, test.b)).collect())
    }

    #[test]
    fn a_conjunction_is_its_tests() {
        assert_eq!(tests_of(&PLAIN, 0), Some(alloc::vec![(Opcode::Subject, 7, 0), (Opcode::SlotEq, 8, 9)]));
        assert_eq!(tests_of(&PLAIN, 3), Some(alloc::vec![(Opcode::SlotEq, 8, 9)]), "entered behind the guard");
        assert_eq!(tests_of(&PLAIN, 5), Some(alloc::vec![]), "entered at the return");
    }

    #[test]
    fn other_code_is_none() {
        let with = |row: usize, instruction: (Opcode, u16, u32, u32)| {
            let mut code = PLAIN;
            code[row] = instruction;
            tests_of(&code, 0)
        };
        assert_eq!(with(0, (Opcode::Subject, 0, 7, 0)), None, "it does not begin with truth");
        assert_eq!(with(1, (Opcode::Subject, 0, 7, 0)), None, "a test overwrites the conjunction");
        assert_eq!(with(1, (Opcode::Not, 1, 0, 0)), None, "no test");
        assert_eq!(with(2, (Opcode::Guard, 0, 2, 2)), None, "a guard on something else");
        assert_eq!(with(4, (Opcode::And, 0, 1, 1)), None, "not joined with what came before");
        assert_eq!(with(4, (Opcode::Or, 0, 0, 1)), None, "joined otherwise");
        assert_eq!(with(5, (Opcode::Return, 0, 1, 0)), None, "it returns something else");
        assert_eq!(tests_of(&PLAIN[..5], 0), None, "no return");
        assert_eq!(Conditions::new(&[]).tests(BlockId(3), 0), None, "no such block");
    }
}
