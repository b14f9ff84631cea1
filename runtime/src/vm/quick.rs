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
use mcpz_bytecode::image::{BundleImage, Constant, RangeImage};
use mcpz_bytecode::opcode::{Instruction, Opcode};
use mcpz_bytecode::value::{Decimal, glob, path};

/// What came of a conjunction.
#[derive(Debug, Clone, Copy)]
pub struct Conjunction {
    /// Its truth.
    pub truth: Truth,
    /// Instructions executed.
    pub steps: u64,
}

/// The truth of code that is a conjunction of tests of subjects and slots into register 0, which holds to
/// begin with; `None` when it is more than that.
pub fn conjunction(cx: &Context<'_>, code: &[Instruction]) -> Option<Conjunction> {
    let (mut all, mut last, mut steps) = (Truth::True, (0, Truth::True), 0_u64);
    let mut rest = code.iter();
    while let Some(instruction) = rest.next() {
        steps = steps.saturating_add(1);
        match instruction.opcode {
            Opcode::True if instruction.dst == 0 => all = Truth::True,
            Opcode::Guard if instruction.a == last.0 => {
                all = all.and(last.1);
                if all == Truth::False {
                    let skip = usize::try_from(instruction.b).ok()?;
                    rest = rest.as_slice().get(skip..)?.iter();
                }
            }
            Opcode::And if instruction.dst == 0 && instruction.a == 0 && instruction.b == last.0 => {
                all = all.and(last.1);
            }
            Opcode::Return if instruction.a == 0 => return Some(Conjunction { truth: all, steps }),
            Opcode::Subject if instruction.dst != 0 => {
                let truth = subject::matches(cx, SubjectId(instruction.a), instruction.flags);
                last = (u32::from(instruction.dst), truth);
            }
            _ if instruction.dst != 0 => last = (u32::from(instruction.dst), test(cx, instruction)?),
            _ => return None,
        }
    }
    None
}

/// A test of a slot; `None` when the machine must decide it.
#[inline]
pub fn test(cx: &Context<'_>, instruction: &Instruction) -> Option<Truth> {
    if !instruction.opcode.tests_slot() {
        return None;
    }
    let row = SlotId(instruction.a);
    let image = cx.image();
    let slot = image.slots.get(row.index())?;
    if cx.listing {
        return None;
    }
    let (source, start) = slot::json_root(cx, slot.root)?;
    let document = cx.document(source);
    let has = instruction.opcode == Opcode::SlotHas;
    let (node, plain) = match slot::find(cx, row, slot, document, start) {
        Found::There(node, plain) => (node, plain),
        Found::Absent if has => return Some(Truth::False),
        Found::Absent => return Some(Truth::Error(ErrorCode::Missing)),
        Found::Astray => return None,
    };
    match plain {
        _ if has => Some(Truth::of(plain != Plain::Null)),
        Plain::Text => of_text(cx, instruction, document.str(node)?),
        Plain::Path => of_path(image, instruction, path::canonical(document.str(node)?)),
        Plain::Int(number) => of_integer(image, instruction, number),
        Plain::Bool(value) if instruction.opcode == Opcode::SlotTruth => Some(Truth::of(value)),
        Plain::Bad(code) => Some(Truth::Error(code)),
        Plain::Null | Plain::Bool(_) | Plain::Other => None,
    }
}

/// A test of a text.
fn of_text(cx: &Context<'_>, instruction: &Instruction, text: &str) -> Option<Truth> {
    let image = cx.image();
    if instruction.opcode == Opcode::SlotMatches {
        return cx.program.automaton_matches(AutomatonId(instruction.b), text).map(Truth::of);
    }
    let constant = image.constants.get(ConstantId(instruction.b).index())?;
    match (instruction.opcode, constant) {
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
fn of_path(image: &BundleImage, instruction: &Instruction, seen: &str) -> Option<Truth> {
    match (instruction.opcode, image.constants.get(ConstantId(instruction.b).index())?) {
        (Opcode::SlotUnder, Constant::Path(folder)) => Some(Truth::of(path::under(seen, folder))),
        (Opcode::SlotLike, Constant::Glob { pattern, path_like }) => {
            Some(Truth::of(glob::glob_matches(pattern, *path_like, seen)))
        }
        _ => None,
    }
}

/// A test of an integer.
fn of_integer(image: &BundleImage, instruction: &Instruction, integer: i64) -> Option<Truth> {
    let seen = Decimal::from_int(integer).units();
    let number = |id: ConstantId| match image.constants.get(id.index()) {
        Some(Constant::Number(units)) => Some(*units),
        _ => None,
    };
    let constant = ConstantId(instruction.b);
    let holds = match instruction.opcode {
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
