//! The commonest tests, without the detour through values: a place of the request that holds a text, a
//! number or a boolean as its type says, against a constant of the same kind.
//!
//! Rules are mostly conjunctions of such tests, which need no registers. What is not decided here goes
//! through the machine. The two never differ: the reference interpreter judges both.

use crate::vm::context::Context;
use crate::vm::places::{Found, Plain};
use crate::vm::value::Truth;
use crate::vm::{slot, subject};
use mcpz_bytecode::ErrorCode;
use mcpz_bytecode::ids::{AutomatonId, ConstantId, SlotId, SubjectId};
use mcpz_bytecode::image::{BundleImage, Constant, RangeImage, Test};
use mcpz_bytecode::opcode::Opcode;
use mcpz_bytecode::value::{Decimal, glob, path};

/// What came of a conjunction.
#[derive(Debug, Clone, Copy)]
pub struct Conjunction {
    /// Its truth.
    pub truth: Truth,
    /// Instructions that the machine would have executed.
    pub steps: u64,
}

/// The truth of a conjunction, entered at an instruction; `None` when the machine must decide one of its tests.
pub fn conjunction(cx: &Context<'_>, tests: &[Test], start: u32) -> Option<Conjunction> {
    // `return`, and `true` at the front; each test and what joins it.
    let (mut truth, mut steps) = (Truth::True, if start == 0 { 2_u64 } else { 1 });
    for test in tests {
        let holds = match test.opcode {
            Opcode::Subject => subject::matches(cx, SubjectId(test.a), test.flags),
            opcode => self::test(cx, (opcode, SlotId(test.a), ConstantId(test.b)))?,
        };
        steps = steps.saturating_add(2);
        match holds {
            Truth::True => {}
            Truth::False => return Some(Conjunction { truth: holds, steps }),
            Truth::Error(_) | Truth::Unknown => truth = truth.and(holds),
        }
    }
    Some(Conjunction { truth, steps })
}

/// A test of a place with a constant, and which.
pub type PlaceTest = (Opcode, SlotId, ConstantId);

/// A test of a place; `None` when the machine must decide it.
#[inline]
pub fn test(cx: &Context<'_>, (opcode, row, constant): PlaceTest) -> Option<Truth> {
    let has = opcode == Opcode::SlotHas;
    let (source, node, plain) = match slot::place(cx, row)? {
        Found::There(source, node, plain) => (source, node, plain),
        Found::Absent if has => return Some(Truth::False),
        Found::Absent => return Some(Truth::Error(ErrorCode::Missing)),
        Found::Astray => return None,
    };
    match plain {
        _ if has => Some(Truth::of(plain != Plain::Null)),
        Plain::Text => of_text(cx, opcode, constant, cx.document(source).str(node)?),
        Plain::Path => of_path(cx.image(), opcode, constant, path::canonical(cx.document(source).str(node)?)),
        Plain::Int(number) => of_integer(cx.image(), opcode, constant, number),
        Plain::Bool(value) if opcode == Opcode::SlotTruth => Some(Truth::of(value)),
        Plain::Bad(code) => Some(Truth::Error(code)),
        Plain::Null | Plain::Bool(_) | Plain::Other => None,
    }
}

/// A test of a text.
fn of_text(cx: &Context<'_>, opcode: Opcode, constant: ConstantId, text: &str) -> Option<Truth> {
    let image = cx.image();
    if opcode == Opcode::SlotMatches {
        return cx.program.automaton_matches(AutomatonId(constant.0), text).map(Truth::of);
    }
    match (opcode, image.constants.get(constant.index())?) {
        (Opcode::SlotEq, Constant::String(wanted)) => Some(Truth::of(text == wanted)),
        (Opcode::SlotNe, Constant::String(wanted)) => Some(Truth::of(text != wanted)),
        (Opcode::SlotSubstring, Constant::String(part)) => Some(Truth::of(text.contains(part.as_str()))),
        (Opcode::SlotLike, Constant::Glob { pattern, path_like }) => {
            Some(Truth::of(glob::glob_matches(pattern, *path_like, text)))
        }
        (Opcode::SlotIn, Constant::List(rows) | Constant::Set(rows)) => {
            for row in rows {
                match image.constants.get(row.index())? {
                    Constant::String(wanted) if text == wanted => return Some(Truth::True),
                    Constant::String(_) => {}
                    _ => return None,
                }
            }
            Some(Truth::False)
        }
        _ => None,
    }
}

/// A test of a clean path.
fn of_path(image: &BundleImage, opcode: Opcode, constant: ConstantId, seen: &str) -> Option<Truth> {
    match (opcode, image.constants.get(constant.index())?) {
        (Opcode::SlotUnder, Constant::Path(folder)) => Some(Truth::of(path::under(seen, folder))),
        (Opcode::SlotLike, Constant::Glob { pattern, path_like }) => {
            Some(Truth::of(glob::glob_matches(pattern, *path_like, seen)))
        }
        _ => None,
    }
}

/// A test of an integer.
fn of_integer(image: &BundleImage, opcode: Opcode, constant: ConstantId, integer: i64) -> Option<Truth> {
    let seen = Decimal::from_int(integer).units();
    let number = |id: ConstantId| match image.constants.get(id.index()) {
        Some(Constant::Number(units)) => Some(*units),
        _ => None,
    };
    let holds = match opcode {
        Opcode::SlotEq => seen == number(constant)?,
        Opcode::SlotNe => seen != number(constant)?,
        Opcode::SlotLt => seen < number(constant)?,
        Opcode::SlotLe => seen <= number(constant)?,
        Opcode::SlotGt => seen > number(constant)?,
        Opcode::SlotGe => seen >= number(constant)?,
        Opcode::SlotInRange => match image.constants.get(constant.index())? {
            Constant::Range(RangeImage { low, high, inclusive }) => {
                let above = low.map_or(Some(true), |low| Some(seen >= number(low)?))?;
                let below = high.map_or(Some(true), |high| {
                    let high = number(high)?;
                    Some(seen < high || (*inclusive && seen == high))
                })?;
                above && below
            }
            _ => return None,
        },
        _ => return None,
    };
    Some(Truth::of(holds))
}
