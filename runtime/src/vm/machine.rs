//! Runs one block of verified code.

use crate::data::ConstantRef;
use crate::natives;
use crate::vm::compare::{self, Comparer};
use crate::vm::context::Context;
use crate::vm::cursor::Cursor;
use crate::vm::question::{self, QuestionText};
use crate::vm::quick;
use crate::vm::read::{self, chosen, operand};
use crate::vm::slot::slot_value;
use crate::vm::subject;
use crate::vm::value::{Register, Stop, Truth, Value, both};
use alloc::vec::Vec;
use core::cmp::Ordering;
use mcpz_bytecode::ErrorCode;
use mcpz_bytecode::ids::{AutomatonId, BlockId, ConstantId, SlotId, SubjectId, SymbolId, TypeId};
use mcpz_bytecode::image::{Block, ConstantNode, Test, tests_from};
use mcpz_bytecode::limits::MAX_COLLECTION;
use mcpz_bytecode::opcode::{ARITH_INT, Instruction, Opcode, RANGE_HIGH, RANGE_INCLUSIVE, RANGE_LOW};
use mcpz_bytecode::packed::Rows;
use mcpz_bytecode::value::Decimal;

/// Error `type`.
const TYPE: Stop = Stop::Error(ErrorCode::Type);
/// Error `internal`: what the verifier rules out.
const INTERNAL: Stop = Stop::Error(ErrorCode::Internal);

/// A machine: registers, and memory for the texts of questions.
#[derive(Debug)]
pub struct Machine<'a> {
    registers: Vec<Register<'a>>,
    texts: QuestionText,
    steps: u64,
}

/// The memory of a machine, between one run and the next.
#[derive(Debug, Default)]
pub struct MachineMemory {
    registers: Vec<Register<'static>>,
    texts: QuestionText,
}

/// As many registers of another lifetime in the same memory; what they held is forgotten. Elements of
/// equal size make the standard library keep the allocation (`tests/allocation.rs` counts).
fn emptied<'b>(registers: Vec<Register<'_>>) -> Vec<Register<'b>> {
    registers.into_iter().map(|_| Register::plain(Value::Absent)).collect()
}

/// A machine that is made when it is first needed: most rules need none.
#[derive(Debug)]
pub struct SpareMachine<'m, 'a> {
    memory: &'m mut MachineMemory,
    machine: Option<Machine<'a>>,
}

impl<'m, 'a> SpareMachine<'m, 'a> {
    /// A machine in this memory.
    pub fn new(memory: &'m mut MachineMemory) -> Self {
        Self { memory, machine: None }
    }

    /// The machine.
    pub fn get(&mut self) -> &mut Machine<'a> {
        let memory = &mut *self.memory;
        self.machine.get_or_insert_with(|| Machine::with(core::mem::take(memory)))
    }

    /// Gives the memory back; instructions executed.
    pub fn finish(self) -> u64 {
        let Some(machine) = self.machine else { return 0 };
        let steps = machine.steps();
        *self.memory = machine.into_memory();
        steps
    }
}

/// Where code goes on.
enum Flow {
    /// Nowhere: it has come to `end_loop` or `return`, with the result in this register.
    Ended(u32),
    /// At this instruction.
    Next(usize),
}

impl<'a> Machine<'a> {
    /// A machine with fresh memory for this many registers.
    pub fn new(registers: usize) -> Self {
        let mut machine = Machine::with(MachineMemory::default());
        machine.reserve(registers);
        machine
    }

    /// A machine in this memory.
    pub fn with(memory: MachineMemory) -> Self {
        Self { registers: emptied(memory.registers), texts: memory.texts.ready(), steps: 0 }
    }

    /// Its memory, for the next one.
    pub fn into_memory(self) -> MachineMemory {
        MachineMemory { registers: emptied(self.registers), texts: self.texts }
    }

    /// Makes room for a block of this many registers.
    pub fn reserve(&mut self, registers: usize) {
        if self.registers.len() < registers {
            self.registers.resize(registers, Register::plain(Value::Absent));
        }
    }

    /// Instructions executed so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Registers as the last block left them.
    pub fn registers(&self) -> &[Register<'a>] {
        &self.registers
    }

    /// Runs a block to its result.
    pub fn run(&mut self, cx: &Context<'a>, block: BlockId) -> Value<'a> {
        let Some(block) = cx.image().blocks.get(block.index()) else {
            return Value::Error(ErrorCode::Internal);
        };
        self.reserve(usize::from(block.registers()));
        match block {
            Block::Plain(tests) => self.plain(cx, tests, 0).into(),
            Block::Code { code, .. } => self.stretch(cx, code),
        }
    }

    /// Runs a condition block from an instruction on, what stands before being known to hold.
    pub fn run_from(&mut self, cx: &Context<'a>, block: BlockId, start: u32) -> Truth {
        let Some(block) = cx.image().blocks.get(block.index()) else {
            return Truth::Error(ErrorCode::Internal);
        };
        self.reserve(usize::from(block.registers()));
        let code = match block {
            Block::Plain(tests) => return self.plain(cx, tests, start),
            Block::Code { code, .. } => code,
        };
        self.set(0, Register::plain(Value::Bool(true)));
        let code = usize::try_from(start).ok().and_then(|start| code.get(start..));
        truth(self.stretch(cx, code.unwrap_or_default()))
    }

    /// Runs a condition block.
    pub fn run_truth(&mut self, cx: &Context<'a>, block: BlockId) -> Truth {
        truth(self.run(cx, block))
    }

    /// Runs a plain conjunction, as its code would run.
    fn plain(&mut self, cx: &Context<'a>, tests: Rows<'_, Test>, start: u32) -> Truth {
        let rest = tests_from(tests, start);
        let known = tests.len().saturating_sub(rest.len());
        // `return`, and `true` at the front; each test and what joins it.
        self.steps = self.steps.saturating_add(if start == 0 { 2 } else { 1 });
        let mut conjunction = Truth::True;
        for (at, test) in rest.iter().enumerate() {
            self.steps = self.steps.saturating_add(2);
            let dst = u16::try_from(known.saturating_add(at).saturating_add(1)).unwrap_or(u16::MAX);
            let holds = self.holds(cx, &test.instruction(dst));
            self.set_truth(dst, holds);
            conjunction = conjunction.and(holds);
            if conjunction == Truth::False && !cx.eager {
                break;
            }
        }
        self.set_truth(0, conjunction);
        conjunction
    }

    /// Runs code up to its `return` or `end_loop`. Recursion is as deep as loops nest.
    fn stretch(&mut self, cx: &Context<'a>, code: &'a [Instruction]) -> Value<'a> {
        let mut pc = 0;
        while let Some(instruction) = code.get(pc) {
            self.steps = self.steps.saturating_add(1);
            match self.step(cx, code, pc, instruction) {
                Flow::Ended(register) => return self.value(register),
                Flow::Next(next) => pc = next,
            }
        }
        Value::Error(ErrorCode::Internal)
    }

    /// Executes one instruction.
    fn step(&mut self, cx: &Context<'a>, code: &'a [Instruction], pc: usize, instruction: &'a Instruction) -> Flow {
        let next = pc.saturating_add(1);
        match instruction.opcode {
            Opcode::Return | Opcode::EndLoop => Flow::Ended(instruction.a),
            Opcode::JumpIfFalse => Flow::Next(self.jump(cx, instruction, next, Truth::False)),
            Opcode::JumpIfTrue => Flow::Next(self.jump(cx, instruction, next, Truth::True)),
            Opcode::Guard => {
                let conjunction = self.truth(0).and(self.truth(instruction.a));
                self.set_truth(0, conjunction);
                let skip = !cx.eager && conjunction == Truth::False;
                Flow::Next(if skip { next.saturating_add(index(instruction.b)) } else { next })
            }
            Opcode::Any | Opcode::All => {
                let length = index(instruction.b);
                let end = next.saturating_add(length);
                let body = code.get(next..end).unwrap_or(&[]);
                let result = self.fold(cx, instruction, body);
                self.set(instruction.dst, Register::plain(result.into()));
                Flow::Next(end)
            }
            Opcode::And => {
                self.set_truth(instruction.dst, self.truth(instruction.a).and(self.truth(instruction.b)));
                Flow::Next(next)
            }
            Opcode::True => {
                self.set_truth(instruction.dst, Truth::True);
                Flow::Next(next)
            }
            opcode if opcode == Opcode::Subject || opcode.tests_slot() => {
                self.set_truth(instruction.dst, self.holds(cx, instruction));
                Flow::Next(next)
            }
            _ => {
                let register = self.compute(cx, instruction);
                self.set(instruction.dst, register);
                Flow::Next(next)
            }
        }
    }

    /// Where a jump leads. Tracing and extraction evaluate what a jump would skip.
    fn jump(&self, cx: &Context<'a>, instruction: &Instruction, next: usize, on: Truth) -> usize {
        let taken = !cx.eager && self.truth(instruction.a) == on;
        if taken { next.saturating_add(index(instruction.b)) } else { next }
    }

    /// `any` and `all`.
    fn fold(&mut self, cx: &Context<'a>, instruction: &Instruction, body: &'a [Instruction]) -> Truth {
        let any = instruction.opcode == Opcode::Any;
        let collection = match operand(cx, self.get(instruction.a).value) {
            Ok(collection) => collection,
            Err(stop) => return Err(stop).into(),
        };
        let Some((_, size)) = read::shape(cx, collection) else {
            return Err(TYPE).into();
        };
        if size > MAX_COLLECTION {
            return Truth::Error(ErrorCode::TooLong);
        }
        let decided = Truth::of(any);
        let mut result = decided.negate();
        let mut elements = Cursor::new(cx, collection);
        while let Some(element) = elements.next(cx, &self.registers) {
            self.set(instruction.dst.saturating_add(1), element);
            let holds = truth(self.stretch(cx, body));
            result = if any { result.or(holds) } else { result.and(holds) };
            if result == decided && !(cx.eager && cx.wanted.is_some()) {
                break;
            }
        }
        result
    }

    /// A register; one that is not there holds nothing.
    fn get(&self, operand: u32) -> Register<'a> {
        self.registers.get(index(operand)).copied().unwrap_or(Register::plain(Value::Absent))
    }

    /// What a register holds.
    fn value(&self, operand: u32) -> Value<'a> {
        self.registers.get(index(operand)).map_or(Value::Absent, |register| register.value)
    }

    /// The truth in a register.
    fn truth(&self, operand: u32) -> Truth {
        self.registers.get(index(operand)).map_or(Truth::Error(ErrorCode::Internal), |register| truth(register.value))
    }

    /// Writes truth into a register.
    fn set_truth(&mut self, dst: u16, holds: Truth) {
        if let Some(place) = self.registers.get_mut(usize::from(dst)) {
            place.value = holds.into();
            place.origin = None;
        }
    }

    /// Writes a register.
    fn set(&mut self, dst: u16, register: Register<'a>) {
        if let Some(place) = self.registers.get_mut(usize::from(dst)) {
            *place = register;
        }
    }

    /// The result of an instruction that is no jump and no loop.
    fn compute(&mut self, cx: &Context<'a>, instruction: &'a Instruction) -> Register<'a> {
        let Instruction { opcode, a, b, .. } = *instruction;
        let (left, right) = (self.get(a), self.get(b));
        match opcode {
            Opcode::Move => left,
            Opcode::Slot => Register::of(slot_value(cx, SlotId(a))),
            Opcode::Field => Register::of(read::field(cx, left.value, SymbolId(b))),
            Opcode::Coalesce => match left.value {
                Value::Absent | Value::Null => Register { value: chosen(cx, right.value), ..right },
                _ => Register { value: chosen(cx, left.value), ..left },
            },
            Opcode::Select => match truth(left.value) {
                Truth::True => Register { value: chosen(cx, right.value), ..right },
                Truth::False => {
                    let other = self.get(b.saturating_add(1));
                    Register { value: chosen(cx, other.value), ..other }
                }
                stopped => Register::plain(stopped.into()),
            },
            Opcode::Native => {
                let native = cx.image().natives.get(index(b)).ok_or(INTERNAL);
                let result = both(operand(cx, left.value), native)
                    .and_then(|(subject, native)| natives::apply(cx, native, subject));
                Register { value: result.into(), origin: left.origin }
            }
            Opcode::HistoryOf => {
                let Some(question) = cx.image().histories.get(index(a)) else {
                    return Register::plain(Err(INTERNAL).into());
                };
                let answer: Truth = question::ask_of(cx, question, right, &mut self.texts).into();
                Register::plain(answer.into())
            }
            _ => Register::plain(self.compute_plain(cx, instruction, left.value, right.value)),
        }
    }

    /// The result of an instruction whose result comes from no one place.
    fn compute_plain(
        &self,
        cx: &Context<'a>,
        instruction: &Instruction,
        left: Value<'a>,
        right: Value<'a>,
    ) -> Value<'a> {
        let Instruction { opcode, flags, a, b, .. } = *instruction;
        match opcode {
            Opcode::Const => {
                let table = &cx.image().constants;
                read::constant(ConstantRef { table, id: ConstantId(a) })
            }
            Opcode::List => Value::Run(index(a), index(b)),
            Opcode::History => match cx.image().histories.get(index(a)) {
                Some(question) => question::ask(cx, question).into(),
                None => Err(INTERNAL).into(),
            },
            Opcode::Count => self.count(cx, left).into(),
            Opcode::Add | Opcode::Sub | Opcode::Mul => {
                let operands = both(operand(cx, left), operand(cx, right));
                operands.and_then(|(left, right)| arithmetic(opcode, flags & ARITH_INT != 0, left, right)).into()
            }
            Opcode::Or => truth(left).or(truth(right)).into(),
            Opcode::Not => truth(left).negate().into(),
            _ => self.test(cx, instruction, left, right).into(),
        }
    }

    /// The truth of a test of a subject, or of a place with a constant.
    fn holds(&self, cx: &Context<'a>, instruction: &Instruction) -> Truth {
        let Instruction { opcode, flags, a, b, .. } = *instruction;
        if opcode == Opcode::Subject {
            return subject::matches(cx, SubjectId(a), flags);
        }
        quick::test(cx, (opcode, SlotId(a), ConstantId(b))).unwrap_or_else(|| self.test_slot(cx, instruction))
    }

    /// The truth of a test of a place with a constant.
    fn test_slot(&self, cx: &Context<'a>, instruction: &Instruction) -> Truth {
        let Instruction { opcode, a, b, .. } = *instruction;
        let seen = slot_value(cx, SlotId(a));
        if opcode == Opcode::SlotHas {
            return has(seen);
        }
        let item = match operand(cx, seen) {
            Ok(item) => item,
            Err(stop) => return Err(stop).into(),
        };
        let constant = || {
            let table = &cx.image().constants;
            operand(cx, read::constant(ConstantRef { table, id: ConstantId(b) }))
        };
        match opcode {
            Opcode::SlotTruth => match item {
                Value::Bool(value) => Truth::of(value),
                _ => Err(TYPE).into(),
            },
            Opcode::SlotMatches => matches(cx, item, AutomatonId(b)).into(),
            Opcode::SlotLike => match cx.image().constants.get(index(b)) {
                Some(pattern) => compare::like(item, pattern).into(),
                None => Err(INTERNAL).into(),
            },
            Opcode::SlotInRange => self.in_constant_range(cx, item, b).into(),
            _ => match constant() {
                Ok(constant) => self.compare(cx, plain_test(opcode), item, constant),
                Err(stop) => Err(stop).into(),
            },
        }
    }

    /// `x in low..high` with a range that is a constant.
    fn in_constant_range(&self, cx: &Context<'a>, item: Value<'a>, constant: u32) -> Result<bool, Stop> {
        let table = &cx.image().constants;
        let Some(ConstantNode::Range(range)) = table.get(index(constant)) else { return Err(INTERNAL) };
        let end =
            |id: Option<ConstantId>| id.map(|id| operand(cx, read::constant(ConstantRef { table, id }))).transpose();
        let (low, high) = both(end(range.low), end(range.high))?;
        compare::in_range(item, low, high, range.inclusive)
    }

    /// The truth of a test.
    fn test(&self, cx: &Context<'a>, instruction: &Instruction, left: Value<'a>, right: Value<'a>) -> Truth {
        let Instruction { opcode, b, .. } = *instruction;
        match opcode {
            Opcode::Truth => match operand(cx, left) {
                Ok(Value::Bool(value)) => Truth::of(value),
                Ok(_) => Err(TYPE).into(),
                Err(stop) => Err(stop).into(),
            },
            Opcode::Has => has(left),
            Opcode::Is => match left {
                Value::Absent => Truth::False,
                Value::Unknown => Truth::Unknown,
                Value::Error(code) => Truth::Error(code),
                value => Truth::of(compare::is(cx, value, TypeId(b))),
            },
            Opcode::Like => match (operand(cx, left), cx.image().constants.get(index(b))) {
                (Ok(item), Some(pattern)) => compare::like(item, pattern).into(),
                (Err(stop), _) => Err(stop).into(),
                (_, None) => Err(INTERNAL).into(),
            },
            Opcode::Matches => operand(cx, left).and_then(|item| matches(cx, item, AutomatonId(b))).into(),
            Opcode::InRange => self.in_range(cx, instruction, left).into(),
            _ => match both(operand(cx, left), operand(cx, right)) {
                Ok((left, right)) => self.compare(cx, opcode, left, right),
                Err(stop) => Err(stop).into(),
            },
        }
    }

    /// A strict test of two values.
    fn compare(&self, cx: &Context<'a>, opcode: Opcode, left: Value<'a>, right: Value<'a>) -> Truth {
        let comparer = Comparer { cx, registers: &self.registers };
        let ordered = |wanted: fn(Ordering) -> bool| compare::order(left, right).map(wanted).into();
        match opcode {
            Opcode::Eq => comparer.equal(left, right).into(),
            Opcode::Ne => comparer.equal(left, right).map(|equal| !equal).into(),
            Opcode::Lt => ordered(Ordering::is_lt),
            Opcode::Le => ordered(Ordering::is_le),
            Opcode::Gt => ordered(Ordering::is_gt),
            Opcode::Ge => ordered(Ordering::is_ge),
            Opcode::In => comparer.contained(left, right),
            Opcode::Substring => comparer.contains(left, right),
            Opcode::Under => compare::under(left, right).into(),
            _ => Err(INTERNAL).into(),
        }
    }

    /// `x in low..high`.
    fn in_range(&self, cx: &Context<'a>, instruction: &Instruction, item: Value<'a>) -> Result<bool, Stop> {
        let end = |present: u8, register: u32| {
            (instruction.flags & present != 0).then(|| operand(cx, self.get(register).value)).transpose()
        };
        let ends = both(end(RANGE_LOW, instruction.b), end(RANGE_HIGH, instruction.b.saturating_add(1)));
        let (item, (low, high)) = both(operand(cx, item), ends)?;
        compare::in_range(item, low, high, instruction.flags & RANGE_INCLUSIVE != 0)
    }

    /// `count(xs)`.
    fn count(&self, cx: &Context<'a>, collection: Value<'a>) -> Result<Value<'a>, Stop> {
        let collection = operand(cx, collection)?;
        let count = Comparer { cx, registers: &self.registers }.count(collection)?;
        Ok(Value::Number(Decimal::from_int(i64::try_from(count).unwrap_or(i64::MAX))))
    }
}

/// The test that a test of a place with a constant makes.
fn plain_test(opcode: Opcode) -> Opcode {
    match opcode {
        Opcode::SlotEq => Opcode::Eq,
        Opcode::SlotNe => Opcode::Ne,
        Opcode::SlotLt => Opcode::Lt,
        Opcode::SlotLe => Opcode::Le,
        Opcode::SlotGt => Opcode::Gt,
        Opcode::SlotGe => Opcode::Ge,
        Opcode::SlotIn => Opcode::In,
        Opcode::SlotSubstring => Opcode::Substring,
        Opcode::SlotUnder => Opcode::Under,
        other => other,
    }
}

/// `has x`.
fn has(value: Value<'_>) -> Truth {
    match value {
        Value::Absent | Value::Null => Truth::False,
        Value::Unknown => Truth::Unknown,
        Value::Error(code) => Truth::Error(code),
        _ => Truth::True,
    }
}

/// An operand as an index.
fn index(operand: u32) -> usize {
    usize::try_from(operand).unwrap_or(usize::MAX)
}

/// The truth in a truth register.
pub fn truth(value: Value<'_>) -> Truth {
    match value {
        Value::Bool(value) => Truth::of(value),
        Value::Error(code) => Truth::Error(code),
        Value::Unknown => Truth::Unknown,
        _ => Truth::Error(ErrorCode::Internal),
    }
}

/// The whole text matches a regex.
fn matches(cx: &Context<'_>, item: Value<'_>, automaton: AutomatonId) -> Result<bool, Stop> {
    let text = crate::vm::value::text_of(item).ok_or(TYPE)?;
    cx.program.automaton_matches(automaton, text).ok_or(INTERNAL)
}

/// Checked arithmetic of numbers, instants and durations.
fn arithmetic<'a>(opcode: Opcode, int: bool, left: Value<'a>, right: Value<'a>) -> Result<Value<'a>, Stop> {
    let overflow = Stop::Error(ErrorCode::Overflow);
    let add_or_subtract = |a: i64, b: i64| match opcode {
        Opcode::Add => a.checked_add(b).ok_or(overflow),
        Opcode::Sub => a.checked_sub(b).ok_or(overflow),
        _ => Err(TYPE),
    };
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => {
            let result = match opcode {
                Opcode::Add => a.checked_add(b),
                Opcode::Sub => a.checked_sub(b),
                _ => a.checked_mul(b),
            };
            let result = result.map_err(Stop::Error)?;
            if int && result.to_int().is_none() { Err(overflow) } else { Ok(Value::Number(result)) }
        }
        (Value::Instant(a), Value::Duration(b)) => add_or_subtract(a, b).map(Value::Instant),
        (Value::Duration(a), Value::Instant(b)) if opcode == Opcode::Add => add_or_subtract(a, b).map(Value::Instant),
        (Value::Instant(a), Value::Instant(b)) if opcode == Opcode::Sub => add_or_subtract(a, b).map(Value::Duration),
        (Value::Duration(a), Value::Duration(b)) => add_or_subtract(a, b).map(Value::Duration),
        (Value::Duration(span), Value::Number(times)) | (Value::Number(times), Value::Duration(span))
            if opcode == Opcode::Mul =>
        {
            multiply_duration(span, times)
        }
        _ => Err(TYPE),
    }
}

/// A duration taken an integral number of times.
fn multiply_duration<'a>(span: i64, times: Decimal) -> Result<Value<'a>, Stop> {
    if times.units().checked_rem(mcpz_bytecode::value::decimal::ONE) != Some(0) {
        return Err(TYPE);
    }
    let product = times.to_int().and_then(|times| span.checked_mul(times));
    product.map(Value::Duration).ok_or(Stop::Error(ErrorCode::Overflow))
}
