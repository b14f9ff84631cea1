//! What stays the same while one message is judged, and the evaluation of rules.

use crate::data::DataSet;
use crate::decide::cover::{patterns_of, uri_fits};
use crate::json::{Document, Kind, NodeId};
use crate::natives::{Memo, Parser};
use crate::state::State;
use crate::vm::context::{Asked, Captures, ClassTable, Collected, Context, LinkView, Uri};
use crate::vm::machine::Machine;
use crate::vm::read::operand;
use crate::vm::value::{Place, Stop, Truth, Value};
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::net::IpAddr;
use mcpz_bytecode::ids::{BlockId, RuleId, TypeId};
use mcpz_bytecode::image::{
    CollectImage, EntryImage, EntryTarget, ParameterKind, RuleImage, RuleKindImage, SlotRoot, StepImage, ToolImage,
    TypeImage,
};
use mcpz_bytecode::value::pattern::match_uri;
use mcpz_bytecode::{ErrorCode, Program};

/// Most rounds of the native stage: chains of natives are no longer.
const MAX_ROUNDS: usize = 32;

/// All but what is asked.
#[derive(Clone, Copy)]
pub(crate) struct Case<'a> {
    /// The program.
    pub program: &'a Program,
    /// Its data.
    pub data: &'a DataSet,
    /// The chain.
    pub chain: &'a [LinkView<'a>],
    /// Class tests.
    pub classes: &'a ClassTable,
    /// Scopes of the credential.
    pub scopes: &'a [String],
    /// `context`: an object.
    pub facts: Document<'a>,
    /// The time.
    pub now_ms: i64,
    /// The peer's address, unwrapped.
    pub network: Option<IpAddr>,
    /// The state.
    pub state: &'a dyn State,
    /// Steps of the decision code so far.
    pub steps: &'a Cell<StepCount>,
    /// Told when the decision stage is entered and left.
    pub probe: Option<Probe>,
}

/// Called when the decision stage proper is entered (true) and left (false): for tests that count
/// what it allocates and benches that time it.
pub type Probe = fn(bool);

/// Steps of the decision code of one decision: taken, and the most that the blocks it ran declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StepCount {
    /// Instructions executed.
    pub taken: u64,
    /// Sum of the step bounds of the blocks that were run.
    pub bound: u64,
}

/// A rule that is about what is asked, with one of its conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    /// The rule.
    pub rule: RuleId,
    /// Its condition.
    pub block: BlockId,
    /// False when its pattern may match only some resources of the template that is asked about.
    pub certain: bool,
}

/// What evaluation found: the value of each rule that is about what is asked, in canonical order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outcomes {
    /// Rules and their values.
    pub truths: Vec<(RuleId, Truth)>,
    /// Amounts of limits: units of 10^-18.
    pub amounts: Vec<(RuleId, Result<i128, ErrorCode>)>,
}

/// The rules that are about what is asked, in canonical order, each condition once.
pub(crate) fn rows(program: &Program, asked: &Asked<'_>) -> Vec<Row> {
    let image = program.image();
    let applies = |entry: &&EntryImage| {
        entry.action == asked.action
            && entry.server.is_none_or(|server| server == asked.server)
            && match &entry.target {
                EntryTarget::Any => true,
                EntryTarget::Name(name) => {
                    let server = image.servers.get(asked.server.index());
                    let tool = asked.tool.and_then(|row| server?.tools.get(row)).map(|tool| &tool.name);
                    let prompt = asked.prompt.and_then(|row| server?.prompts.get(row)).map(|prompt| &prompt.name);
                    Some(name) == tool || Some(name) == prompt
                }
                EntryTarget::Uri(pattern) => {
                    image.patterns.get(pattern.index()).is_some_and(|pattern| uri_fits(pattern, asked))
                }
            }
    };
    let mut rows: Vec<Row> = image
        .entries
        .iter()
        .filter(applies)
        .flat_map(|entry| {
            let partial = matches!(entry.target, EntryTarget::Uri(_)) && matches!(asked.uri, Some(Uri::Template(_)));
            entry.rows.iter().map(move |row| Row { rule: row.rule, block: row.block, certain: !partial })
        })
        .collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}

/// The extraction stage's findings about what is asked.
#[derive(Default)]
pub(crate) struct Extracted<'a> {
    captures: Captures<'a>,
    collected: Collected<'a>,
}

/// Matches URI patterns and collects parameters, where some slot wants them.
pub(crate) fn extract<'a>(program: &'a Program, asked: &Asked<'a>) -> Extracted<'a> {
    let image = program.image();
    let mut extracted = Extracted::default();
    if let Some(Uri::Known(uri)) = asked.uri {
        let wanted = patterns_of(image, asked);
        extracted.captures.by_pattern = image
            .patterns
            .iter()
            .enumerate()
            .map(|(row, pattern)| if wanted.contains(&row) { match_uri(pattern, uri) } else { None })
            .collect();
    }
    let server = image.servers.get(asked.server.index());
    let tool = asked.tool.and_then(|row| server?.tools.get(row));
    let slot_of = |kind: ParameterKind| image.slots.iter().any(|slot| slot.root == SlotRoot::Collect(kind));
    let type_of = |wanted: &TypeImage| image.types.iter().position(|ty| ty == wanted).map(TypeId::new);
    let places = |kind: ParameterKind, ty: &TypeImage| match (tool, type_of(ty)) {
        (Some(tool), Some(ty)) if slot_of(kind) => collect(asked.arguments, &tool.collect, kind, ty),
        _ => Vec::new(),
    };
    extracted.collected.paths = places(ParameterKind::Paths, &TypeImage::Path);
    extracted.collected.urls = places(ParameterKind::Urls, &TypeImage::Url);
    extracted.collected.hosts = places(ParameterKind::Hosts, &TypeImage::Host);
    if let (true, Some(ty)) = (slot_of(ParameterKind::Strings), type_of(&TypeImage::String)) {
        let place = |document: Document<'a>, node: NodeId| Place { document, node, ty, argument: true };
        let declared = declared_names(tool);
        let (document, root) = asked.arguments;
        let mut nodes = Vec::new();
        strings(document, root, &declared, &mut nodes);
        extracted.collected.strings = nodes.into_iter().map(|node| place(document, node)).collect();
    }
    extracted
}

/// The places of a kind, in the order of the text.
fn collect<'a>(
    (document, root): (Document<'a>, NodeId),
    rows: &[CollectImage],
    kind: ParameterKind,
    ty: TypeId,
) -> Vec<Place<'a>> {
    let mut nodes = Vec::new();
    for row in rows.iter().filter(|row| row.kind == kind) {
        let mut level = alloc::vec![root];
        for step in &row.path {
            level = level.iter().flat_map(|node| below(document, *node, step)).collect();
        }
        nodes.extend(level);
    }
    nodes.sort_unstable();
    nodes.dedup();
    let present = nodes.into_iter().filter(|node| !document.is_null(*node));
    present.map(|node| Place { document, node, ty, argument: true }).collect()
}

/// Where a step leads; nowhere when it does not fit.
fn below(document: Document<'_>, node: NodeId, step: &StepImage) -> Vec<NodeId> {
    match (step, document.kind(node)) {
        (StepImage::Field(name), _) => document.get(node, name).into_iter().collect(),
        (StepImage::Each, Kind::Array) => document.elements(node).collect(),
        (StepImage::Each, Kind::Object) => document.members(node).map(|(_, member)| member).collect(),
        _ => Vec::new(),
    }
}

/// The names that a tool's type declares at any depth.
fn declared_names(tool: Option<&ToolImage>) -> BTreeSet<&str> {
    let rows = tool.map_or(&[][..], |tool| &tool.collect);
    let named = rows.iter().filter(|row| row.kind == ParameterKind::Strings);
    named
        .flat_map(|row| &row.path)
        .filter_map(|step| match step {
            StepImage::Field(name) => Some(name.as_str()),
            StepImage::Each => None,
        })
        .collect()
}

/// Every string below a node, and the name of every member that the tool does not declare: what a
/// caller chooses freely. Documents are no deeper than the reader allows.
fn strings(document: Document<'_>, node: NodeId, declared: &BTreeSet<&str>, out: &mut Vec<NodeId>) {
    match document.kind(node) {
        Kind::String => out.push(node),
        Kind::Array => document.elements(node).for_each(|element| strings(document, element, declared, out)),
        Kind::Object => document.members(node).for_each(|(name, member)| {
            if !declared.contains(name) {
                out.push(document.name(member));
            }
            strings(document, member, declared, out);
        }),
        Kind::Null | Kind::Bool | Kind::Number => {}
    }
}

/// How rules are evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Time {
    /// When the call is made.
    Call,
    /// When targets are listed: most facts are unknown.
    List,
}

impl<'a> Case<'a> {
    /// What decision code sees.
    pub fn context<'b>(
        &'b self,
        asked: &'b Asked<'b>,
        extracted: &'b Extracted<'b>,
        memo: &'b Memo,
        missed: &'b Cell<bool>,
    ) -> Context<'b> {
        Context {
            program: self.program,
            data: self.data,
            chain: self.chain,
            classes: self.classes,
            asked: Some(asked),
            captures: &extracted.captures,
            collected: &extracted.collected,
            now_ms: self.now_ms,
            network: self.network,
            facts: Some(self.facts),
            memo,
            wanted: None,
            missed,
            state: Some(self.state),
            listing: false,
            eager: false,
            link: None,
        }
    }

    /// The value of every rule in `rows`, and the amounts of limits among them.
    pub fn evaluate(&self, asked: &Asked<'_>, rows: &[Row], time: Time, memo: &mut Memo) -> Outcomes {
        let extracted = extract(self.program, asked);
        self.run_natives(asked, &extracted, rows, time, memo);
        let mut outcomes = Outcomes { truths: Vec::with_capacity(rows.len()), amounts: Vec::with_capacity(rows.len()) };
        for _ in 0..MAX_ROUNDS {
            let missed = Cell::new(false);
            let base = self.context(asked, &extracted, memo, &missed);
            let cx = at_time(base, time);
            let mut machine = Machine::new(registers(self.program, rows));
            self.probe.inspect(|probe| probe(true));
            run_all(&cx, &mut machine, rows, &mut outcomes);
            self.probe.inspect(|probe| probe(false));
            self.count_steps(machine.steps(), rows);
            if !missed.get() {
                break;
            }
            // A native behind an answer of the state: compute it, and evaluate again.
            self.compute_missing(asked, &extracted, rows, (time, Some(self.state)), memo);
        }
        outcomes
    }

    /// Adds the steps of one pass over the rows.
    fn count_steps(&self, taken: u64, rows: &[Row]) {
        let blocks =
            rows.iter().flat_map(|row| core::iter::once(row.block).chain(amount_block(self.program, row.rule)));
        let bounds = blocks.filter_map(|block| self.program.block_facts(block)).map(|facts| facts.steps);
        let mut count = self.steps.get();
        count.taken = count.taken.saturating_add(taken);
        count.bound = bounds.fold(count.bound, u64::saturating_add);
        self.steps.set(count);
    }

    /// The native stage: evaluates everything without the state until no native is missing.
    pub fn run_natives(&self, asked: &Asked<'_>, extracted: &Extracted<'_>, rows: &[Row], time: Time, memo: &mut Memo) {
        let needed = |row: &Row| {
            let mut blocks = core::iter::once(row.block).chain(amount_block(self.program, row.rule));
            blocks.any(|block| self.program.block_facts(block).is_some_and(|facts| facts.natives))
        };
        if !rows.iter().any(needed) {
            return;
        }
        for _ in 0..MAX_ROUNDS {
            if !self.compute_missing(asked, extracted, rows, (time, None), memo) {
                return;
            }
        }
    }

    /// Evaluates everything, notes the natives that are missing, and computes them. Whether there were any.
    fn compute_missing(
        &self,
        asked: &Asked<'_>,
        extracted: &Extracted<'_>,
        rows: &[Row],
        (time, state): (Time, Option<&dyn State>),
        memo: &mut Memo,
    ) -> bool {
        let wanted: RefCell<Vec<(Parser, String)>> = RefCell::new(Vec::new());
        {
            let missed = Cell::new(false);
            let base = self.context(asked, extracted, memo, &missed);
            let cx = at_time(Context { wanted: Some(&wanted), state, eager: true, ..base }, time);
            let mut machine = Machine::new(registers(self.program, rows));
            run_all(&cx, &mut machine, rows, &mut Outcomes::default());
        }
        let wanted = wanted.into_inner();
        for (parser, text) in &wanted {
            memo.compute(*parser, text);
        }
        !wanted.is_empty()
    }
}

/// The context at list time or at the time of the call.
fn at_time(cx: Context<'_>, time: Time) -> Context<'_> {
    match time {
        Time::Call => cx,
        Time::List => Context { listing: true, state: None, ..cx },
    }
}

/// The block of a limit's amount.
fn amount_block(program: &Program, rule: RuleId) -> Option<BlockId> {
    match program.image().rules.get(rule.index()).map(|rule| &rule.kind) {
        Some(RuleKindImage::Limit(limit)) => limit.amount,
        _ => None,
    }
}

/// Registers that the largest block needs.
fn registers(program: &Program, rows: &[Row]) -> usize {
    let blocks = rows.iter().flat_map(|row| core::iter::once(row.block).chain(amount_block(program, row.rule)));
    let sizes = blocks.filter_map(|block| program.image().blocks.get(block.index()));
    sizes.map(|block| usize::from(block.registers)).max().unwrap_or(0)
}

/// The decision stage proper: runs every condition and amount. Nothing here allocates, as long as
/// `outcomes` has room for all rows.
pub(crate) fn run_all<'a>(cx: &Context<'a>, machine: &mut Machine<'a>, rows: &[Row], outcomes: &mut Outcomes) {
    outcomes.truths.clear();
    outcomes.amounts.clear();
    for row in rows {
        let target = if row.certain { Truth::True } else { Truth::Unknown };
        let truth = target.and(machine.run_truth(cx, row.block));
        match outcomes.truths.last_mut() {
            Some((rule, known)) if *rule == row.rule => *known = known.or(truth),
            _ => {
                outcomes.truths.push((row.rule, truth));
                if let Some(block) = amount_block(cx.program, row.rule) {
                    let value = machine.run(cx, block);
                    outcomes.amounts.push((row.rule, amount(cx, value)));
                }
            }
        }
    }
}

/// A limit's amount: a number that is not below zero.
fn amount<'a>(cx: &Context<'a>, value: Value<'a>) -> Result<i128, ErrorCode> {
    match operand(cx, value) {
        Ok(Value::Number(amount)) if amount.units() < 0 => Err(ErrorCode::Amount),
        Ok(Value::Number(amount)) => Ok(amount.units()),
        Ok(_) => Err(ErrorCode::Type),
        Err(Stop::Error(code)) => Err(code),
        Err(Stop::Unknown) => Err(ErrorCode::Internal),
    }
}

/// A rule's row of the rule table.
pub(crate) fn rule(program: &Program, id: RuleId) -> Option<&RuleImage> {
    program.image().rules.get(id.index())
}
