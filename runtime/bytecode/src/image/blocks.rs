//! Decision code.
//!
//! Most conditions are plain conjunctions: tests of subjects and places, each guarding what comes behind it. Of those
//! only the tests are kept, in one table; the instructions follow from them. Everything else is code of its own.

use crate::ids::SlotId;
use crate::lists::{List, Lists};
use crate::opcode::{Instruction, Opcode};
use crate::packed::{Packed, Rows, append};
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

    /// The place that it tests; a subject is none.
    pub(crate) fn slot(self) -> Option<SlotId> {
        (self.opcode != Opcode::Subject).then_some(SlotId(self.a))
    }

    /// The instruction, with its result in this register.
    pub fn instruction(self, dst: u16) -> Instruction {
        Instruction { opcode: self.opcode, flags: self.flags, dst, a: self.a, b: self.b }
    }
}

/// Opcodes that tests have, by their number. Numbers are the format.
const TESTS: [Opcode; 16] = [
    Opcode::Subject,
    Opcode::SlotEq,
    Opcode::SlotNe,
    Opcode::SlotLt,
    Opcode::SlotLe,
    Opcode::SlotGt,
    Opcode::SlotGe,
    Opcode::SlotIn,
    Opcode::SlotInRange,
    Opcode::SlotSubstring,
    Opcode::SlotLike,
    Opcode::SlotMatches,
    Opcode::SlotUnder,
    Opcode::SlotTruth,
    Opcode::SlotHas,
    // What no bundle may have as a test.
    Opcode::Return,
];

/// Where the parts of a test begin, counted in bits from the lowest: the number of its opcode comes first.
const FLAGS_SHIFT: u32 = 4;
const A_SHIFT: u32 = 6;
const B_SHIFT: u32 = 27;
/// The largest flags, and the largest number of 21 bits: rows of tables are fewer by the limits.
const MOST_FLAGS: u8 = 3;
const MOST_OPERAND: u32 = (1 << 21) - 1;

impl Packed for Test {
    type Bytes = [u8; 6];

    fn pack(self) -> [u8; 6] {
        let number = TESTS.iter().position(|opcode| *opcode == self.opcode).and_then(|at| u64::try_from(at).ok());
        let operand = |number: u32| u64::from(number.min(MOST_OPERAND));
        let flags = u64::from(self.flags.min(MOST_FLAGS)) << FLAGS_SHIFT;
        let word = number.unwrap_or(0xf) | flags | (operand(self.a) << A_SHIFT) | (operand(self.b) << B_SHIFT);
        let [a, b, c, d, e, f, ..] = word.to_le_bytes();
        [a, b, c, d, e, f]
    }

    #[inline]
    fn unpack(bytes: [u8; 6]) -> Test {
        let [a, b, c, d, e, f] = bytes;
        let word = u64::from_le_bytes([a, b, c, d, e, f, 0, 0]);
        let operand = |above: u64| u32::try_from(above & u64::from(MOST_OPERAND)).unwrap_or(MOST_OPERAND);
        Test {
            opcode: TESTS.get(usize::from(a & 0xf)).copied().unwrap_or(Opcode::Return),
            flags: (a >> FLAGS_SHIFT) & MOST_FLAGS,
            a: operand(word >> A_SHIFT),
            b: operand(word >> B_SHIFT),
        }
    }
}

/// A block of decision code, where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block<'b> {
    /// A plain conjunction of tests, at least one.
    Plain(Rows<'b, Test>),
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
pub fn tests_from(tests: Rows<'_, Test>, start: u32) -> Rows<'_, Test> {
    // Before the first stands `true`, and behind each what conjoins it.
    usize::try_from(start >> 1).map_or(Rows::default(), |first| tests.from(first))
}

/// The blocks of a bundle. Tests of plain conjunctions are read where they stand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Blocks {
    rows: Vec<Row>,
    /// Of all conjunctions, one behind the other.
    tests: Vec<u8>,
    code: Lists<Instruction>,
    /// Registers and code of blocks that are no conjunctions.
    others: Vec<(u16, List)>,
}

/// The most tests that a block keeps as a conjunction.
pub(crate) const MOST_TESTS: usize = 255;
/// Bits of their number in a row.
const COUNT_BITS: u32 = 8;
/// Bytes of a test.
const TEST_BYTES: usize = size_of::<<Test as Packed>::Bytes>();

/// A block, by where it stands: its first test, and how many they are. Where they are none, the row of `others` instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Row(u32);

impl Row {
    fn new(first: usize, tests: usize) -> Row {
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Row((number(first) << COUNT_BITS) | number(tests))
    }
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
        match block.tests() {
            Some(tests) => {
                self.push_tests(tests.len());
                append(tests, &mut self.tests);
            }
            None => {
                let code = self.code.add(&block.code);
                self.push_other(block.registers, code);
            }
        }
    }

    /// Blocks as [`Blocks::plan`], [`Blocks::tests`] and their code say.
    pub(crate) fn read(plan: &[u8], tests: &[u8]) -> Blocks {
        let mut made = Blocks { tests: tests.to_vec(), ..Blocks::default() };
        made.rows.reserve_exact(plan.len());
        let (mut first, mut other) = (0_usize, 0_usize);
        for count in plan {
            let tests = usize::from(*count);
            made.rows.push(Row::new(if tests == 0 { other } else { first }, tests));
            first = first.saturating_add(tests);
            other = other.saturating_add(usize::from(tests == 0));
        }
        made
    }

    /// Of each block: how many tests it has; 0 of one that is no conjunction.
    pub(crate) fn plan(&self) -> impl Iterator<Item = u8> {
        self.rows.iter().map(|row| {
            let [count, ..] = row.0.to_le_bytes();
            count
        })
    }

    /// The tests of all conjunctions.
    pub(crate) fn tests(&self) -> &[u8] {
        &self.tests
    }

    /// The blocks that are no conjunctions.
    pub(crate) fn others(&self) -> impl ExactSizeIterator<Item = (u16, &[Instruction])> {
        self.others.iter().map(|(registers, code)| (*registers, self.code.get(*code)))
    }

    /// Adds a conjunction whose tests come behind all others.
    fn push_tests(&mut self, count: usize) {
        let first = self.tests.len().checked_div(TEST_BYTES).unwrap_or_default();
        self.rows.push(Row::new(first, count));
    }

    /// Adds the code of the next block that is no conjunction.
    pub(crate) fn push_code<E>(
        &mut self,
        registers: u16,
        code: impl Iterator<Item = Result<Instruction, E>>,
    ) -> Result<&[Instruction], E> {
        let code = self.code.try_add(code)?;
        self.others.push((registers, code));
        Ok(self.code.get(code))
    }

    fn push_other(&mut self, registers: u16, code: List) {
        self.rows.push(Row::new(self.others.len(), 0));
        self.others.push((registers, code));
    }

    /// Gives memory back that was set aside for more code.
    pub(crate) fn shrink(&mut self) {
        self.code.shrink();
        self.others.shrink_to_fit();
    }

    #[inline]
    fn block(&self, row: Row) -> Block<'_> {
        let [count, ..] = row.0.to_le_bytes();
        let first = usize::try_from(row.0 >> COUNT_BITS).unwrap_or(usize::MAX);
        if count == 0 {
            let (registers, code) = self.others.get(first).copied().unwrap_or_default();
            return Block::Code { registers, code: self.code.get(code) };
        }
        let from = first.saturating_mul(TEST_BYTES);
        let until = from.saturating_add(usize::from(count).saturating_mul(TEST_BYTES));
        Block::Plain(Rows::of(self.tests.get(from..until).unwrap_or_default()))
    }
}

impl FromIterator<BlockImage> for Blocks {
    fn from_iter<T: IntoIterator<Item = BlockImage>>(blocks: T) -> Blocks {
        let mut made = Blocks::default();
        blocks.into_iter().for_each(|block| made.push(&block));
        made
    }
}

impl BlockImage {
    /// Its tests, when it is just what [`Block::code`] makes of them.
    pub(crate) fn tests(&self) -> Option<Vec<Test>> {
        let tests: Vec<Test> = self.code.iter().skip(1).step_by(2).map_while(Test::of).collect();
        let mut bytes = Vec::new();
        append(tests.iter().copied(), &mut bytes);
        let plain = Block::Plain(Rows::of(&bytes));
        let some = (1..=MOST_TESTS).contains(&tests.len());
        (some && self.registers == plain.registers() && self.code == *plain.code()).then_some(tests)
    }
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
    fn a_test_keeps_what_it_says() {
        for opcode in TESTS {
            let test = Test { opcode, flags: 2, a: MOST_OPERAND, b: 1 << 20 };
            assert_eq!(Test::unpack(test.pack()), test);
        }
        let every = (0..=u8::MAX).filter_map(Opcode::from_byte);
        let all = every.filter(|opcode| opcode.tests_slot() || *opcode == Opcode::Subject);
        assert!(all.eq(TESTS.into_iter().filter(|opcode| *opcode != Opcode::Return)), "a test without a number");
        assert_eq!(Test::unpack([0xff; 6]).pack(), [0xff; 6], "no bit is of no account");
    }

    #[test]
    fn a_conjunction_is_its_tests() {
        let blocks: Blocks = [block(&[(Opcode::Return, 0, 0, 0)]), block(&PLAIN)].into_iter().collect();
        let found = blocks.get(1).unwrap();
        let Block::Plain(tests) = found else { panic!("{found:?}") };
        let shown = |tests: Rows<'_, Test>| tests.iter().map(|test| (test.opcode, test.a, test.b)).collect::<Vec<_>>();
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
