//! Why: the clause-level explanation of a decision, made on demand.
//!
//! [`why`] decides again with tracing on: every rule that is about the request is evaluated without
//! short cuts, and the registers that the debug section names are read off afterwards. It costs
//! nothing when it is not asked for. Values at sensitive places, what is made of them, and what they are
//! compared with (unless the policy writes it) are never shown; all other text is
//! as it came, so that whoever presents it must escape it.

mod secret;
mod show;

use crate::decide::case::{Case, Extracted, Row, Work, all_rows, extract};
use crate::decide::{Input, Scratch, Stage, decide, prepare_bytes, steps, unwrap};
use crate::decision::{Decision, RuleId};
use crate::json::Document;
use crate::natives::Memo;
use crate::vm::context::{Asked, Context};
use crate::vm::machine::{Machine, truth};
use crate::vm::value::Truth;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use mcpz_bytecode::ids::{BlockId, TreeId};
use mcpz_bytecode::image::{AtomDebug, Block, BlockDebug, ClauseDebug, ClauseKind, RuleKind, SpanImage};
use mcpz_bytecode::opcode::{Instruction, Opcode, OperandKind, ResultKind};
use show::Shown;

/// An explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// The decision, as [`decide`] makes it.
    pub decision: Decision,
    /// Every rule that is about the request, in canonical order; of a meta-tool, the outer call's.
    pub rules: Vec<RuleTrace>,
    /// Of a meta-tool whose outer call may pass: every rule that is about the inner call. The decision is then the inner call's.
    pub inner: Vec<RuleTrace>,
    /// Of a denial for want of a permit: the permit with most clauses true.
    pub closest: Option<RuleId>,
}

/// What became of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleTrace {
    /// The rule.
    pub rule: RuleId,
    /// Its value.
    pub outcome: Truth,
    /// Its clauses, as written; empty when the bundle carries no debug section.
    pub clauses: Vec<ClauseTrace>,
    /// Position in `clauses` of the first one that is not true.
    pub first_failed: Option<usize>,
}

/// What became of a clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClauseTrace {
    /// Which clause.
    pub kind: ClauseKind,
    /// Its value; of `unless` after the negation.
    pub outcome: Truth,
    /// Where it was written.
    pub span: SpanImage,
    /// Its tests, in the order of evaluation.
    pub tests: Vec<TestTrace>,
}

/// What became of one test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestTrace {
    /// The operator, as the opcode table names it.
    pub operator: &'static str,
    /// Its value.
    pub outcome: Truth,
    /// The value seen.
    pub seen: String,
    /// The value wanted, when the operator has one.
    pub wanted: Option<String>,
    /// Where it was written.
    pub span: SpanImage,
}

/// Decides, and explains.
pub fn why(input: &Input<'_>, scratch: &mut Scratch) -> Why {
    let decision = decide(input, scratch);
    let traces = prepare_bytes(input, scratch, |case, stage, memo, work| match stage {
        Stage::Act(asked) => traces(case, asked, memo, work),
        Stage::Protocol | Stage::List(..) => (Vec::new(), Vec::new()),
    });
    let (rules, inner) = traces.unwrap_or_default();
    let decided = if inner.is_empty() { &rules } else { &inner };
    let closest = if decision.is_allow() { None } else { closest_permit(input, decided) };
    Why { decision, rules, inner, closest }
}

/// The nodes of decision trees that the request meets, in order: for pictures. Of a meta-tool those of the
/// outer call; none when no rule is looked at.
pub fn trail(input: &Input<'_>, scratch: &mut Scratch) -> Vec<TreeId> {
    let found = prepare_bytes(input, scratch, |case, stage, memo, work| match stage {
        Stage::Act(asked) => {
            let extracted = extract(case.program, asked, work);
            case.trail(asked, &extracted, (memo, work))
        }
        Stage::Protocol | Stage::List(..) => Vec::new(),
    });
    found.unwrap_or_default()
}

/// The rules about what is asked, and about the call inside it if it comes to that.
fn traces(case: &Case<'_>, asked: &Asked<'_>, memo: &mut Memo, work: &mut Work) -> (Vec<RuleTrace>, Vec<RuleTrace>) {
    let empty = Document::empty_object();
    let inner = unwrap::wrapping(case, asked).and_then(|how| unwrap::inner_call(case, asked, how, empty).ok());
    let outer_rules = trace(case, asked, inner.as_ref(), memo);
    let mut outer = steps::undecided(case);
    steps::decide(case, asked, (memo, work), &mut outer);
    let inner_rules = match inner {
        Some(inner) if outer.is_allow() => trace(case, &inner, None, memo),
        _ => Vec::new(),
    };
    (outer_rules, inner_rules)
}

/// The permit with the largest share of clauses true, when none is true.
fn closest_permit(input: &Input<'_>, rules: &[RuleTrace]) -> Option<RuleId> {
    let image = input.program.image();
    let permits = rules.iter().filter(|trace| {
        let rule = image.rule(trace.rule);
        rule.is_some_and(|rule| !rule.shadow() && matches!(rule.kind(), RuleKind::Permit(_)))
    });
    let mut best: Option<(&RuleTrace, usize)> = None;
    for trace in permits {
        if trace.outcome == Truth::True {
            return None;
        }
        let held = trace.clauses.iter().filter(|clause| clause.outcome == Truth::True).count();
        let failed = |trace: &RuleTrace, held: usize| trace.clauses.len().saturating_sub(held);
        let better = match best {
            None => true,
            Some((other, other_held)) => {
                (held, core::cmp::Reverse(failed(trace, held)))
                    > (other_held, core::cmp::Reverse(failed(other, other_held)))
            }
        };
        if better {
            best = Some((trace, held));
        }
    }
    best.map(|(trace, _)| trace.rule)
}

/// Evaluates every rule with tracing on. What is sensitive in `inner` is hidden too.
fn trace(case: &Case<'_>, asked: &Asked<'_>, inner: Option<&Asked<'_>>, memo: &mut Memo) -> Vec<RuleTrace> {
    let rows = all_rows(case.program, asked);
    let extracted = extract(case.program, asked, &mut Work::default());
    compute_natives(case, asked, &extracted, &rows, memo);
    let missed = Cell::new(false);
    let base = case.context(asked, &extracted, memo, &missed);
    let cx = Context { eager: true, ..base };
    let mut machine = Machine::new(0);
    let mut traces: Vec<RuleTrace> = Vec::new();
    for Row { rule, block } in rows {
        let outcome = machine.run_truth(&cx, block);
        let clauses = clauses(&Shown { cx: &cx, inner, registers: machine.registers() }, block);
        let first_failed = clauses.iter().position(|clause| clause.outcome != Truth::True);
        let found = RuleTrace { rule, outcome, clauses, first_failed };
        match traces.last_mut() {
            // A rule with several patterns shows the way that went furthest.
            Some(last) if last.rule == rule => {
                let together = last.outcome.or(outcome);
                if outcome == Truth::True || (last.outcome != Truth::True && found.first_failed > last.first_failed) {
                    *last = found;
                }
                last.outcome = together;
            }
            _ => traces.push(found),
        }
    }
    traces
}

/// Computes every native that some rule asks for.
fn compute_natives(case: &Case<'_>, asked: &Asked<'_>, extracted: &Extracted<'_>, rows: &[Row], memo: &mut Memo) {
    loop {
        let wanted = RefCell::new(Vec::new());
        {
            let missed = Cell::new(false);
            let base = case.context(asked, extracted, memo, &missed);
            let cx = Context { eager: true, wanted: Some(&wanted), ..base };
            let mut machine = Machine::new(0);
            for row in rows {
                machine.run_truth(&cx, row.block);
            }
        }
        // Every round computes natives that no round computed before, of which there are finitely many.
        let wanted = wanted.into_inner();
        if wanted.is_empty() {
            return;
        }
        for (parser, text) in &wanted {
            memo.compute(*parser, text);
        }
    }
}

/// The clauses of the block that was just run.
fn clauses(shown: &Shown<'_, '_>, block: BlockId) -> Vec<ClauseTrace> {
    let image = shown.cx.image();
    let code = image.blocks.get(block.index()).map(Block::code);
    let (Some(debug), Some(code)) = (image.debug.blocks.get(block.index()), code) else {
        return Vec::new();
    };
    debug.clauses.iter().map(|clause| clause_trace(shown, &code, debug, clause)).collect()
}

/// One clause.
fn clause_trace(shown: &Shown<'_, '_>, code: &[Instruction], debug: &BlockDebug, clause: &ClauseDebug) -> ClauseTrace {
    let inside = |atom: &&AtomDebug| clause.start <= atom.pc && atom.pc < clause.end;
    ClauseTrace {
        kind: clause.kind,
        outcome: truth(shown.left(u32::from(clause.register)).value),
        span: clause.span,
        tests: debug.atoms.iter().filter(inside).filter_map(|atom| test_trace(shown, code, atom)).collect(),
    }
}

/// One test, its operands as the block left them; of a loop, as the deciding element left them.
fn test_trace(shown: &Shown<'_, '_>, code: &[Instruction], atom: &AtomDebug) -> Option<TestTrace> {
    let instruction = code.get(usize::try_from(atom.pc).ok()?)?;
    let info = instruction.opcode.info();
    // What is compared with a secret tells of it: only what the policy itself writes is shown beside one.
    let secret = secret::reads(shown, code, instruction);
    let operand = |kind: OperandKind, operand: u32| match kind {
        OperandKind::Truth | OperandKind::Value if secret && !secret::is_written(code, operand) => {
            Some(show::SENSITIVE.into())
        }
        OperandKind::Truth | OperandKind::Value => Some(shown.register(shown.left(operand))),
        OperandKind::Pair if instruction.opcode == Opcode::InRange => {
            let high = shown.left(operand.saturating_add(1));
            Some(shown.range(shown.left(operand), high, instruction.flags))
        }
        OperandKind::Slot if info.result == ResultKind::Truth => Some(shown.place(operand)),
        OperandKind::Pair | OperandKind::Run | OperandKind::RunLength | OperandKind::None => None,
        other => shown.named(other, operand),
    };
    let (seen, wanted) = match instruction.opcode {
        Opcode::HistoryOf => (operand(info.b, instruction.b), operand(info.a, instruction.a)),
        Opcode::Subject => (Some(shown.caller()), operand(info.a, instruction.a)),
        _ => (operand(info.a, instruction.a), operand(info.b, instruction.b)),
    };
    Some(TestTrace {
        operator: info.mnemonic.strip_prefix("slot_").unwrap_or(info.mnemonic),
        outcome: truth(shown.left(u32::from(instruction.dst)).value),
        seen: seen.unwrap_or_default(),
        wanted,
        span: atom.span,
    })
}
