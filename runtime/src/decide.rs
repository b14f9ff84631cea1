//! From a message to a decision.
//!
//! [`decide`] reads the message strictly, checks the chain, finds the target in the pinned catalog,
//! and goes through the steps of section 7 of the language. Three stages follow one another for
//! every evaluation: *extraction* (reading, natives: it alone allocates), *decision code*, and the
//! assembly of the [`Decision`].

pub(crate) mod case;
pub(crate) mod cover;
mod entries;
pub(crate) mod gates;
mod lead;
pub(crate) mod steps;
pub(crate) mod target;
mod tree;
pub(crate) mod unwrap;

use crate::caller::{Caller, Standing};
use crate::data::DataSet;
use crate::decision::{Decision, DenyMode, Effect, Reason, RuleError, ShadowHit};
use crate::json::{Buffers, Document, FaultKind, JsonFault, Kind, Limits};
use crate::natives::Memo;
use crate::reading::Reading;
use crate::request::{ContextFacts, Request};
use crate::state::State;
use crate::vm::context::{Asked, Uri};
use alloc::string::String;
use alloc::vec::Vec;
use case::{Case, Work};
pub use case::{Probe, StepCount};
use core::cell::Cell;
use mcpz_bytecode::Program;
use mcpz_bytecode::ids::ServerId;
use mcpz_bytecode::image::Action;
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
    /// Who asks, resolved with this program and data.
    pub caller: &'a Caller,
    /// What is asked.
    pub request: Request<'a>,
    /// What has happened before.
    pub state: &'a dyn State,
}

/// Memory that is reused from decision to decision.
#[derive(Debug, Default)]
pub struct Scratch {
    message: Buffers,
    rest: Rest,
}

/// All of it but for the message.
#[derive(Debug, Default)]
struct Rest {
    context: Buffers,
    details: Buffers,
    arguments: Buffers,
    memo: Memo,
    work: Work,
    lists: Lists,
    steps: Cell<StepCount>,
    counts_steps: bool,
    probe: Option<Probe>,
}

/// Memory for what decisions report.
#[derive(Debug, Default)]
struct Lists {
    errors: Vec<RuleError>,
    shadow: Vec<ShadowHit>,
}

impl Scratch {
    /// Fresh memory.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same memory with a probe around the decision stage.
    pub fn with_probe(mut self, probe: Probe) -> Self {
        self.rest.probe = Some(probe);
        self
    }

    /// The same memory, counting the steps of decisions from now on.
    pub fn counting_steps(mut self) -> Self {
        self.rest.counts_steps = true;
        self
    }

    /// Takes back a decision that is not needed any more: the next one reports in its memory, and allocates none for it.
    pub fn recycle(&mut self, decision: Decision) {
        let Lists { errors, shadow } = &mut self.rest.lists;
        keep(errors, decision.errors);
        keep(shadow, decision.shadow);
    }

    /// Steps of the decision code of the last decision; none unless they are counted.
    pub fn steps(&self) -> StepCount {
        self.rest.steps.get()
    }
}

/// Keeps the memory of a list, unless what is kept is larger.
fn keep<T>(kept: &mut Vec<T>, mut list: Vec<T>) {
    list.clear();
    if list.capacity() > kept.capacity() {
        *kept = list;
    }
}

/// Decides one message.
pub fn decide(input: &Input<'_>, scratch: &mut Scratch) -> Decision {
    let Scratch { message: buffers, rest } = scratch;
    match Reading::new(input.program, &input.request, buffers) {
        Ok(reading) => decide_with(input, &reading, rest),
        Err(reason) => refused(input, reason),
    }
}

/// Decides one message that has been read; the bytes of the request are not looked at, and must be what
/// was read. What was read for another program, server or direction is looked at again.
pub fn decide_reading(input: &Input<'_>, reading: &Reading<'_>, scratch: &mut Scratch) -> Decision {
    if reading.is_for(input.program, &input.request) {
        return decide_with(input, reading, &mut scratch.rest);
    }
    decide_with(input, &Reading::of(input.program, &input.request, *reading.message()), &mut scratch.rest)
}

/// As [`decide_reading`]. The decision is large, so it is made where it is handed over and never moved.
fn decide_with(input: &Input<'_>, reading: &Reading<'_>, rest: &mut Rest) -> Decision {
    let mut decision = Decision::plain(Effect::Allow, Reason::Allowed, DenyMode::Explain, input.program.digest());
    let Lists { errors, shadow } = core::mem::take(&mut rest.lists);
    decision.errors = errors;
    decision.shadow = shadow;
    let outcome = prepare(input, reading, rest, |case, stage, memo, work| match stage {
        Stage::Protocol => decision.reason = Reason::Protocol,
        Stage::List(server, listing) => list(case, server, listing, (memo, work), &mut decision),
        Stage::Act(asked) => unwrap::decide(case, asked, Document::empty_object(), (memo, work), &mut decision),
    });
    if let Err(reason) = outcome {
        decision.refuse(reason, DenyMode::Hide);
    }
    decision
}

/// A denial before any rule was looked at.
fn refused(input: &Input<'_>, reason: Reason) -> Decision {
    Decision::plain(Effect::Deny, reason, DenyMode::Hide, input.program.digest())
}

/// A fault of the strict reader as a reason.
pub(crate) fn fault(fault: JsonFault) -> Reason {
    Reason::Input(fault.kind.name())
}

/// What list time says of one target: a tool or prompt by name, a resource by URI. The message of
/// the request is not looked at; `None` when the credential or the target is refused.
pub fn visibility(input: &Input<'_>, action: Action, name: &str, scratch: &mut Scratch) -> Option<Visibility> {
    let Rest { context, memo, work, steps, counts_steps, probe, .. } = &mut scratch.rest;
    memo.clear();
    steps.set(StepCount::default());
    let facts = admitted(input, context).ok()?;
    let case = case_of(input, facts, counts_steps.then_some(&*steps), *probe);
    let server = input.program.server(input.request.server)?;
    let row = input.program.image().servers.get(server.index())?;
    let mut asked = target::blank(action, server);
    match action {
        Action::Call => asked.tool = Some(input.program.tool(server, name)?),
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
    Some(steps::visibility(&case, &asked, memo, work))
}

/// What a message wants.
pub(crate) enum Stage<'s, 'a> {
    /// To keep the protocol going.
    Protocol,
    /// A listing.
    List(ServerId, Listing),
    /// An action.
    Act(&'s Asked<'a>),
}

/// Reads the message and goes on as [`prepare`] does.
pub(crate) fn prepare_bytes<T>(
    input: &Input<'_>,
    scratch: &mut Scratch,
    go_on: impl FnOnce(&Case<'_>, Stage<'_, '_>, &mut Memo, &mut Work) -> T,
) -> Result<T, Reason> {
    let Scratch { message: buffers, rest } = scratch;
    let reading = Reading::new(input.program, &input.request, buffers)?;
    prepare(input, &reading, rest, go_on)
}

/// Reads everything but the message up to step 0c and hands it on; the reason when that already denies.
fn prepare<T>(
    input: &Input<'_>,
    reading: &Reading<'_>,
    rest: &mut Rest,
    go_on: impl FnOnce(&Case<'_>, Stage<'_, '_>, &mut Memo, &mut Work) -> T,
) -> Result<T, Reason> {
    let Rest { context, details, arguments, memo, work, steps, counts_steps, probe, .. } = rest;
    memo.clear();
    steps.set(StepCount::default());
    let facts = admitted(input, context)?;
    let case = case_of(input, facts, counts_steps.then_some(&*steps), *probe);
    let message = reading.message();
    let method = reading.method().ok_or(Reason::UnknownMethod)?;
    let server = reading.server().ok_or(Reason::UnknownTarget)?;
    let action = match method {
        Method::Protocol => return Ok(go_on(&case, Stage::Protocol, memo, work)),
        Method::List(listing) => return Ok(go_on(&case, Stage::List(server, listing), memo, work)),
        Method::Action(action) => action,
    };
    let blank = target::blank(action, server);
    if let Some(asked) = reading.asked(blank) {
        return Ok(go_on(&case, Stage::Act(&asked), memo, work));
    }
    let texts = target::make_texts(action, message);
    let made = match &texts {
        None => None,
        Some(made) => {
            let details = details.read(made.details.as_bytes(), &Limits::DEFAULT).map_err(fault)?;
            Some((details, arguments.read(made.arguments.as_bytes(), &Limits::DEFAULT).map_err(fault)?))
        }
    };
    let row = input.program.image().servers.get(server.index()).ok_or(Reason::UnknownTarget)?;
    let asked = target::asked(input.program, row, blank, message, made).ok_or(Reason::UnknownTarget)?;
    Ok(go_on(&case, Stage::Act(&asked), memo, work))
}

/// Step 0a: the facts, read, when the caller is one that the bundle knows.
fn admitted<'a>(input: &Input<'a>, context: &'a mut Buffers) -> Result<Document<'a>, Reason> {
    let standing = input.caller.standing(input.program, input.data);
    if standing == Standing::Unreadable {
        return Err(Reason::Credential);
    }
    let facts = context_facts(&input.request.facts.context, context)?;
    if standing == Standing::Known { Ok(facts) } else { Err(Reason::Credential) }
}

/// What stays the same for the whole decision.
fn case_of<'a>(
    input: &Input<'a>,
    facts: Document<'a>,
    steps: Option<&'a Cell<StepCount>>,
    probe: Option<Probe>,
) -> Case<'a> {
    Case {
        program: input.program,
        data: input.data,
        caller: input.caller,
        facts,
        now_ms: input.request.facts.now_ms,
        network: input.request.facts.network_source.map(unwrap_ip),
        state: input.state,
        steps,
        probe,
    }
}

/// `context`: an object.
fn context_facts<'a>(facts: &ContextFacts<'a>, buffers: &'a mut Buffers) -> Result<Document<'a>, Reason> {
    let facts = match facts {
        ContextFacts::Nothing => return Ok(Document::empty_object()),
        ContextFacts::Text(text) => buffers.read(text.as_bytes(), &Limits::DEFAULT).ok(),
        ContextFacts::Read(document) => Some(*document),
    };
    let object = facts.filter(|facts| facts.kind(facts.root()) == Kind::Object);
    object.ok_or(Reason::Input(FaultKind::Syntax.name()))
}

/// A listing: what this caller may see, in the order of the catalog.
fn list(
    case: &Case<'_>,
    server: ServerId,
    listing: Listing,
    (memo, work): (&mut Memo, &mut Work),
    decision: &mut Decision,
) {
    decision.reason = Reason::List;
    let Some(row) = case.program.image().servers.get(server.index()) else {
        return;
    };
    let blank = |action| target::blank(action, server);
    let mut names = Vec::new();
    let mut consider = |name: &str, asked: &Asked<'_>| {
        if steps::is_shown(case, asked, memo, work) {
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
}
