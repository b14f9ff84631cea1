//! mcpz: the whole of an enforcement point's work on one message.
//!
//! Strict reading (UTF-8, duplicate keys at every depth, number forms, depth), validation against the
//! pinned schema, the caller's classes, and every step of the decision. Other engines here do less.

use super::{Built, Engine, Known, mcpz_text};
use crate::model::Workload;
use mcpz_bytecode::Program;
use mcpz_compiler::BuildOptions;
use mcpz_compiler::source::{PackageInput, Workspace};
use mcpz_runtime::data::DataSet;
use mcpz_runtime::decision::{Decision, Effect};
use mcpz_runtime::json::{Buffers, Document, Limits};
use mcpz_runtime::principal::{Link, LinkKind, LinkSource, Principal};
use mcpz_runtime::request::{ContextFacts, Direction, Facts, Request};
use mcpz_runtime::state::TableState;
use mcpz_runtime::{Caller, Input, Reading, Scratch, decide, decide_reading};
use serde_json::json;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The moment of every request; no rule reads it.
const NOW_MS: i64 = 1_772_445_600_000;
/// Sections of a bundle that are decision code and rule table.
const CODE: [&str; 3] = ["code", "entries", "rules"];

/// A program, and the callers it has resolved: a credential is resolved once, however many calls it makes.
pub struct Mcpz {
    program: Program,
    data: DataSet,
    callers: Mutex<HashMap<String, Arc<Caller>>>,
}

/// What is known beforehand.
pub struct Session {
    caller: Arc<Caller>,
    server: String,
    context: Document<'static>,
    state: TableState,
}

/// Compiles a workload: the bundle, and how long it took.
fn compile(workload: &Workload) -> Result<(Vec<u8>, Duration), String> {
    let package = mcpz_text::package(workload);
    let start = Instant::now();
    let workspace = Workspace::gather(PackageInput::new("", package), Vec::new(), &|_| None);
    let checked = mcpz_compiler::check(&workspace);
    let Some(program) = checked.program else {
        let first = checked.diagnostics.first().map(|one| format!("{}: {}", one.code, one.message));
        return Err(first.unwrap_or_else(|| "the package does not compile".to_owned()));
    };
    // What is deployed: explanations come from a bundle with sources, kept beside it.
    let options = BuildOptions { debug: false, ..BuildOptions::default() };
    let build = mcpz_compiler::build(&program, &options).map_err(|diagnostics| {
        diagnostics.first().map(|one| one.message.clone()).unwrap_or_else(|| "the bundle has limits".to_owned())
    })?;
    Ok((build.bytes, start.elapsed()))
}

fn code_bytes(bundle: &[u8]) -> Option<usize> {
    let program = Program::load(bundle).ok()?;
    let sizes = program.sizes().iter();
    Some(sizes.filter(|size| CODE.contains(&size.section.name())).map(|size| size.bytes).sum())
}

impl Mcpz {
    fn input<'a>(&'a self, session: &'a Session, message: &'a [u8]) -> Input<'a> {
        let facts = Facts { now_ms: NOW_MS, context: ContextFacts::Read(session.context), network_source: None };
        Input {
            program: &self.program,
            data: &self.data,
            caller: &session.caller,
            request: Request { message, server: &session.server, direction: Direction::ToServer, facts },
            state: &session.state,
        }
    }
}

impl Engine for Mcpz {
    type Artifact = Vec<u8>;
    type Session = Session;
    type Read<'a> = Reading<'a>;
    type Worker = Scratch;

    fn build(workload: &Workload, cache: Option<&Path>) -> Result<Built<Vec<u8>>, String> {
        let file = cache.map(|folder| folder.join(format!("{}.mcpzb", workload.key())));
        if let Some(bundle) = file.as_ref().and_then(|file| std::fs::read(file).ok()) {
            let bytes = Some(bundle.len());
            return Ok(Built { artifact: bundle, bytes, code_bytes: None, compile: None });
        }
        let (bundle, took) = compile(workload)?;
        if let Some(file) = file {
            std::fs::write(&file, &bundle).map_err(|error| format!("{}: {error}", file.display()))?;
        }
        let bytes = Some(bundle.len());
        Ok(Built { code_bytes: code_bytes(&bundle), artifact: bundle, bytes, compile: Some(took) })
    }

    fn load(bundle: &Vec<u8>) -> Result<Self, String> {
        let program = Program::load(bundle).map_err(|error| error.to_string())?;
        Ok(Mcpz { program, data: DataSet::default(), callers: Mutex::default() })
    }

    fn worker(&self) -> Scratch {
        Scratch::new()
    }

    fn session(&self, known: &Known<'_>) -> Session {
        let groups: Vec<&str> = known.names().collect();
        let link = Link {
            kind: LinkKind::User,
            source: LinkSource::Issuer("corp".to_owned()),
            claims: json!({ "sub": known.agent, "groups": groups }).to_string(),
        };
        let mut callers = self.callers.lock().expect("nobody panicked with it");
        let caller = callers.entry(link.claims.clone()).or_insert_with(|| {
            let principal = Principal { chain: vec![link], scopes: Vec::new() };
            Arc::new(Caller::resolve(&self.program, &self.data, &principal))
        });
        let context = json!({ "hour": known.facts.hour, "segment": known.facts.segment }).to_string();
        Session {
            caller: Arc::clone(caller),
            server: known.server_name.to_owned(),
            context: buffers().read(context.leak().as_bytes(), &Limits::DEFAULT).expect("facts are JSON"),
            state: TableState::default(),
        }
    }

    fn read<'a>(&'a self, session: &'a Session, message: &'a [u8]) -> Option<Reading<'a>> {
        Reading::new(&self.program, &self.input(session, message).request, buffers()).ok()
    }

    fn decide_read(&self, worker: &mut Scratch, session: &Session, read: &Reading<'_>) -> bool {
        let decision = decide_reading(&self.input(session, &[]), read, worker);
        is_allow(decision, worker)
    }

    fn decide_bytes(&self, worker: &mut Scratch, session: &Session, message: &[u8]) -> bool {
        let decision = decide(&self.input(session, message), worker);
        is_allow(decision, worker)
    }
}

/// What was decided; the memory of its lists is for the next decision.
fn is_allow(decision: Decision, worker: &mut Scratch) -> bool {
    let is_allow = decision.effect == Effect::Allow;
    worker.recycle(decision);
    is_allow
}

/// Memory for a document that is kept as long as the program runs, as a session keeps it.
fn buffers() -> &'static mut Buffers {
    Box::leak(Box::new(Buffers::new()))
}
