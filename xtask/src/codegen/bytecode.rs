//! `docs/bytecode.md`: the instruction reference, from the opcode table.

use mcpz_bytecode::opcode::{OPCODES, OpcodeInfo, OperandKind, ResultKind};
use std::fmt::Write;

/// The whole page.
pub fn page() -> String {
    let mut page = String::from(
        "# Decision code\n\n\
         <!-- Written by `cargo xtask codegen` from runtime/bytecode/src/opcode.rs. Do not edit. -->\n\n\
         One instruction is its opcode (a byte), then what the opcode uses of flags (a byte), `dst`, `a` and `b` (LEB128). Registers belong\n\
         to one block. A register holds *truth* (true, false, error, unknown) or a *value* (anything); truth may be read where a value\n\
         is asked for, never the other way round. Jumps go forward only, loops are structured, and a block ends with its only\n\
         `return`: so every block ends after a number of steps that the verifier computes.\n\n\
         Most blocks are plain conjunctions: `true` into register 0, then tests (`subject`, or one of a slot) into registers of their own, each\n\
         but the last with a `guard` that leads to `return` when it is false, the last conjoined with `and`, and `return`. Of those a bundle\n\
         holds the tests alone, without registers, in six bytes each (number of the opcode 4 bits, flags 2, `a` and `b` 21 each); what stands\n\
         around them follows from them.\n\n\
         `mcpz build --emit asm` prints the code of a package, `mcpz inspect` that of a bundle.\n\n\
         ## Instructions\n\n\
         | byte | name | dst | a | b | flags | what it does |\n|---|---|---|---|---|---|---|\n",
    );
    for info in OPCODES {
        row(&mut page, info);
    }
    page.push_str("\n## Operands\n\n| operand | what it names |\n|---|---|\n");
    for (kind, what) in OPERANDS {
        let _ = writeln!(page, "| {} | {what} |", operand(*kind));
    }
    page
}

fn row(page: &mut String, info: &OpcodeInfo) {
    let flags = if info.flags == 0 { String::new() } else { format!("`{:#05b}`", info.flags) };
    let _ = writeln!(
        page,
        "| `{:#04x}` | `{}` | {} | {} | {} | {flags} | {} |",
        info.byte,
        info.mnemonic,
        result(info.result),
        operand(info.a),
        operand(info.b),
        info.doc,
    );
}

fn result(kind: ResultKind) -> &'static str {
    match kind {
        ResultKind::None => "",
        ResultKind::Truth => "truth",
        ResultKind::Value => "value",
        ResultKind::Loop => "truth, element in `dst + 1`",
    }
}

fn operand(kind: OperandKind) -> &'static str {
    match kind {
        OperandKind::None => "",
        OperandKind::Truth => "truth",
        OperandKind::Value => "value",
        OperandKind::Pair => "pair",
        OperandKind::Run => "run",
        OperandKind::RunLength => "length",
        OperandKind::Constant => "constant",
        OperandKind::Pattern => "pattern",
        OperandKind::Range => "range",
        OperandKind::Slot => "slot",
        OperandKind::Symbol => "symbol",
        OperandKind::Native => "native",
        OperandKind::History => "history",
        OperandKind::HistoryOf => "history of",
        OperandKind::Subject => "subject",
        OperandKind::Type => "type",
        OperandKind::Automaton => "automaton",
        OperandKind::Jump => "jump",
        OperandKind::Body => "body",
    }
}

const OPERANDS: &[(OperandKind, &str)] = &[
    (OperandKind::Truth, "a register that holds truth"),
    (OperandKind::Value, "a register that holds any value, truth included"),
    (OperandKind::Pair, "two registers, `r` and `r + 1`"),
    (OperandKind::Run, "the first of a run of registers"),
    (OperandKind::RunLength, "how many registers the run has"),
    (OperandKind::Constant, "row of the constants"),
    (OperandKind::Pattern, "row of the constants that holds a glob or a host pattern"),
    (OperandKind::Range, "row of the constants that holds a range"),
    (OperandKind::Slot, "row of the slots: a place of the request"),
    (OperandKind::Symbol, "row of the symbols: a field name"),
    (OperandKind::Native, "row of the natives"),
    (OperandKind::History, "row of the questions to the state that take no operand"),
    (OperandKind::HistoryOf, "row of the questions to the state about a value"),
    (OperandKind::Subject, "row of the subjects"),
    (OperandKind::Type, "row of the types"),
    (OperandKind::Automaton, "row of the automata"),
    (OperandKind::Jump, "how many instructions to skip, forward"),
    (OperandKind::Body, "how many instructions the loop's body has"),
];
