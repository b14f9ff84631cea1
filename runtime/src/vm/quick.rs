//! The commonest tests, without the detour through values: a place of the request that holds a text, a
//! number or a boolean as its type says, against a constant of the same kind.
//!
//! Rules are mostly conjunctions of such tests, which need no registers. What is not decided here goes
//! through the machine. The two never differ: the reference interpreter judges both.

use crate::vm::context::Context;
use crate::vm::places::{Found, Plain};
use crate::vm::value::Truth;
use crate::vm::{slot, subject};
use mcpz_bytecode::ids::{AutomatonId, ConstantId, SlotId, SubjectId};
use mcpz_bytecode::image::{ConstantNode, Test};
use mcpz_bytecode::opcode::Opcode;
use mcpz_bytecode::packed::Rows;
use mcpz_bytecode::value::{Decimal, glob, path};
use mcpz_bytecode::{ErrorCode, Program};

/// What came of a conjunction.
#[derive(Debug, Clone, Copy)]
pub struct Conjunction {
    /// Its truth.
    pub truth: Truth,
    /// Instructions that the machine would have executed.
    pub steps: u64,
}

/// The truth of a conjunction, entered at an instruction; `None` when the machine must decide one of its tests.
pub fn conjunction(cx: &Context<'_>, tests: Rows<'_, Test>, start: u32) -> Option<Conjunction> {
    // `return`, and `true` at the front; each test and what joins it.
    let (mut truth, mut steps) = (Truth::True, if start == 0 { 2_u64 } else { 1 });
    for test in tests {
        let holds = match test.opcode {
            Opcode::Subject => subject::matches(cx, SubjectId(test.a), test.flags),
            opcode => self::test(cx, (opcode, SlotId(test.a), ConstantId(test.b)))?,
        };
        steps = steps.saturating_add(2);
        if holds == Truth::True {
            continue;
        }
        if holds == Truth::False {
            return Some(Conjunction { truth: holds, steps });
        }
        truth = truth.and(holds);
    }
    Some(Conjunction { truth, steps })
}

/// A test of a place with a constant, and which.
pub type PlaceTest = (Opcode, SlotId, ConstantId);

/// A test of a place; `None` when the machine must decide it.
#[inline]
pub fn test(cx: &Context<'_>, (opcode, row, constant): PlaceTest) -> Option<Truth> {
    let found = slot::place(cx, row)?;
    if opcode == Opcode::SlotHas {
        return has(found);
    }
    let (source, node, plain) = match found {
        Found::There(source, node, plain) => (source, node, plain),
        Found::Absent => return Some(Truth::Error(ErrorCode::Missing)),
        Found::Astray => return None,
    };
    match plain {
        Plain::Text => of_text(cx.program, opcode, constant, cx.text(source, node)?),
        Plain::Path => of_path(cx.program, opcode, constant, path::canonical(cx.text(source, node)?)),
        Plain::Int(number) => of_integer(cx.program, opcode, constant, number),
        Plain::Bool(value) if opcode == Opcode::SlotTruth => Some(Truth::of(value)),
        Plain::Bad(code) => Some(Truth::Error(code)),
        Plain::Null | Plain::Bool(_) | Plain::Other => None,
    }
}

/// Whether something stands at a place.
#[inline]
fn has(found: Found) -> Option<Truth> {
    match found {
        Found::There(_, _, Plain::Null) | Found::Absent => Some(Truth::False),
        Found::There(..) => Some(Truth::True),
        Found::Astray => None,
    }
}

/// A test of a text.
fn of_text(program: &Program, opcode: Opcode, constant: ConstantId, text: &str) -> Option<Truth> {
    let holds = match opcode {
        Opcode::SlotMatches => program.automaton_matches(AutomatonId(constant.0), text)?,
        Opcode::SlotLike => fits(program, constant, text)?,
        Opcode::SlotIn => program.image().constants.is_one_of(constant, text)?,
        Opcode::SlotEq => program.image().constants.says(constant, text)?,
        Opcode::SlotNe => !program.image().constants.says(constant, text)?,
        _ => match (opcode, program.image().constants.get(constant.index())?) {
            (Opcode::SlotSubstring, ConstantNode::String(part)) => text.contains(part),
            _ => return None,
        },
    };
    Some(Truth::of(holds))
}

/// A test of a clean path.
fn of_path(program: &Program, opcode: Opcode, constant: ConstantId, seen: &str) -> Option<Truth> {
    let holds = match opcode {
        Opcode::SlotUnder => path::under(seen, program.image().constants.path(constant)?),
        Opcode::SlotLike => fits(program, constant, seen)?,
        _ => return None,
    };
    Some(Truth::of(holds))
}

/// Whether a text fits a glob.
fn fits(program: &Program, glob: ConstantId, text: &str) -> Option<bool> {
    let constants = &program.image().constants;
    let (pattern, path_like) = constants.glob(glob)?;
    Some(match constants.star(glob) {
        Some((at, star)) => star.matches(pattern, at, text),
        None => glob::glob_matches(pattern, path_like, text),
    })
}

/// A test of an integer.
fn of_integer(program: &Program, opcode: Opcode, constant: ConstantId, integer: i64) -> Option<Truth> {
    if opcode == Opcode::SlotInRange {
        return program.image().constants.is_within(constant, integer).map(Truth::of);
    }
    let ConstantNode::Number(wanted) = program.image().constants.get(constant.index())? else { return None };
    let seen = Decimal::from_int(integer).units();
    let holds = match opcode {
        Opcode::SlotEq => seen == wanted,
        Opcode::SlotNe => seen != wanted,
        Opcode::SlotLt => seen < wanted,
        Opcode::SlotLe => seen <= wanted,
        Opcode::SlotGt => seen > wanted,
        Opcode::SlotGe => seen >= wanted,
        _ => return None,
    };
    Some(Truth::of(holds))
}
