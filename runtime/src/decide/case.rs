//! What stays the same while one message is judged, and the evaluation of rules.

use crate::caller::Caller;
use crate::data::DataSet;
use crate::decide::entries::Entries;
use crate::decide::lead::Lead;
use crate::decide::tree::Walk;
use crate::json::{Document, Kind, NodeId};
use crate::natives::{Memo, Parser};
use crate::state::State;
use crate::vm::context::{Asked, Captures, Collected, Context, Uri};
use crate::vm::machine::{MachineMemory, SpareMachine};
use crate::vm::places::Places;
use crate::vm::quick;
use crate::vm::read::operand;
use crate::vm::subject::narrowly;
use crate::vm::value::{Place, Source, Stop, Truth, Value};
use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::net::IpAddr;
use core::ops::ControlFlow;
use mcpz_bytecode::ids::{BlockId, PatternId, RuleId, TreeId, TypeId};
use mcpz_bytecode::image::{
    CollectImage, EntryRow, ParameterKind, Rule, RuleKind, SlotRoot, StageTrees, StepImage, ToolImage, TreeNode,
    TypeImage,
};
use mcpz_bytecode::plan::Stage;
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
    /// Who asks.
    pub caller: &'a Caller,
    /// `context`: an object.
    pub facts: Document<'a>,
    /// The time.
    pub now_ms: i64,
    /// The peer's address, unwrapped.
    pub network: Option<IpAddr>,
    /// The state.
    pub state: &'a dyn State,
    /// Steps of the decision code so far, where they are counted.
    pub steps: Option<&'a Cell<StepCount>>,
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

/// What evaluation found: the rules whose value is not false, in canonical order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outcomes {
    /// Rules and their values.
    pub truths: Vec<(RuleId, Truth)>,
    /// Amounts of limits: units of 10^-18.
    pub amounts: Vec<(RuleId, Result<i128, ErrorCode>)>,
}

impl Outcomes {
    /// Forgets everything.
    fn clear(&mut self) {
        self.truths.clear();
        self.amounts.clear();
    }

    /// Brings the values into canonical order; a rule that was met more than once folds like `or`.
    fn settle(&mut self) {
        if self.truths.len() < 2 {
            return;
        }
        self.truths.sort_unstable();
        self.truths.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                earlier.1 = earlier.1.or(later.1);
            }
            same
        });
    }
}

/// Memory for evaluations, used again and again.
#[derive(Debug, Default)]
pub(crate) struct Work {
    machine: MachineMemory,
    places: Places,
    /// What the last evaluation found.
    pub outcomes: Outcomes,
}

/// A rule that is about what is asked, with one of its conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    /// The rule.
    pub rule: RuleId,
    /// Its condition.
    pub block: BlockId,
}

/// Every rule that is about what is asked, true or not, in canonical order: for explanations.
pub(crate) fn all_rows(program: &Program, asked: &Asked<'_>) -> Vec<Row> {
    let mut open: Vec<TreeId> = Entries::find(program, asked).all().collect();
    let mut rows = Vec::new();
    while let Some(node) = open.pop().and_then(|tree| program.image().trees.get(tree.index())) {
        match node {
            TreeNode::Rows(found) => rows.extend(found.iter().map(|row| Row { rule: row.rule, block: row.block })),
            switch => open.extend(switch.children()),
        }
    }
    rows.sort_unstable();
    rows.dedup();
    rows
}

/// The extraction stage's findings about what is asked.
#[derive(Default)]
pub(crate) struct Extracted<'a> {
    entries: Entries<'a>,
    places: Places,
    /// Absent where no condition reads any of it.
    read: Option<Box<Special<'a>>>,
}

/// What only some conditions read, and costs a search to find.
#[derive(Default)]
struct Special<'a> {
    captures: Captures<'a>,
    collected: Collected,
}

impl Extracted<'_> {
    /// Whether some rule of a stage is about what is asked.
    #[inline]
    pub fn has(&self, stage: Stage) -> bool {
        self.entries.has(stage)
    }

    /// The number of the tool that is called.
    pub fn tool(&self) -> Option<usize> {
        self.entries.tool
    }

    /// Gives memory back, for the next one.
    pub fn give_back(self, work: &mut Work) {
        work.places = self.places;
    }
}

/// Finds where the decision begins; matches URI patterns and collects parameters, where some slot wants them.
pub(crate) fn extract<'a>(program: &'a Program, asked: &Asked<'a>, work: &mut Work) -> Extracted<'a> {
    let entries = Entries::find(program, asked);
    let wants = |tree: TreeId| program.tree_facts(tree).is_some_and(|facts| facts.extracts);
    let fitting = || entries.fitting.iter().flat_map(|(trees, _)| trees.all());
    let wanted = entries.plan.extracts() || fitting().any(wants);
    let read = wanted.then(|| Box::new(special(program, asked, &entries.patterns)));
    let places = core::mem::take(&mut work.places).fresh(program.image().slots.len());
    Extracted { entries, places, read }
}

/// Matches the patterns of what is asked, and collects its parameters.
fn special<'a>(program: &'a Program, asked: &Asked<'a>, patterns: &[PatternId]) -> Special<'a> {
    let image = program.image();
    let mut found = Special::default();
    if let Some(Uri::Known(uri)) = asked.uri {
        let variables = |id: &PatternId| Some((*id, match_uri(image.patterns.get(id.index())?, uri)?));
        found.captures.by_pattern = patterns.iter().filter_map(variables).collect();
    }
    let server = image.servers.get(asked.server.index());
    let tool = asked.tool.and_then(|row| server?.tools.get(row));
    let slot_of = |kind: ParameterKind| image.slots.iter().any(|slot| slot.root == SlotRoot::Collect(kind));
    let type_of = |wanted: &TypeImage| image.types.iter().position(|ty| ty == wanted).map(TypeId::new);
    let places = |kind: ParameterKind, ty: &TypeImage| match (tool, type_of(ty)) {
        (Some(tool), Some(ty)) if slot_of(kind) => collect(asked.arguments, &tool.collect, kind, ty),
        _ => Vec::new(),
    };
    found.collected.paths = places(ParameterKind::Paths, &TypeImage::Path);
    found.collected.urls = places(ParameterKind::Urls, &TypeImage::Url);
    found.collected.hosts = places(ParameterKind::Hosts, &TypeImage::Host);
    if let (true, Some(ty)) = (slot_of(ParameterKind::Strings), type_of(&TypeImage::String)) {
        let declared = declared_names(tool);
        let (document, root) = asked.arguments;
        let mut nodes = Vec::new();
        strings(document, root, &declared, &mut nodes);
        let place = |node| Place { source: Source::Arguments, node, ty };
        found.collected.strings = nodes.into_iter().map(place).collect();
    }
    found
}

/// The places of a kind, in the order of the text.
fn collect(
    (document, root): (Document<'_>, NodeId),
    rows: &[CollectImage],
    kind: ParameterKind,
    ty: TypeId,
) -> Vec<Place> {
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
    present.map(|node| Place { source: Source::Arguments, node, ty }).collect()
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
        static NOTHING: Special<'static> = Special { captures: Captures::NONE, collected: Collected::NONE };
        let read = extracted.read.as_deref().unwrap_or(&NOTHING);
        Context {
            program: self.program,
            data: self.data,
            chain: self.caller.chain(),
            classes: self.caller.classes(),
            subjects: self.caller.subjects(),
            asked: Some(asked),
            captures: &read.captures,
            collected: &read.collected,
            places: Some(&extracted.places),
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

    /// The values of the rules of some stages that are not false, and the amounts of limits among them.
    pub fn evaluate<'w>(
        &self,
        asked: &Asked<'_>,
        extracted: &Extracted<'_>,
        stages: &[Stage],
        time: Time,
        (memo, work): (&mut Memo, &'w mut Work),
    ) -> &'w mut Outcomes {
        self.run_natives(asked, extracted, stages, time, (memo, work));
        for _ in 0..MAX_ROUNDS {
            let missed = Cell::new(false);
            let mut cx = self.context(asked, extracted, memo, &missed);
            set_time(&mut cx, time);
            self.probe.inspect(|probe| probe(true));
            self.run_all(&cx, &extracted.entries, stages, work);
            self.probe.inspect(|probe| probe(false));
            if !missed.get() {
                break;
            }
            // A native behind an answer of the state: compute it, and evaluate again.
            self.compute_missing(asked, extracted, stages, (time, Some(self.state)), (memo, work));
        }
        work.outcomes.settle();
        &mut work.outcomes
    }

    /// The native stage: evaluates everything without the state until no native is missing.
    pub fn run_natives(
        &self,
        asked: &Asked<'_>,
        extracted: &Extracted<'_>,
        stages: &[Stage],
        time: Time,
        (memo, work): (&mut Memo, &mut Work),
    ) {
        let entries = &extracted.entries;
        let needs = |tree: TreeId| self.program.tree_facts(tree).is_some_and(|facts| facts.natives);
        let named = stages.iter().any(|stage| entries.plan.stage(*stage).natives);
        let trees = |(entry, _): &(&StageTrees, bool)| stages.iter().filter_map(|stage| stage.of(entry)).any(needs);
        if !named && !entries.fitting.iter().any(trees) {
            return;
        }
        for _ in 0..MAX_ROUNDS {
            if !self.compute_missing(asked, extracted, stages, (time, None), (memo, work)) {
                return;
            }
        }
    }

    /// Evaluates everything, notes the natives that are missing, and computes them. Whether there were any.
    fn compute_missing(
        &self,
        asked: &Asked<'_>,
        extracted: &Extracted<'_>,
        stages: &[Stage],
        (time, state): (Time, Option<&dyn State>),
        (memo, work): (&mut Memo, &mut Work),
    ) -> bool {
        let wanted: RefCell<Vec<(Parser, String)>> = RefCell::new(Vec::new());
        {
            let missed = Cell::new(false);
            let base = self.context(asked, extracted, memo, &missed);
            let mut cx = Context { wanted: Some(&wanted), state, eager: true, ..base };
            set_time(&mut cx, time);
            Case { steps: None, ..*self }.run_all(&cx, &extracted.entries, stages, work);
        }
        let wanted = wanted.into_inner();
        for (parser, text) in &wanted {
            memo.compute(*parser, text);
        }
        !wanted.is_empty()
    }

    /// The decision stage proper: walks the trees and runs the conditions they lead to. Nothing here
    /// allocates, once the outcomes have room.
    fn run_all<'c>(&self, cx: &Context<'c>, entries: &Entries<'_>, stages: &[Stage], work: &mut Work) {
        let Work { machine, outcomes, .. } = work;
        let mut machine = SpareMachine::new(machine);
        outcomes.clear();
        for stage in stages {
            for (tree, certain) in entries.roots(*stage) {
                let lead = self.lead(cx, *stage, tree, certain);
                let lead = lead.as_ref();
                let walk = Walk { cx, possible: self.caller.possible(), skip_late: false, lead, trail: None };
                // Every row goes on, so the walk is never cut short.
                let _ = walk.rows(tree, &mut |row, exact| {
                    let truth = self.run_row(cx, &mut machine, row, certain, exact);
                    if truth == Truth::True
                        && let Some(lead) = lead
                        && is_permit(self.program, row.rule)
                    {
                        lead.holds(row.rule);
                    }
                    if truth != Truth::False {
                        outcomes.truths.push((row.rule, truth));
                        self.run_amount(cx, &mut machine, row.rule, outcomes);
                    }
                    ControlFlow::Continue(())
                });
            }
        }
        self.count_taken(machine.finish());
    }

    /// What tells which permits of a large tree still matter; none where all do: natives have to be found in
    /// all of them, and tests of a caller that are in error are errors of every rule.
    fn lead(&self, cx: &Context<'_>, stage: Stage, tree: TreeId, certain: bool) -> Option<Lead> {
        let wanted = stage == Stage::Permits && certain && !cx.eager && !cx.listing && self.caller.is_clean();
        let slots = if wanted { self.program.read_below(tree)? } else { return None };
        Some(Lead::new(cx, slots))
    }

    /// The nodes of trees that a request meets when it is made, in order.
    pub fn trail(
        &self,
        asked: &Asked<'_>,
        extracted: &Extracted<'_>,
        (memo, work): (&mut Memo, &mut Work),
    ) -> Vec<TreeId> {
        let stages = [Stage::Shadow, Stage::Forbids, Stage::Permits, Stage::Others];
        self.run_natives(asked, extracted, &stages, Time::Call, (memo, work));
        let (missed, trail) = (Cell::new(false), RefCell::new(Vec::new()));
        let cx = self.context(asked, extracted, memo, &missed);
        let walk =
            Walk { cx: &cx, possible: self.caller.possible(), skip_late: false, lead: None, trail: Some(&trail) };
        for tree in extracted.entries.all() {
            // Every row goes on, so the walk is never cut short.
            let _ = walk.rows(tree, &mut |_, _| ControlFlow::Continue(()));
        }
        trail.into_inner()
    }

    /// The value of a rule by one of its rows.
    #[inline]
    fn run_row<'c>(
        &self,
        cx: &Context<'c>,
        machine: &mut SpareMachine<'_, 'c>,
        row: &EntryRow,
        certain: bool,
        exact: bool,
    ) -> Truth {
        self.count_bound(row.block);
        let start = if exact && !cx.eager { row.start } else { 0 };
        let truth = match self.conjunction(cx, row.block, start) {
            Some(truth) => truth,
            None if start > 0 => machine.get().run_from(cx, row.block, start),
            None => machine.get().run_truth(cx, row.block),
        };
        if certain { truth } else { Truth::Unknown.and(truth) }
    }

    /// The truth of a block from an instruction on, when it is a plain conjunction and nobody looks at its registers.
    #[inline]
    fn conjunction(&self, cx: &Context<'_>, block: BlockId, start: u32) -> Option<Truth> {
        if cx.eager {
            return None;
        }
        let quick::Conjunction { truth, steps } = quick::conjunction(cx, self.program.tests(block, start)?, start)?;
        self.count_taken(steps);
        Some(truth)
    }

    /// The amount of a limit.
    fn run_amount<'c>(
        &self,
        cx: &Context<'c>,
        machine: &mut SpareMachine<'_, 'c>,
        rule: RuleId,
        outcomes: &mut Outcomes,
    ) {
        if let Some(block) = amount_block(self.program, rule)
            && !outcomes.amounts.iter().any(|(known, _)| *known == rule)
        {
            self.count_bound(block);
            let value = machine.get().run(cx, block);
            outcomes.amounts.push((rule, amount(cx, value)));
        }
    }

    /// Adds what a block may take at most.
    fn count_bound(&self, block: BlockId) {
        let Some(steps) = self.steps else { return };
        let bound = self.program.block_steps(block);
        let count = steps.get();
        steps.set(StepCount { bound: count.bound.saturating_add(bound), ..count });
    }

    /// Adds what was taken.
    fn count_taken(&self, taken: u64) {
        let Some(steps) = self.steps else { return };
        let count = steps.get();
        steps.set(StepCount { taken: count.taken.saturating_add(taken), ..count });
    }

    /// What list time says of the target: forbids and permits, everything late unknown.
    pub fn look(&self, asked: &Asked<'_>, extracted: &Extracted<'_>, (memo, work): (&mut Memo, &mut Work)) -> Look {
        self.run_natives(asked, extracted, &[Stage::Forbids, Stage::Permits], Time::List, (memo, work));
        let missed = Cell::new(false);
        let mut cx = self.context(asked, extracted, memo, &missed);
        set_time(&mut cx, Time::List);
        let mut machine = SpareMachine::new(&mut work.machine);
        self.probe.inspect(|probe| probe(true));
        let look = self.look_with(&cx, &extracted.entries, &mut machine);
        self.probe.inspect(|probe| probe(false));
        self.count_taken(machine.finish());
        look
    }

    /// As [`Case::look`]: a forbid that is true or in error ends it, then a permit that is none of false and in error.
    fn look_with<'c>(&self, cx: &Context<'c>, entries: &Entries<'_>, machine: &mut SpareMachine<'_, 'c>) -> Look {
        // A late forbid is unknown or false, unless the subject's test is in error.
        let walk =
            Walk { cx, possible: self.caller.possible(), skip_late: self.caller.is_clean(), lead: None, trail: None };
        for (tree, certain) in entries.roots(Stage::Forbids) {
            let hit = walk.rows(tree, &mut |row, exact| match self.run_row(cx, machine, row, certain, exact) {
                Truth::True | Truth::Error(_) => ControlFlow::Break(()),
                Truth::False | Truth::Unknown => ControlFlow::Continue(()),
            });
            if hit.is_break() {
                return Look::Hidden;
            }
        }
        let walk = Walk { skip_late: false, ..walk };
        for (tree, certain) in entries.roots(Stage::Permits) {
            let found = walk.rows(tree, &mut |row, exact| {
                let truth = self.run_row(cx, machine, row, certain, exact);
                match list_value(cx, self.program, row.rule, truth) {
                    Truth::True | Truth::Unknown => ControlFlow::Break(()),
                    Truth::False | Truth::Error(_) => ControlFlow::Continue(()),
                }
            });
            if found.is_break() {
                return Look::Shown;
            }
        }
        Look::Hidden
    }
}

/// The value of a permit at list time: of a grant's, whether the caller could hold it.
pub(crate) fn list_value(cx: &Context<'_>, program: &Program, id: RuleId, truth: Truth) -> Truth {
    match rule(program, id).map(Rule::kind) {
        Some(RuleKind::Permit(Some(grant))) => {
            let subject = program.image().grants.get(grant.index()).map(|grant| grant.subject);
            let holder = subject.map_or(Truth::False, |subject| narrowly(cx, subject, true));
            truth.and(holder).and(Truth::Unknown)
        }
        _ => truth,
    }
}

/// What list time says of a target, without the particulars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// It is shown.
    Shown,
    /// It is not.
    Hidden,
}

/// Makes the context one of list time or of the time of the call.
fn set_time(cx: &mut Context<'_>, time: Time) {
    if time == Time::List {
        cx.listing = true;
        cx.state = None;
    }
}

/// The block of a limit's amount.
fn amount_block(program: &Program, rule: RuleId) -> Option<BlockId> {
    match program.image().rule(rule).map(Rule::kind) {
        Some(RuleKind::Limit(limit)) => limit.amount,
        _ => None,
    }
}

/// Whether a rule is a permit that needs no grant.
fn is_permit(program: &Program, id: RuleId) -> bool {
    matches!(rule(program, id).map(Rule::kind), Some(RuleKind::Permit(None)))
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
pub(crate) fn rule(program: &Program, id: RuleId) -> Option<Rule<'_>> {
    program.image().rule(id)
}
