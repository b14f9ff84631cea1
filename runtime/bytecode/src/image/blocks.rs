//! Decision code.
//!
//! Most conditions are plain conjunctions: tests of subjects and places, each guarding what comes behind it. Of those
//! only the tests are kept, in one table; the instructions follow from them. Everything else is code of its own.

use crate::lists::{List, Lists};
use crate::opcode::{Instruction, Opcode};
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// A block of decision code, as it is made. Those of a whole bundle are [`Blocks`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BlockImage {
    /// How many registers it has.
    pub registers: u16,
    /// Its code, ending with [`crate::opcode::Opcode::Return`].
    pub code: Vec<Instruction>,
}

/// A test of a conjunction: an instruction without its register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Test {
    /// [`Opcode::Subject`], or one that tests a slot.
    pub opcode: Opcode,
    /// Its flags.
    pub flags: u8,
    /// First operand.
    pub a: u32,
    /// Second operand.
    pub b: u32,
}

impl Test {
    /// An instruction as a test, if it is one.
    pub(crate) fn of(instruction: &Instruction) -> Option<Test> {
        let Instruction { opcode, flags, a, b, .. } = *instruction;
        (opcode.tests_slot() || opcode == Opcode::Subject).then_some(Test { opcode, flags, a, b })
    }

    /// The instruction, with its result in this register.
    pub fn instruction(self, dst: u16) -> Instruction {
        Instruction { opcode: self.opcode, flags: self.flags, dst, a: self.a, b: self.b }
    }
}

/// A block of decision code, where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block<'b> {
    /// A plain conjunction of tests, at least one.
    Plain(&'b [Test]),
    /// Anything else.
    Code {
        /// How many registers it has.
        registers: u16,
        /// Its code, ending with [`Opcode::Return`].
        code: &'b [Instruction],
    },
}

impl<'b> Block<'b> {
    /// How many registers it has.
    pub fn registers(self) -> u16 {
        match self {
            Block::Plain(tests) => narrow(tests.len().saturating_add(1)),
            Block::Code { registers, .. } => registers,
        }
    }

    /// How many instructions it has.
    pub fn length(self) -> usize {
        match self {
            Block::Plain(tests) => tests.len().saturating_mul(2).saturating_add(2),
            Block::Code { code, .. } => code.len(),
        }
    }

    /// The most instructions that it takes when it has no loops: all of them.
    pub(crate) fn most_steps(self) -> u64 {
        u64::try_from(self.length()).unwrap_or(u64::MAX)
    }

    /// Its code. The tests of a conjunction have a register each, from 1 on; register 0 holds what they come to.
    pub fn code(self) -> Cow<'b, [Instruction]> {
        let tests = match self {
            Block::Plain(tests) => tests,
            Block::Code { code, .. } => return Cow::Borrowed(code),
        };
        let mut code = alloc::vec![Instruction::new(Opcode::True, 0, 0, 0)];
        for (at, test) in tests.iter().enumerate() {
            let dst = narrow(at.saturating_add(1));
            let behind = narrow(tests.len().saturating_sub(usize::from(dst)).saturating_mul(2));
            code.push(test.instruction(dst));
            code.push(match behind {
                0 => Instruction::new(Opcode::And, 0, 0, u32::from(dst)),
                // False for good: only `return` is left.
                behind => Instruction::new(Opcode::Guard, 0, u32::from(dst), u32::from(behind)),
            });
        }
        code.push(Instruction::new(Opcode::Return, 0, 0, 0));
        Cow::Owned(code)
    }
}

/// The tests of a conjunction that are left when it is entered at an instruction.
#[inline]
pub fn tests_from(tests: &[Test], start: u32) -> &[Test] {
    // Before the first stands `true`, and behind each what conjoins it.
    usize::try_from(start >> 1).ok().and_then(|first| tests.get(first..)).unwrap_or_default()
}

/// The blocks of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Blocks {
    rows: Vec<Row>,
    tests: Lists<Test>,
    code: Lists<Instruction>,
}

/// A block, by where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Row {
    Plain(List),
    Code { registers: u16, code: List },
}

impl Blocks {
    /// How many blocks there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A block by its row.
    #[inline]
    pub fn get(&self, row: usize) -> Option<Block<'_>> {
        self.rows.get(row).map(|row| self.block(*row))
    }

    /// All blocks, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Block<'_>> {
        self.rows.iter().map(|row| self.block(*row))
    }

    /// Adds a block; one that is a plain conjunction as its tests.
    pub fn push(&mut self, block: &BlockImage) {
        let row = match conjunction(block) {
            Some(tests) => Row::Plain(self.tests.add(&tests)),
            None => Row::Code { registers: block.registers, code: self.code.add(&block.code) },
        };
        self.rows.push(row);
    }

    /// Adds a plain conjunction whose tests come one by one.
    pub(crate) fn push_tests<E>(&mut self, tests: impl Iterator<Item = Result<Test, E>>) -> Result<(), E> {
        let tests = self.tests.try_add(tests)?;
        self.rows.push(Row::Plain(tests));
        Ok(())
    }

    /// Adds code that comes one instruction after the other.
    pub(crate) fn push_code<E>(
        &mut self,
        registers: u16,
        code: impl Iterator<Item = Result<Instruction, E>>,
    ) -> Result<(), E> {
        let code = self.code.try_add(code)?;
        self.rows.push(Row::Code { registers, code });
        Ok(())
    }

    /// Makes room for so many more blocks.
    pub(crate) fn reserve(&mut self, blocks: usize) {
        self.rows.reserve_exact(blocks);
    }

    /// Gives memory back that was set aside for more code.
    pub(crate) fn shrink(&mut self) {
        self.tests.shrink();
        self.code.shrink();
    }

    #[inline]
    fn block(&self, row: Row) -> Block<'_> {
        match row {
            Row::Plain(tests) => Block::Plain(self.tests.get(tests)),
            Row::Code { registers, code } => Block::Code { registers, code: self.code.get(code) },
        }
    }
}

impl FromIterator<BlockImage> for Blocks {
    fn from_iter<T: IntoIterator<Item = BlockImage>>(blocks: T) -> Blocks {
        let mut made = Blocks::default();
        blocks.into_iter().for_each(|block| made.push(&block));
        made
    }
}

/// The tests of a block that is just what [`Block::code`] makes of them.
fn conjunction(block: &BlockImage) -> Option<Vec<Test>> {
    let tests: Vec<Test> = block.code.iter().skip(1).step_by(2).map_while(Test::of).collect();
    let plain = Block::Plain(&tests);
    (!tests.is_empty() && block.registers == plain.registers() && block.code == *plain.code()).then_some(tests)
}

fn narrow(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn block(code: &[(Opcode, u16, u32, u32)]) -> BlockImage {
        let code = code.iter().map(|(opcode, dst, a, b)| Instruction::new(*opcode, *dst, *a, *b)).collect();
        BlockImage { registers: 3, code }
    }

    const PLAIN: [(Opcode, u16, u32, u32); 6] = [
        (Opcode::True, 0, 0, 0),
        (Opcode::Subject, 1, 7, 0),
        (Opcode::Guard, 0, 1, 2),
        (Opcode::SlotEq, 2, 8, 9),
        (Opcode::And, 0, 0, 2),
        (Opcode::Return, 0, 0, 0),
    ];

    #[test]
    fn a_conjunction_is_its_tests() {
        let blocks: Blocks = [block(&[(Opcode::Return, 0, 0, 0)]), block(&PLAIN)].into_iter().collect();
        let found = blocks.get(1).unwrap();
        let Block::Plain(tests) = found else { panic!("{found:?}") };
        let shown = |tests: &[Test]| tests.iter().map(|test| (test.opcode, test.a, test.b)).collect::<Vec<_>>();
        assert_eq!(shown(tests), [(Opcode::Subject, 7, 0), (Opcode::SlotEq, 8, 9)]);
        assert_eq!((&*found.code(), found.registers(), found.length()), (&block(&PLAIN).code[..], 3, 6));
        assert_eq!(shown(tests_from(tests, 0)), shown(tests));
        assert_eq!(shown(tests_from(tests, 1)), shown(tests));
        assert_eq!(shown(tests_from(tests, 3)), [(Opcode::SlotEq, 8, 9)], "entered behind the guard");
        assert_eq!(shown(tests_from(tests, 5)), [], "entered at the return");
        assert_eq!(shown(tests_from(tests, 99)), [], "entered nowhere");
    }

    #[test]
    fn other_code_is_kept_as_it_is() {
        let with = |row: usize, instruction: (Opcode, u16, u32, u32)| {
            let mut code = PLAIN;
            code[row] = instruction;
            code.to_vec()
        };
        let others = [
            with(0, (Opcode::Subject, 0, 7, 0)),
            with(1, (Opcode::Subject, 0, 7, 0)),
            with(1, (Opcode::Not, 1, 0, 0)),
            with(2, (Opcode::Guard, 0, 2, 2)),
            with(2, (Opcode::Guard, 0, 1, 1)),
            with(3, (Opcode::SlotEq, 1, 8, 9)),
            with(4, (Opcode::And, 0, 1, 1)),
            with(4, (Opcode::Or, 0, 0, 2)),
            with(5, (Opcode::Return, 0, 1, 0)),
            PLAIN[..5].to_vec(),
            vec![(Opcode::True, 0, 0, 0), (Opcode::Return, 0, 0, 0)],
        ];
        for code in others {
            let image = block(&code);
            let blocks: Blocks = [image.clone()].into_iter().collect();
            assert_eq!(blocks.get(0), Some(Block::Code { registers: 3, code: &image.code }), "{code:?}");
        }
        let more = BlockImage { registers: 4, ..block(&PLAIN) };
        let blocks: Blocks = [more].into_iter().collect();
        assert!(matches!(blocks.get(0), Some(Block::Code { registers: 4, .. })), "a register too many");
    }
}
