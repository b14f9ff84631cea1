//! What in decision code is made of a sensitive value.
//!
//! A value keeps the place that it was read from, but what a function makes of it (`lower(args.password)`) does not. So the
//! code is followed back: a register is *secret* when any register that some instruction made it of is at a sensitive place.

use super::show::Shown;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use mcpz_bytecode::opcode::{Instruction, Opcode, OperandKind};

/// Whether an instruction reads something secret.
pub(super) fn reads(shown: &Shown<'_, '_>, code: &[Instruction], instruction: &Instruction) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = values(instruction);
    while let Some(register) = open.pop() {
        if !seen.insert(register) {
            continue;
        }
        if shown.is_hidden(shown.left(register)) {
            return true;
        }
        open.extend(makers(code, register).flat_map(values));
    }
    false
}

/// Whether a register holds nothing but what the policy writes.
pub(super) fn is_written(code: &[Instruction], register: u32) -> bool {
    let mut makers = makers(code, register).peekable();
    makers.peek().is_some() && makers.all(|instruction| instruction.opcode == Opcode::Const)
}

/// The instructions that write a register.
fn makers(code: &[Instruction], register: u32) -> impl Iterator<Item = &Instruction> {
    code.iter().filter(move |instruction| u32::from(instruction.dst) == register)
}

/// The registers whose values an instruction reads. A truth tells no value.
fn values(instruction: &Instruction) -> Vec<u32> {
    let info = instruction.opcode.info();
    let (a, b) = (instruction.a, instruction.b);
    let registers = |kind: OperandKind, operand: u32| match kind {
        OperandKind::Value => Vec::from([operand]),
        OperandKind::Pair => Vec::from([operand, operand.saturating_add(1)]),
        OperandKind::Run => (operand..operand.saturating_add(b)).collect(),
        _ => Vec::new(),
    };
    let mut all = registers(info.a, a);
    all.extend(registers(info.b, b));
    all
}
