//! Checks of decision code.
//!
//! One forward pass simulates the kinds of all registers. A jump carries its state to its target,
//! where it is merged with what falls through; a loop's body starts from the state before the loop,
//! may not touch registers that were defined there, and leaves nothing behind but the result.

use super::{BlockFacts, Check, ensure};
use crate::ids::SlotId;
use crate::image::*;
use crate::limits::{MAX_BLOCK_CODE, MAX_BLOCK_STEPS, MAX_COLLECTION, MAX_LOOP_DEPTH, MAX_REGISTERS};
use crate::opcode::{Instruction, Opcode, OperandKind, ResultKind};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec;
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

/// The state of the pass.
struct Pass<'a> {
    image: &'a BundleImage,
    registers: Vec<Register>,
    pending: BTreeMap<usize, Vec<Register>>,
    loops: Vec<Loop>,
    slots: BTreeSet<SlotId>,
    facts: BlockFacts,
}

/// Checks one block.
pub(super) fn verify_block(image: &BundleImage, block: &BlockImage) -> Result<BlockFacts, &'static str> {
    ensure(usize::from(block.registers) <= MAX_REGISTERS, "too many registers")?;
    ensure(!block.code.is_empty() && block.code.len() <= MAX_BLOCK_CODE, "no code, or too much")?;
    check_from(image, block, 0)
}

/// Checks that a block may be entered at `start` with register 0 true and nothing else known.
pub(super) fn verify_start(image: &BundleImage, block: &BlockImage, start: u32) -> Check {
    let start = usize::try_from(start).map_err(|_| "no such instruction")?;
    ensure(start < block.code.len() && block.registers > 0, "no such instruction")?;
    check_from(image, block, start).and_then(|facts| ensure(facts.truth, "a condition must be truth"))
}

/// The pass from an instruction on.
fn check_from(image: &BundleImage, block: &BlockImage, start: usize) -> Result<BlockFacts, &'static str> {
    let mut pass = Pass {
        image,
        registers: vec![Register::Undefined; usize::from(block.registers)],
        pending: BTreeMap::new(),
        loops: Vec::new(),
        slots: BTreeSet::new(),
        facts: BlockFacts::default(),
    };
    if start > 0
        && let Some(conjunction) = pass.registers.first_mut()
    {
        *conjunction = Register::Truth;
    }
    let last = block.code.len().saturating_sub(1);
    for (pc, instruction) in block.code.iter().enumerate().skip(start) {
        pass.merge_jumps(pc);
        let returns = instruction.opcode == Opcode::Return;
        ensure(returns == (pc == last), "`return` stands last and only there")?;
        pass.step(pc, instruction, last)?;
    }
    ensure(pass.loops.is_empty(), "a loop does not end")?;
    ensure(pass.facts.steps <= MAX_BLOCK_STEPS, "too many steps")?;
    pass.facts.slots = pass.slots.into_iter().collect();
    Ok(pass.facts)
}

impl Pass<'_> {
    /// Merges the states of jumps that land here.
    fn merge_jumps(&mut self, pc: usize) {
        let Some(other) = self.pending.remove(&pc) else {
            return;
        };
        for (register, theirs) in self.registers.iter_mut().zip(other) {
            *register = match (*register, theirs) {
                (Register::Undefined, _) | (_, Register::Undefined) => Register::Undefined,
                (Register::Truth, Register::Truth) => Register::Truth,
                _ => Register::Value,
            };
        }
    }

    /// Checks one instruction and applies what it does.
    fn step(&mut self, pc: usize, instruction: &Instruction, last: usize) -> Check {
        let info = instruction.opcode.info();
        ensure(instruction.flags & !info.flags == 0, "unknown flags")?;
        self.facts.steps = self.facts.steps.saturating_add(1);
        self.operand(info.a, instruction.a, instruction)?;
        self.operand(info.b, instruction.b, instruction)?;
        self.note_use(instruction);
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
        let row = usize::try_from(operand).map_err(|_| "no such row")?;
        let image = self.image;
        match kind {
            OperandKind::None => ensure(operand == 0, "unused operand is not zero"),
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
            OperandKind::Constant => ensure(row < image.constants.len(), "no such constant"),
            OperandKind::Pattern => ensure(
                matches!(image.constants.get(row), Some(Constant::Glob { .. } | Constant::HostPattern(_))),
                "no such pattern",
            ),
            OperandKind::Range => ensure(matches!(image.constants.get(row), Some(Constant::Range(_))), "no such range"),
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

    /// Notes what the block depends on.
    fn note_use(&mut self, instruction: &Instruction) {
        match instruction.opcode {
            opcode if opcode.info().a == OperandKind::Slot => {
                let slot = SlotId(instruction.a);
                self.slots.insert(slot);
                if let Some(image) = self.image.slots.get(slot.index()) {
                    self.facts.natives |= type_needs_natives(self.image, image);
                    self.facts.extracts |= is_extracted(image.root);
                    match image.root {
                        SlotRoot::LinkClaims | SlotRoot::LinkSpiffe | SlotRoot::LinkUid => self.facts.link = true,
                        SlotRoot::Data(_) => {}
                        _ => self.facts.request = true,
                    }
                }
            }
            Opcode::Native => {
                let native = usize::try_from(instruction.b).ok().and_then(|row| self.image.natives.get(row));
                self.facts.natives |= native.is_none_or(NativeImage::allocates);
            }
            Opcode::History | Opcode::HistoryOf | Opcode::Subject => self.facts.request = true,
            _ => {}
        }
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
        let merged = match self.pending.remove(&target) {
            None => self.registers.clone(),
            Some(earlier) => {
                let current = core::mem::replace(&mut self.registers, earlier);
                self.pending.insert(target, current.clone());
                self.merge_jumps(target);
                core::mem::replace(&mut self.registers, current)
            }
        };
        self.pending.insert(target, merged);
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

/// Whether the extraction stage makes what stands there.
pub(super) fn is_extracted(root: SlotRoot) -> bool {
    matches!(root, SlotRoot::Collect(_) | SlotRoot::UriVariable(..))
}

/// Whether reading the slot may have to parse a host or URL.
pub(super) fn type_needs_natives(image: &BundleImage, slot: &SlotImage) -> bool {
    let mut todo = vec![slot.ty];
    let mut seen = BTreeSet::new();
    while let Some(id) = todo.pop() {
        if !seen.insert(id) {
            continue;
        }
        match image.types.get(id.index()) {
            Some(TypeImage::Host | TypeImage::Url) => return true,
            Some(TypeImage::List(of) | TypeImage::Set(of) | TypeImage::Map(of) | TypeImage::Optional(of)) => {
                todo.push(*of)
            }
            Some(TypeImage::Record(fields)) => todo.extend(fields.iter().map(|(_, of)| *of)),
            Some(TypeImage::Union(members)) => todo.extend(members.iter().copied()),
            _ => {}
        }
    }
    false
}
