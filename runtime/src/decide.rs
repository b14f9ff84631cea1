//! From a message to a decision.
//!
//! [`decide`] reads the message strictly, checks the chain, finds the target in the pinned catalog,
//! and goes through the steps of section 7 of the language. Three stages follow one another for
//! every evaluation: *extraction* (reading, natives: it alone allocates), *decision code*, and the
//! assembly of the [`Decision`].

pub(crate) mod case;
pub(crate) mod cover;
mod gates;
pub(crate) mod steps;
pub(crate) mod target;
pub(crate) mod unwrap;

use crate::credential;
use crate::data::DataSet;
use crate::decision::{Decision, DenyMode, Effect, Reason};
use crate::json::{Buffers, Document, FaultKind, JsonFault, Kind, Limits, Message, MessageKind, message};
use crate::natives::Memo;
use crate::principal::Principal;
use crate::request::Request;
use crate::state::State;
use crate::vm::context::{Asked, Captures, ClassTable, Collected, Context, LinkView, Uri};
use crate::vm::machine::Machine;
use alloc::string::String;
use alloc::vec::Vec;
use case::Case;
pub use case::{Probe, StepCount};
use core::cell::{Cell, RefCell};
use mcpz_bytecode::Program;
use mcpz_bytecode::ids::ServerId;
use mcpz_bytecode::image::{Action, ClassDefinitionImage};
use mcpz_bytecode::value::net::unwrap_ip;
pub use steps::Visibility;
use target::{Listing, Method};

/// Everything a decision depends on.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The verified bundle.
    pub program: &'a Program,
    /// Data in place of what it was built with.
    pub data: &'a DataSet,
    /// Who asks.
    pub principal: &'a Principal,
    /// What is asked.
    pub request: Request<'a>,
    /// What has happened before.
    pub state: &'a dyn State,
}

/// Memory that is reused from decision to decision.
#[derive(Debug, Default)]
pub struct Scratch {
    message: Buffers,
    context: Buffers,
    empty: Buffers,
    details: Buffers,
    arguments: Buffers,
    claims: Vec<Buffers>,
    memo: Memo,
    steps: Cell<StepCount>,
    probe: Option<Probe>,
}

impl Scratch {
    /// Fresh memory.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same memory with a probe around the decision stage.
    pub fn with_probe(self, probe: Probe) -> Self {
        Self { probe: Some(probe), ..self }
    }

    /// Steps of the decision code of the last decision.
    pub fn steps(&self) -> StepCount {
        self.steps.get()
    }
}

/// Decides one message.
pub fn decide(input: &Input<'_>, scratch: &mut Scratch) -> Decision {
    let digest = input.program.digest();
    let outcome = prepare(input, scratch, |case, stage, memo| match stage {
        Stage::Ended(decision) => decision,
        Stage::List(server, listing, empty) => list(case, server, listing, empty, memo),
        Stage::Act(asked, empty) => unwrap::decide(case, &asked, empty, memo),
    });
    outcome.unwrap_or_else(|reason| Decision::plain(Effect::Deny, reason, DenyMode::Hide, digest))
}

/// What list time says of one target: a tool or prompt by name, a resource by URI. The message of
/// the request is not looked at; `None` when the credential or the target is refused.
pub fn visibility(input: &Input<'_>, action: Action, name: &str, scratch: &mut Scratch) -> Option<Visibility> {
    scratch.memo.clear();
    scratch.steps.set(StepCount::default());
    let Scratch { context, empty, claims, memo, steps, probe, .. } = scratch;
    let empty = empty.read(b"{}", &Limits::DEFAULT).ok()?;
    let case = Parts::read(input, context, claims, empty).ok()?;
    let case = case.classified(memo).ok()?;
    let server = server_of(input)?;
    let row = input.program.image().servers.get(server.index())?;
    let mut asked = target::blank(action, server, empty);
    match action {
        Action::Call => asked.tool = Some(target::tool(row, name)?),
        Action::Complete if target::prompt(row, name).is_none() => {
            asked.uri = Some(target::resource(row, name)?);
        }
        Action::Get | Action::Complete => asked.prompt = Some(target::prompt(row, name)?),
        Action::Read | Action::Subscribe if row.templates.iter().any(|template| template == name) => {
            asked.uri = Some(Uri::Template(name));
        }
        Action::Read | Action::Subscribe => asked.uri = Some(target::resource(row, name)?),
        Action::Sample | Action::Elicit | Action::Roots => {}
    }
    Some(steps::visibility(&case.case(steps, *probe), &asked, memo))
}

/// How far a message came by itself.
pub(crate) enum Stage<'a> {
    /// The decision is made.
    Ended(Decision),
    /// A listing is asked for.
    List(ServerId, Listing, Document<'a>),
    /// An action is asked for; and an empty object.
    Act(Asked<'a>, Document<'a>),
}

/// Reads everything up to step 0c and hands it on; the reason when that already denies.
pub(crate) fn prepare<T>(
    input: &Input<'_>,
    scratch: &mut Scratch,
    go_on: impl FnOnce(&Case<'_>, Stage<'_>, &mut Memo) -> T,
) -> Result<T, Reason> {
    scratch.memo.clear();
    scratch.steps.set(StepCount::default());
    let Scratch { message: buffers, context, empty, details, arguments, claims, memo, steps, probe } = scratch;
    let limits = Limits::DEFAULT;
    let fault = |fault: JsonFault| Reason::Input(fault.kind.name());
    let document = buffers.read(input.request.message, &limits).map_err(fault)?;
    let message = message(document).map_err(fault)?;
    let empty = empty.read(b"{}", &limits).map_err(fault)?;
    let parts = Parts::read(input, context, claims, empty)?;
    let classified = parts.classified(memo)?;
    let case = classified.case(steps, *probe);
    let method = match message.kind {
        MessageKind::Response => Method::Protocol,
        MessageKind::Request | MessageKind::Notification => {
            target::method(message.method, input.request.direction).ok_or(Reason::UnknownMethod)?
        }
    };
    let server = server_of(input).ok_or(Reason::UnknownTarget)?;
    let protocol = || Decision::plain(Effect::Allow, Reason::Protocol, DenyMode::Explain, input.program.digest());
    let action = match method {
        Method::Protocol => return Ok(go_on(&case, Stage::Ended(protocol()), memo)),
        Method::List(listing) => {
            return Ok(go_on(&case, Stage::List(server, listing, empty), memo));
        }
        Method::Action(action) => action,
    };
    let made = target::make_texts(action, &message);
    let details = details.read(made.details.as_bytes(), &limits).map_err(fault)?;
    let arguments = arguments.read(made.arguments.as_bytes(), &limits).map_err(fault)?;
    let asked = find(input, &message, target::blank(action, server, empty), details, arguments)?;
    Ok(go_on(&case, Stage::Act(asked, empty), memo))
}

/// Step 0c.
fn find<'a>(
    input: &Input<'_>,
    message: &Message<'a>,
    blank: Asked<'a>,
    details: Document<'a>,
    arguments: Document<'a>,
) -> Result<Asked<'a>, Reason> {
    let row = input.program.image().servers.get(blank.server.index()).ok_or(Reason::UnknownTarget)?;
    target::asked(row, blank, message, details, arguments).ok_or(Reason::UnknownTarget)
}

/// The server of the connection.
fn server_of(input: &Input<'_>) -> Option<ServerId> {
    let row = input.program.image().servers.iter().position(|server| server.name == input.request.server);
    row.map(ServerId::new)
}

/// The caller and the facts, read but not checked.
struct Parts<'a> {
    input: &'a Input<'a>,
    chain: Vec<LinkView<'a>>,
    facts: Document<'a>,
}

/// The caller, classified and found valid.
struct Classified<'a> {
    parts: Parts<'a>,
    classes: ClassTable,
}

impl<'a> Parts<'a> {
    /// Reads claims and context.
    fn read(
        input: &'a Input<'a>,
        context: &'a mut Buffers,
        claims: &'a mut Vec<Buffers>,
        empty: Document<'a>,
    ) -> Result<Self, Reason> {
        let chain = credential::read_chain(input.program, input.principal, claims).ok_or(Reason::Credential)?;
        let facts = match input.request.facts.context {
            None => empty,
            Some(text) => {
                let facts = context.read(text.as_bytes(), &Limits::DEFAULT).ok();
                let object = facts.filter(|facts| facts.kind(facts.root()) == Kind::Object);
                object.ok_or(Reason::Input(FaultKind::Syntax.name()))?
            }
        };
        Ok(Self { input, chain, facts })
    }

    /// Tests every class, and step 0a.
    fn classified(self, memo: &mut Memo) -> Result<Classified<'a>, Reason> {
        let classes = classify(&self, memo);
        if !credential::is_valid(self.input.program, &self.chain, &classes) {
            return Err(Reason::Credential);
        }
        Ok(Classified { parts: self, classes })
    }
}

impl<'a> Classified<'a> {
    /// What stays the same from here on.
    fn case<'b>(&'b self, steps: &'b Cell<StepCount>, probe: Option<Probe>) -> Case<'b> {
        let input = self.parts.input;
        Case {
            program: input.program,
            data: input.data,
            chain: &self.parts.chain,
            classes: &self.classes,
            scopes: &input.principal.scopes,
            facts: self.parts.facts,
            now_ms: input.request.facts.now_ms,
            network: input.request.facts.network_source.map(unwrap_ip),
            state: input.state,
            steps,
            probe,
        }
    }
}

/// Tests every class on every link, natives included.
fn classify(parts: &Parts<'_>, memo: &mut Memo) -> ClassTable {
    let (captures, collected, none) = (Captures::default(), Collected::default(), ClassTable::default());
    let image = parts.input.program.image();
    let blocks = image.classes.iter().filter_map(|class| match &class.definition {
        ClassDefinitionImage::Identity { condition, .. } | ClassDefinitionImage::Narrow { condition, .. } => *condition,
        ClassDefinitionImage::Join(_) => None,
    });
    let registers = blocks.filter_map(|block| image.blocks.get(block.index()));
    let registers = registers.map(|block| usize::from(block.registers)).max().unwrap_or(0);
    loop {
        let (missed, wanted) = (Cell::new(false), RefCell::new(Vec::<(_, String)>::new()));
        let table = {
            let cx = Context {
                program: parts.input.program,
                data: parts.input.data,
                chain: &parts.chain,
                classes: &none,
                asked: None,
                captures: &captures,
                collected: &collected,
                now_ms: parts.input.request.facts.now_ms,
                network: None,
                facts: None,
                memo,
                wanted: Some(&wanted),
                missed: &missed,
                state: None,
                listing: false,
                eager: true,
                link: None,
            };
            credential::classify(&cx, &mut Machine::new(registers))
        };
        // Every round computes natives that no round computed before, of which there are finitely many.
        let wanted = wanted.into_inner();
        if wanted.is_empty() {
            return table;
        }
        for (parser, text) in &wanted {
            memo.compute(*parser, text);
        }
    }
}

/// A listing: what this caller may see, in the order of the catalog.
fn list(case: &Case<'_>, server: ServerId, listing: Listing, empty: Document<'_>, memo: &mut Memo) -> Decision {
    let mut decision = Decision::plain(Effect::Allow, Reason::List, DenyMode::Explain, case.program.digest());
    let Some(row) = case.program.image().servers.get(server.index()) else {
        return decision;
    };
    let blank = |action| target::blank(action, server, empty);
    let mut names = Vec::new();
    let mut consider = |name: &str, asked: &Asked<'_>| {
        if steps::visibility(case, asked, memo).shown {
            names.push(String::from(name));
        }
    };
    match listing {
        Listing::Tools => row.tools.iter().enumerate().for_each(|(at, tool)| {
            consider(&tool.name, &Asked { tool: Some(at), ..blank(Action::Call) });
        }),
        Listing::Prompts => row.prompts.iter().enumerate().for_each(|(at, prompt)| {
            consider(&prompt.name, &Asked { prompt: Some(at), ..blank(Action::Get) });
        }),
        Listing::Resources => row.resources.iter().for_each(|uri| {
            consider(uri, &Asked { uri: Some(Uri::Known(uri)), ..blank(Action::Read) });
        }),
        Listing::Templates => row.templates.iter().for_each(|uri| {
            consider(uri, &Asked { uri: Some(Uri::Template(uri)), ..blank(Action::Read) });
        }),
    }
    decision.obligations.listed = Some(names);
    decision
}
