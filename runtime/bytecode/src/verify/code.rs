//! Checks of decision code.
//!
//! One forward pass simulates the kinds of all registers. A jump carries its state to its target,
//! where it is merged with what falls through; a loop's body starts from the state before the loop,
//! may not touch registers that were defined there, and leaves nothing behind but the result.

use super::{BlockFacts, Check, Uses, ensure, uses};
use crate::ids::{BlockId, SlotId};
use crate::image::*;
use crate::limits::{
    MAX_BLOCK_CODE, MAX_BLOCK_STEPS, MAX_COLLECTION, MAX_LOOP_DEPTH, MAX_OPEN_JUMPS, MAX_REGISTERS, MAX_START_CODE,
};
use crate::opcode::{Instruction, Opcode, OperandKind, ResultKind};
use crate::packed::Rows;
use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use alloc::vec::Vec;

/// What is known of a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Register {
    /// Not defined on every path.
    Undefined,
    /// Any value.
    Value,
    /// Truth.
    Truth,
}

/// A loop whose body is being checked.
struct Loop {
    /// Its last instruction.
    end: usize,
    /// Its result register.
    dst: usize,
    /// State before it.
    before: Vec<Register>,
    /// Steps counted before it.
    outer_steps: u64,
}

/// Checks blocks one after the other; memory is set aside once for all of them.
pub(super) struct Checker<'a> {
    image: &'a BundleImage,
    /// What reading each slot depends on.
    places: Vec<Uses>,
    registers: Vec<Register>,
    /// Slots of the code being checked, as they are met.
    met: Vec<SlotId>,
    /// Slots of all blocks that are no conjunctions.
    slots: Vec<SlotId>,
    /// By block: where it is entered behind its beginning, as was checked last.
    starts: Vec<u32>,
    /// How many instructions may still be looked at for that.
    start_steps: usize,
}

impl<'a> Checker<'a> {
    /// A checker of an image whose slots and types are checked.
    pub fn new(image: &'a BundleImage) -> Checker<'a> {
        Checker {
            image,
            places: uses::by_slot(image),
            registers: Vec::new(),
            met: Vec::new(),
            slots: Vec::new(),
            starts: alloc::vec![0; image.blocks.len()],
            start_steps: MAX_START_CODE,
        }
    }

    /// Checks one block.
    pub fn block(&mut self, block: Block<'_>) -> Result<BlockFacts, &'static str> {
        ensure(usize::from(block.registers()) <= MAX_REGISTERS, "too many registers")?;
        ensure(block.length() > 0 && block.length() <= MAX_BLOCK_CODE, "no code, or too much")?;
        match block {
            Block::Plain(tests) => self.plain(tests),
            Block::Code { registers, code } => {
                let facts = self.from((registers, code), 0)?;
                self.met.sort_unstable();
                self.met.dedup();
                let slots = (SlotId::new(self.slots.len()).0, SlotId::new(self.met.len()).0);
                self.slots.extend(&self.met);
                Ok(BlockFacts { slots, ..facts })
            }
        }
    }

    /// Checks that a block may be entered at `start` with register 0 true and nothing else known.
    pub fn start(&mut self, (id, block): (BlockId, Block<'_>), start: u32) -> Check {
        if self.starts.get(id.index()) == Some(&start) {
            return Ok(());
        }
        let (registers, code) = match block {
            // At a test, or at `return`: what conjoins a test reads its register.
            Block::Plain(_) => {
                let within = usize::try_from(start).is_ok_and(|start| start < block.length());
                ensure(within, "no such instruction")?;
                return ensure(start & 1 == 1, "a register is read before it is defined");
            }
            Block::Code { registers, code } => (registers, code),
        };
        self.start_steps = self.start_steps.checked_sub(code.len()).ok_or("code is entered at too many places")?;
        let start = usize::try_from(start).map_err(|_| "no such instruction")?;
        ensure(start < code.len() && registers > 0, "no such instruction")?;
        self.from((registers, code), start).and_then(|facts| ensure(facts.truth, "a condition must be truth"))?;
        if let (Some(known), Ok(start)) = (self.starts.get_mut(id.index()), u32::try_from(start)) {
            *known = start;
        }
        Ok(())
    }

    /// What reading a place depends on.
    pub fn place(&self, slot: SlotId) -> Uses {
        self.places.get(slot.index()).copied().unwrap_or_default()
    }

    /// The slots of all blocks that are no conjunctions, one block after the other.
    pub fn into_slots(self) -> Vec<SlotId> {
        self.slots
    }

    /// Checks the tests of a plain conjunction, each by itself: each has a register of its own.
    fn plain(&self, tests: Rows<'_, Test>) -> Result<BlockFacts, &'static str> {
        let steps = Block::Plain(tests).most_steps();
        ensure(!tests.is_empty() && steps <= MAX_BLOCK_STEPS, "too many steps")?;
        let mut uses = Uses::NONE;
        for test in tests {
            uses = uses.and(self.test(&test)?);
        }
        Ok(BlockFacts { truth: true, steps, uses, ..BlockFacts::default() })
    }

    /// Checks a test; what it depends on.
    fn test(&self, test: &Test) -> Result<Uses, &'static str> {
        let info = test.opcode.info();
        ensure(test.flags & !info.flags == 0, "unknown flags")?;
        names_row(self.image, info.b, test.b)?;
        match info.a {
            OperandKind::Slot if info.result == ResultKind::Truth => {
                self.places.get(SlotId(test.a).index()).copied().ok_or("no such slot")
            }
            OperandKind::Subject => names_row(self.image, info.a, test.a).map(|()| Uses::REQUEST),
            _ => Err("no test"),
        }
    }

    /// The pass from an instruction on.
    fn from(&mut self, (registers, code): (u16, &[Instruction]), start: usize) -> Result<BlockFacts, &'static str> {
        self.registers.clear();
        self.registers.resize(usize::from(registers), Register::Undefined);
        self.met.clear();
        let mut pass = Pass {
            image: self.image,
            places: &self.places,
            registers: core::mem::take(&mut self.registers),
            pending: BTreeMap::new(),
            loops: Vec::new(),
            slots: core::mem::take(&mut self.met),
            facts: BlockFacts::default(),
        };
        if start > 0
            && let Some(conjunction) = pass.registers.first_mut()
        {
            *conjunction = Register::Truth;
        }
        let checked = pass.run_all(code, start);
        let Pass { registers, slots, facts, .. } = pass;
        (self.registers, self.met) = (registers, slots);
        checked.map(|()| facts)
    }
}

/// The state of the pass.
struct Pass<'a> {
    image: &'a BundleImage,
    places: &'a [Uses],
    registers: Vec<Register>,
    pending: BTreeMap<usize, Vec<Register>>,
    loops: Vec<Loop>,
    slots: Vec<SlotId>,
    facts: BlockFacts,
}

/// What is known of registers wherever control comes from.
fn merge(registers: &mut [Register], others: &[Register]) {
    for (register, theirs) in registers.iter_mut().zip(others) {
        *register = match (*register, *theirs) {
            (Register::Undefined, _) | (_, Register::Undefined) => Register::Undefined,
            (Register::Truth, Register::Truth) => Register::Truth,
            _ => Register::Value,
        };
    }
}

impl Pass<'_> {
    /// Every instruction from `start` on.
    fn run_all(&mut self, code: &[Instruction], start: usize) -> Check {
        let last = code.len().saturating_sub(1);
        for (pc, instruction) in code.iter().enumerate().skip(start) {
            if self.pending.first_key_value().is_some_and(|(target, _)| *target == pc)
                && let Some((_, theirs)) = self.pending.pop_first()
            {
                merge(&mut self.registers, &theirs);
            }
            let returns = instruction.opcode == Opcode::Return;
            ensure(returns == (pc == last), "`return` stands last and only there")?;
            self.step(pc, instruction, last)?;
        }
        ensure(self.loops.is_empty(), "a loop does not end")?;
        ensure(self.facts.steps <= MAX_BLOCK_STEPS, "too many steps")
    }

    /// Checks one instruction and applies what it does.
    fn step(&mut self, pc: usize, instruction: &Instruction, last: usize) -> Check {
        let info = instruction.opcode.info();
        ensure(instruction.flags & !info.flags == 0, "unknown flags")?;
        self.facts.steps = self.facts.steps.saturating_add(1);
        self.operand(info.a, instruction.a, instruction)?;
        self.operand(info.b, instruction.b, instruction)?;
        self.facts.uses = self.facts.uses.and(uses::of_instruction(self.image, self.places, instruction));
        if info.a == OperandKind::Slot {
            self.slots.push(SlotId(instruction.a));
        }
        match instruction.opcode {
            Opcode::JumpIfFalse | Opcode::JumpIfTrue => self.jump(pc, instruction, last),
            Opcode::Guard => {
                ensure(self.register(0)? == Register::Truth, "a guard without a conjunction")?;
                ensure(self.loops.is_empty(), "a guard inside a loop")?;
                self.jump(pc, instruction, last)
            }
            Opcode::Any | Opcode::All => self.open_loop(pc, instruction, last),
            Opcode::EndLoop => self.close_loop(pc, instruction),
            Opcode::Return => {
                ensure(instruction.dst == 0, "unused operand is not zero")?;
                self.facts.truth = self.register(instruction.a)? == Register::Truth;
                Ok(())
            }
            _ => self.define(usize::from(instruction.dst), info.result),
        }
    }

    /// The kind of a register that must be defined.
    fn register(&self, operand: u32) -> Result<Register, &'static str> {
        let index = usize::try_from(operand).map_err(|_| "no such register")?;
        match self.registers.get(index) {
            None => Err("no such register"),
            Some(Register::Undefined) => Err("a register is read before it is defined"),
            Some(kind) => Ok(*kind),
        }
    }

    /// Checks an operand.
    fn operand(&self, kind: OperandKind, operand: u32, instruction: &Instruction) -> Check {
        match kind {
            OperandKind::Truth => {
                ensure(self.register(operand)? == Register::Truth, "a value where truth is asked for")
            }
            OperandKind::Value => self.register(operand).map(|_| ()),
            OperandKind::Pair => {
                self.register(operand)?;
                self.register(operand.checked_add(1).ok_or("no such register")?).map(|_| ())
            }
            OperandKind::Run => self.run(operand, instruction.b),
            OperandKind::RunLength | OperandKind::Jump | OperandKind::Body => Ok(()),
            rows => names_row(self.image, rows, operand),
        }
    }

    /// Checks a run of registers; the result may not be one of them.
    fn run(&self, first: u32, count: u32) -> Check {
        ensure(usize::try_from(count).is_ok_and(|count| count <= self.registers.len()), "no such registers")?;
        let end = first.checked_add(count).ok_or("no such registers")?;
        for operand in first..end {
            self.register(operand)?;
        }
        Ok(())
    }

    /// Records a result.
    fn define(&mut self, dst: usize, result: ResultKind) -> Check {
        let kind = match result {
            ResultKind::Truth => Register::Truth,
            ResultKind::Value | ResultKind::Loop => Register::Value,
            ResultKind::None => return ensure(dst == 0, "unused operand is not zero"),
        };
        self.writable(dst)?;
        *self.registers.get_mut(dst).ok_or("no such register")? = kind;
        Ok(())
    }

    /// Inside a loop only registers that were not defined before it may be written.
    fn writable(&self, dst: usize) -> Check {
        let Some(inner) = self.loops.last() else {
            return Ok(());
        };
        ensure(dst != inner.dst && dst != inner.dst.saturating_add(1), "a loop's own registers are written")?;
        ensure(inner.before.get(dst) == Some(&Register::Undefined), "a loop writes a register from outside")
    }

    /// A forward jump within the loop it stands in.
    fn jump(&mut self, pc: usize, instruction: &Instruction, last: usize) -> Check {
        ensure(instruction.dst == 0, "unused operand is not zero")?;
        let distance = usize::try_from(instruction.b).map_err(|_| "no such target")?;
        ensure(distance > 0, "a jump that skips nothing")?;
        let target = pc.checked_add(distance).and_then(|at| at.checked_add(1)).ok_or("no such target")?;
        let limit = self.loops.last().map_or(last, |inner| inner.end);
        ensure(target <= limit, "a jump leaves its loop or the block")?;
        let known = self.pending.contains_key(&target);
        ensure(known || self.pending.len() < MAX_OPEN_JUMPS, "too many jumps to different places")?;
        match self.pending.entry(target) {
            Entry::Vacant(place) => {
                place.insert(self.registers.clone());
            }
            Entry::Occupied(mut earlier) => merge(earlier.get_mut(), &self.registers),
        }
        Ok(())
    }

    /// Starts a loop's body.
    fn open_loop(&mut self, pc: usize, instruction: &Instruction, last: usize) -> Check {
        let dst = usize::from(instruction.dst);
        let element = dst.saturating_add(1);
        ensure(element < self.registers.len(), "no such register")?;
        self.writable(dst)?;
        self.writable(element)?;
        let length = usize::try_from(instruction.b).map_err(|_| "no such body")?;
        let end = pc.checked_add(length).ok_or("no such body")?;
        let limit = self.loops.last().map_or(last, |inner| inner.end);
        ensure(length > 0 && end < limit, "a loop's body leaves its surroundings")?;
        ensure(self.loops.len() < MAX_LOOP_DEPTH, "loops are nested too deep")?;
        let before = self.registers.clone();
        self.loops.push(Loop { end, dst, before, outer_steps: self.facts.steps });
        self.facts.loops = self.facts.loops.max(self.loops.len());
        self.facts.steps = 0;
        // The result is not there before the loop has ended.
        *self.registers.get_mut(dst).ok_or("no such register")? = Register::Undefined;
        *self.registers.get_mut(element).ok_or("no such register")? = Register::Value;
        Ok(())
    }

    /// Ends a loop's body.
    fn close_loop(&mut self, pc: usize, instruction: &Instruction) -> Check {
        ensure(instruction.dst == 0, "unused operand is not zero")?;
        let inner = self.loops.pop().ok_or("`end_loop` outside a loop")?;
        ensure(inner.end == pc, "`end_loop` is not the last of its body")?;
        let rounds = u64::try_from(MAX_COLLECTION).unwrap_or(u64::MAX);
        self.facts.steps = self.facts.steps.saturating_mul(rounds).saturating_add(inner.outer_steps);
        self.registers = inner.before;
        if let Some(element) = self.registers.get_mut(inner.dst.saturating_add(1)) {
            *element = Register::Undefined;
        }
        *self.registers.get_mut(inner.dst).ok_or("no such register")? = Register::Truth;
        Ok(())
    }
}

/// Checks an operand that names a row of a table, or that is not used.
fn names_row(image: &BundleImage, kind: OperandKind, operand: u32) -> Check {
    let row = usize::try_from(operand).map_err(|_| "no such row")?;
    match kind {
        OperandKind::None => ensure(operand == 0, "unused operand is not zero"),
        OperandKind::Constant => ensure(row < image.constants.len(), "no such constant"),
        OperandKind::Pattern => ensure(image.constants.is_pattern(row), "no such pattern"),
        OperandKind::Range => ensure(image.constants.is_range(row), "no such range"),
        OperandKind::Slot => ensure(row < image.slots.len(), "no such slot"),
        OperandKind::Symbol => ensure(row < image.symbols.len(), "no such field name"),
        OperandKind::Native => ensure(row < image.natives.len(), "no such native"),
        OperandKind::History => ensure(
            matches!(image.histories.get(row), Some(HistoryImage::SessionHolds(_) | HistoryImage::Query { .. })),
            "no such question",
        ),
        OperandKind::HistoryOf => ensure(
            matches!(
                image.histories.get(row),
                Some(HistoryImage::Carries(_) | HistoryImage::SeenInData(_) | HistoryImage::SeenInLabel(_))
            ),
            "no such question about a value",
        ),
        OperandKind::Subject => ensure(row < image.subjects.len(), "no such subject"),
        OperandKind::Type => ensure(row < image.types.len(), "no such type"),
        OperandKind::Automaton => ensure(row < image.automata.len(), "no such automaton"),
        OperandKind::Truth
        | OperandKind::Value
        | OperandKind::Pair
        | OperandKind::Run
        | OperandKind::RunLength
        | OperandKind::Jump
        | OperandKind::Body => Err("no row"),
    }
}
