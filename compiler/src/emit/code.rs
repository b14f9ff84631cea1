//! Blocks of the graph to instructions.
//!
//! Every node of a block is computed once, into a register of its own, before it is first needed;
//! the clauses are conjoined in register 0 in the order of the graph, and once the conjunction is
//! false the rest of the block is skipped. A test of a place with a constant is one instruction. What a loop's body needs and does not depend on the loop's element is
//! computed before the loop. There is no other jump, so a register is always defined where it is read.

use super::spans::span_image;
use super::tables::Tables;
use crate::decision::node::{NodeId, Nodes};
use crate::decision::{Block, DecisionGraph};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::e0703;
use crate::hir::lines::Lines;
use crate::hir::{Arithmetic, Comparison, Literal, Program, Quantifier, Span};
use crate::lower::RuleSet;
use crate::lower::rules::ClauseKind;
use crate::lower::term::{self, Matching, Term};
use mcpz_bytecode::ids::ConstantId;
use mcpz_bytecode::image::{self, AtomDebug, BlockDebug, BlockImage, ClauseDebug, RangeImage};
use mcpz_bytecode::limits::{MAX_BLOCK_CODE, MAX_BLOCK_STEPS, MAX_COLLECTION, MAX_REGISTERS};
use mcpz_bytecode::opcode::{
    ARITH_INT, Instruction, Opcode, RANGE_HIGH, RANGE_INCLUSIVE, RANGE_LOW, SUBJECT_CLIENT, SUBJECT_NARROW,
};
use std::collections::BTreeMap;

/// A register. Wider than the format's, so that too many are noticed and not wrapped around.
type Register = u32;

/// A block as instructions.
pub struct Emitted {
    /// The block.
    pub block: BlockImage,
    /// Its positions.
    pub debug: BlockDebug,
    /// Where each clause begins, in the order of evaluation; and the end.
    pub starts: Vec<u32>,
}

/// Emits one block with its debug data.
pub fn block(
    graph: &DecisionGraph,
    rules: &RuleSet,
    program: &Program,
    lines: &Lines<'_>,
    tables: &mut Tables,
    block: &Block,
) -> Result<Emitted, Box<Diagnostic>> {
    let span = block
        .rule
        .and_then(|rule| program.rules.get(rule.index()))
        .map(|rule| rule.head_span)
        .or(block.clauses.first().map(|clause| clause.span))
        .unwrap_or_else(no_span);
    let mut writer = Writer {
        nodes: &graph.nodes,
        rules,
        lines,
        tables,
        spans: &block.spans,
        clause_span: span,
        code: Vec::new(),
        registers: 0,
        known: vec![BTreeMap::new()],
        debug: BlockDebug::default(),
        steps: 0,
        weight: 1,
        starts: Vec::new(),
    };
    if block.is_value {
        writer.value(block);
    } else {
        writer.conjunction(block);
    }
    writer.finish(span)
}

fn no_span() -> Span {
    Span { source: crate::hir::SourceId(0), start: 0, end: 0 }
}

struct Writer<'a> {
    nodes: &'a Nodes,
    rules: &'a RuleSet,
    lines: &'a Lines<'a>,
    tables: &'a mut Tables,
    spans: &'a BTreeMap<NodeId, Span>,
    clause_span: Span,
    code: Vec<Instruction>,
    registers: Register,
    /// Nodes already computed: one map for the block, one more for each open loop.
    known: Vec<BTreeMap<NodeId, Register>>,
    debug: BlockDebug,
    steps: u64,
    /// How often the current instruction runs at most.
    weight: u64,
    /// Where each clause begins.
    starts: Vec<u32>,
}

impl Writer<'_> {
    fn finish(self, span: Span) -> Result<Emitted, Box<Diagnostic>> {
        let registers = usize::try_from(self.registers).unwrap_or(usize::MAX);
        let steps = usize::try_from(self.steps).unwrap_or(usize::MAX);
        let most_steps = usize::try_from(MAX_BLOCK_STEPS).unwrap_or(usize::MAX);
        let checks = [
            ("values", registers, MAX_REGISTERS),
            ("instructions", self.code.len(), MAX_BLOCK_CODE),
            ("steps", steps, most_steps),
        ];
        for (what, needed, limit) in checks {
            if needed > limit {
                return Err(Box::new(e0703::rule_too_costly(span, what, needed, limit)));
            }
        }
        let registers = u16::try_from(registers).unwrap_or(u16::MAX);
        let block = BlockImage { registers, code: self.code };
        Ok(Emitted { block, debug: self.debug, starts: self.starts })
    }

    /// One value and the end of the block.
    fn value(&mut self, block: &Block) {
        let register = match block.clauses.first() {
            Some(clause) => {
                self.clause_span = clause.span;
                self.node(clause.node)
            }
            None => self.truth_constant(true),
        };
        self.push(Opcode::Return, 0, register, 0);
    }

    /// The clauses in order, conjoined in register 0, and the end of the block. What a tree may have
    /// answered can be skipped, so nothing that is computed there is used again further down.
    fn conjunction(&mut self, block: &Block) {
        let conjunction = self.fresh();
        self.push(Opcode::True, conjunction, 0, 0);
        let mut guards = Vec::new();
        let mut clauses = vec![None; block.clauses.len()];
        for (position, row) in block.order.iter().enumerate() {
            let Some(clause) = block.clauses.get(*row) else {
                continue;
            };
            if position <= block.answered {
                self.known = vec![BTreeMap::new()];
            }
            self.clause_span = clause.span;
            let start = self.code.len();
            self.starts.push(wide(start));
            let register = self.node(clause.node);
            let end = self.code.len();
            if let Some(place) = clauses.get_mut(*row) {
                *place = Some(self.clause_debug(clause.kind, register, start, end, clause.span));
            }
            if position + 1 < block.order.len() {
                guards.push(self.code.len());
                self.push(Opcode::Guard, 0, register, 0);
            } else {
                self.push(Opcode::And, conjunction, conjunction, register);
            }
        }
        self.debug.clauses = clauses.into_iter().flatten().collect();
        let end = self.code.len();
        self.starts.push(wide(end));
        for guard in guards {
            if let Some(instruction) = self.code.get_mut(guard) {
                instruction.b = wide(end - guard - 1);
            }
        }
        self.push(Opcode::Return, 0, conjunction, 0);
    }

    fn clause_debug(&self, kind: ClauseKind, register: Register, start: usize, end: usize, span: Span) -> ClauseDebug {
        ClauseDebug {
            kind: match kind {
                ClauseKind::Subject => image::ClauseKind::Subject,
                ClauseKind::Where => image::ClauseKind::Where,
                ClauseKind::When => image::ClauseKind::When,
                ClauseKind::Unless => image::ClauseKind::Unless,
            },
            register: narrow(register),
            start: wide(start),
            end: wide(end),
            span: span_image(self.lines, span),
        }
    }

    fn fresh(&mut self) -> Register {
        let register = self.registers;
        self.registers = self.registers.saturating_add(1);
        register
    }

    fn push(&mut self, opcode: Opcode, dst: Register, a: u32, b: u32) {
        self.push_flagged(opcode, 0, dst, a, b);
    }

    fn push_flagged(&mut self, opcode: Opcode, flags: u8, dst: Register, a: u32, b: u32) {
        self.steps = self.steps.saturating_add(self.weight);
        self.code.push(Instruction::new(opcode, narrow(dst), a, b).with_flags(flags));
    }

    /// Computes into a fresh register.
    fn compute(&mut self, opcode: Opcode, a: u32, b: u32) -> Register {
        let register = self.fresh();
        self.push(opcode, register, a, b);
        register
    }

    /// The register that holds a node, computed now unless it was before.
    fn node(&mut self, id: NodeId) -> Register {
        if let Some(known) = self.known.iter().rev().find_map(|scope| scope.get(&id)) {
            return *known;
        }
        let before = self.code.len();
        let register = self.instruction(id);
        if self.nodes.is_atomic_test(id) && self.code.len() > before {
            let span = self.spans.get(&id).copied().unwrap_or(self.clause_span);
            self.debug.atoms.push(AtomDebug { pc: wide(self.code.len() - 1), span: span_image(self.lines, span) });
        }
        if let Some(scope) = self.known.last_mut() {
            scope.insert(id, register);
        }
        register
    }

    fn instruction(&mut self, id: NodeId) -> Register {
        let nodes = self.nodes;
        match nodes.get(id) {
            Term::Constant(constant) => {
                let row = self.constant(*constant);
                self.compute(Opcode::Const, row, 0)
            }
            Term::Absent => self.absent(),
            Term::Slot(slot) => match self.rules.tables.slots.rows().get(slot.index()) {
                Some(slot) => {
                    let row = self.tables.slot(slot).0;
                    self.compute(Opcode::Slot, row, 0)
                }
                None => self.absent(),
            },
            Term::Collect(kind) => {
                let row = self.tables.collection(*kind).0;
                self.compute(Opcode::Slot, row, 0)
            }
            Term::Field(of, name) => {
                let of = self.node(*of);
                let symbol = self.tables.symbol(name).0;
                self.compute(Opcode::Field, of, symbol)
            }
            Term::Native(native, of) => {
                let of = self.node(*of);
                let native = self.tables.native(native).0;
                self.compute(Opcode::Native, of, native)
            }
            Term::List(items) => {
                let first = self.run(items);
                self.compute(Opcode::List, first, wide(items.len()))
            }
            Term::If(condition, yes, no) => {
                let condition = self.node(*condition);
                let first = self.run(&[*yes, *no]);
                self.compute(Opcode::Select, condition, first)
            }
            Term::Arith { operation, integer, left, right } => {
                let (left, right) = (self.node(*left), self.node(*right));
                let opcode = match operation {
                    Arithmetic::Add => Opcode::Add,
                    Arithmetic::Sub => Opcode::Sub,
                    Arithmetic::Mul => Opcode::Mul,
                };
                let register = self.fresh();
                self.push_flagged(opcode, if *integer { ARITH_INT } else { 0 }, register, left, right);
                register
            }
            Term::Coalesce(left, right) => self.binary(Opcode::Coalesce, *left, *right),
            Term::CountOf(of) => self.unary(Opcode::Count, *of),
            Term::History(question, operand) => self.history(question.index(), *operand),
            test => self.test(test),
        }
    }

    fn test(&mut self, term: &Term) -> Register {
        self.test_of_place(term).unwrap_or_else(|| self.general_test(term))
    }

    /// A test of a place with a constant, which is one instruction.
    fn test_of_place(&mut self, term: &Term) -> Option<Register> {
        let (opcode, place, operand) = match term {
            Term::Truth(of) => (Opcode::SlotTruth, *of, 0),
            Term::Has(of) => (Opcode::SlotHas, *of, 0),
            Term::Compare(operator, left, right) => (slot_comparison(*operator), *left, self.fixed(*left, *right)?),
            Term::In(left, right) => (Opcode::SlotIn, *left, self.fixed(*left, *right)?),
            Term::Substring(left, right) => (Opcode::SlotSubstring, *left, self.fixed(*left, *right)?),
            Term::Under(left, right) => (Opcode::SlotUnder, *left, self.fixed(*left, *right)?),
            Term::InRange { of, low, high, end_inclusive } => {
                self.place(*of)?;
                let end = |id: &NodeId| match self.nodes.get(*id) {
                    Term::Constant(id) => Some(*id),
                    _ => None,
                };
                let ends = [low, high].map(|id| id.as_ref().map(end));
                let [low, high] = match ends {
                    [Some(None), _] | [_, Some(None)] => return None,
                    known => known.map(Option::flatten),
                };
                let [low, high] = [low, high].map(|id| id.map(|id| ConstantId(self.constant(id))));
                let range = RangeImage { low, high, inclusive: *end_inclusive && high.is_some() };
                (Opcode::SlotInRange, *of, self.tables.range(range).0)
            }
            Term::Like(of, pattern) => {
                self.place(*of)?;
                (Opcode::SlotLike, *of, self.constant(*pattern))
            }
            Term::Matches(of, pattern) => {
                self.place(*of)?;
                (Opcode::SlotMatches, *of, self.automaton(*pattern))
            }
            _ => return None,
        };
        let slot = self.place(place)?;
        let row = self.tables.slot(&slot).0;
        Some(self.compute(opcode, row, operand))
    }

    /// The place that a node is.
    fn place(&self, node: NodeId) -> Option<term::Slot> {
        match self.nodes.get(node) {
            Term::Slot(slot) => self.rules.tables.slots.rows().get(slot.index()).cloned(),
            _ => None,
        }
    }

    /// The constant that a test compares a place with.
    fn fixed(&mut self, place: NodeId, node: NodeId) -> Option<u32> {
        self.place(place)?;
        match self.nodes.get(node) {
            Term::Constant(id) => {
                let id = *id;
                Some(self.constant(id))
            }
            _ => None,
        }
    }

    fn general_test(&mut self, term: &Term) -> Register {
        match term {
            Term::Truth(of) => self.unary(Opcode::Truth, *of),
            Term::Not(of) => self.unary(Opcode::Not, *of),
            Term::Has(of) => self.unary(Opcode::Has, *of),
            Term::All(parts) => self.fold(Opcode::And, parts, true),
            Term::Any(parts) => self.fold(Opcode::Or, parts, false),
            Term::Compare(operator, left, right) => self.binary(comparison(*operator), *left, *right),
            Term::In(left, right) => self.binary(Opcode::In, *left, *right),
            Term::Substring(left, right) => self.binary(Opcode::Substring, *left, *right),
            Term::Under(left, right) => self.binary(Opcode::Under, *left, *right),
            Term::Like(of, pattern) => {
                let of = self.node(*of);
                let row = self.constant(*pattern);
                self.compute(Opcode::Like, of, row)
            }
            Term::Matches(of, pattern) => {
                let of = self.node(*of);
                let row = self.automaton(*pattern);
                self.compute(Opcode::Matches, of, row)
            }
            Term::Is(of, ty) => {
                let of = self.node(*of);
                let row = self.tables.ty(ty).0;
                self.compute(Opcode::Is, of, row)
            }
            Term::InRange { of, low, high, end_inclusive } => self.in_range(*of, *low, *high, *end_inclusive),
            Term::Quantified { quantifier, level, over, body } => self.quantified(*quantifier, *level, *over, *body),
            Term::Subject { subject, matching, client } => {
                let row = self.tables.subject(subject).0;
                let mut flags = if *matching == Matching::Narrow { SUBJECT_NARROW } else { 0 };
                if *client {
                    flags |= SUBJECT_CLIENT;
                }
                let register = self.fresh();
                self.push_flagged(Opcode::Subject, flags, register, row, 0);
                register
            }
            // An element is known inside its loop; all other terms are handled by the caller.
            _ => self.absent(),
        }
    }

    fn unary(&mut self, opcode: Opcode, of: NodeId) -> Register {
        let of = self.node(of);
        self.compute(opcode, of, 0)
    }

    fn binary(&mut self, opcode: Opcode, left: NodeId, right: NodeId) -> Register {
        let (left, right) = (self.node(left), self.node(right));
        self.compute(opcode, left, right)
    }

    /// A fold of tests, cheapest first.
    fn fold(&mut self, opcode: Opcode, parts: &[NodeId], neutral: bool) -> Register {
        let mut ordered = parts.to_vec();
        ordered.sort_by_key(|part| self.nodes.cost(*part));
        let mut result = None;
        for part in ordered {
            let register = self.node(part);
            result = Some(match result {
                None => register,
                Some(so_far) => self.compute(opcode, so_far, register),
            });
        }
        result.unwrap_or_else(|| self.truth_constant(neutral))
    }

    fn truth_constant(&mut self, value: bool) -> Register {
        let row = self.tables.boolean(value).0;
        let constant = self.compute(Opcode::Const, row, 0);
        self.compute(Opcode::Truth, constant, 0)
    }

    /// An absent value: a field of null.
    fn absent(&mut self) -> Register {
        let row = self.tables.null().0;
        let null = self.compute(Opcode::Const, row, 0);
        let symbol = self.tables.symbol("").0;
        self.compute(Opcode::Field, null, symbol)
    }

    /// Copies of these nodes in registers next to each other; the first of them.
    fn run(&mut self, items: &[NodeId]) -> Register {
        let values: Vec<Register> = items.iter().map(|item| self.node(*item)).collect();
        let first = self.registers;
        for value in values {
            self.compute(Opcode::Move, value, 0);
        }
        first
    }

    fn in_range(&mut self, of: NodeId, low: Option<NodeId>, high: Option<NodeId>, end_inclusive: bool) -> Register {
        let mut flags = 0;
        for (end, flag) in [(low, RANGE_LOW), (high, RANGE_HIGH)] {
            if end.is_some() {
                flags |= flag;
            }
        }
        if high.is_some() && end_inclusive {
            flags |= RANGE_INCLUSIVE;
        }
        let value = self.node(of);
        // An end that is missing is not looked at; its register must only be defined.
        let first = self.run(&[low.unwrap_or(of), high.unwrap_or(of)]);
        let register = self.fresh();
        self.push_flagged(Opcode::InRange, flags, register, value, first);
        register
    }

    fn history(&mut self, question: usize, operand: Option<NodeId>) -> Register {
        let Some(question) = self.rules.tables.questions.rows().get(question) else {
            return self.absent();
        };
        let row = self.tables.history(question).0;
        match operand {
            Some(operand) => {
                let operand = self.node(operand);
                self.compute(Opcode::HistoryOf, row, operand)
            }
            None => self.compute(Opcode::History, row, 0),
        }
    }

    fn quantified(&mut self, quantifier: Quantifier, level: u32, over: NodeId, body: NodeId) -> Register {
        let collection = self.node(over);
        self.hoist(body, level);
        let register = self.fresh();
        let element = self.fresh();
        let start = self.code.len();
        let opcode = if quantifier == Quantifier::All { Opcode::All } else { Opcode::Any };
        self.push(opcode, register, collection, 0);
        let outer_weight = self.weight;
        self.weight = self.weight.saturating_mul(u64::try_from(MAX_COLLECTION).unwrap_or(u64::MAX));
        self.known.push(element_of(self.nodes, body, level, element));
        let truth = self.node(body);
        self.push(Opcode::EndLoop, 0, truth, 0);
        self.known.pop();
        self.weight = outer_weight;
        let length = wide(self.code.len() - start - 1);
        if let Some(instruction) = self.code.get_mut(start) {
            instruction.b = length;
        }
        register
    }

    /// Computes what a loop's body needs and does not depend on the loop's element.
    fn hoist(&mut self, body: NodeId, level: u32) {
        let nodes = self.nodes;
        let mut open = vec![body];
        let mut seen = std::collections::BTreeSet::new();
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            if nodes.loops(id) <= level {
                self.node(id);
            } else {
                let mut operands = nodes.get(id).operands();
                operands.reverse();
                open.extend(operands);
            }
        }
    }

    fn constant(&mut self, id: term::ConstantId) -> u32 {
        match self.rules.tables.constants.rows().get(id.index()) {
            Some(constant) => self.tables.constant(constant).0,
            None => self.tables.null().0,
        }
    }

    fn automaton(&mut self, id: term::ConstantId) -> u32 {
        let pattern = match self.rules.tables.constants.rows().get(id.index()).map(|row| &row.literal) {
            Some(Literal::Regex(pattern) | Literal::String(pattern)) => pattern.as_str(),
            _ => "",
        };
        self.tables.automaton(pattern, self.clause_span).0
    }
}

/// What is known when a loop's body begins: its element.
fn element_of(nodes: &Nodes, body: NodeId, level: u32, register: Register) -> BTreeMap<NodeId, Register> {
    let is_element = |node: &NodeId| *nodes.get(*node) == Term::Element(level);
    nodes.reachable(&[body]).into_iter().filter(is_element).map(|node| (node, register)).collect()
}

fn comparison(operator: Comparison) -> Opcode {
    match operator {
        Comparison::Eq => Opcode::Eq,
        Comparison::Ne => Opcode::Ne,
        Comparison::Lt => Opcode::Lt,
        Comparison::Le => Opcode::Le,
        Comparison::Gt => Opcode::Gt,
        Comparison::Ge => Opcode::Ge,
    }
}

fn slot_comparison(operator: Comparison) -> Opcode {
    match operator {
        Comparison::Eq => Opcode::SlotEq,
        Comparison::Ne => Opcode::SlotNe,
        Comparison::Lt => Opcode::SlotLt,
        Comparison::Le => Opcode::SlotLe,
        Comparison::Gt => Opcode::SlotGt,
        Comparison::Ge => Opcode::SlotGe,
    }
}

/// A register as the format has it; [`Writer::finish`] refuses blocks with more.
fn narrow(register: Register) -> u16 {
    u16::try_from(register).unwrap_or(u16::MAX)
}

/// A count of instructions as the format has it; [`Writer::finish`] refuses longer blocks.
fn wide(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
