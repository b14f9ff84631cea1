//! A loaded bundle and the decisions it makes.
//!
//! Everything that decides goes through [`Engine`]: `eval`, `why`, `test`, `cargo demo`. It turns a
//! [`Case`] into the runtime's request and calls it; it adds no meaning of its own.

use crate::case::Case;
use crate::escape;
use crate::exit::Failure;
use crate::graph::Trail;
use mcpz_bytecode::Program;
use mcpz_bytecode::image::{Action, BundleImage, EntryImage, EntryTarget};
use mcpz_compiler::hir;
use mcpz_runtime::data::{DataError, DataSet};
use mcpz_runtime::decision::Decision;
use mcpz_runtime::request::{Direction, Facts, Request};

use mcpz_runtime::decide::StepCount;
use mcpz_runtime::why::Why;
use mcpz_runtime::{Caller, Input, Scratch};

/// What of a case is worked out before it is decided.
struct Resolved {
    data: DataSet,
    caller: Caller,
}

/// A verified program with its size.
pub struct Engine {
    program: Program,
    bytes: usize,
}

impl Engine {
    /// Verifies a bundle.
    pub fn load(bytes: &[u8]) -> Result<Engine, Failure> {
        let program = Program::load(bytes).map_err(|error| {
            Failure::input(format!("the bundle is refused: {}", escape::inline(&error.to_string())))
                .with_help("build it again with `mcpz build`; a bundle is never repaired")
        })?;
        Ok(Engine { program, bytes: bytes.len() })
    }

    /// The program.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Its tables.
    pub fn image(&self) -> &BundleImage {
        self.program.image()
    }

    /// Bytes of the bundle.
    pub fn size(&self) -> usize {
        self.bytes
    }

    /// Decides a case.
    pub fn decide(&self, case: &Case) -> Result<Decision, Failure> {
        let caller = self.resolved(case)?;
        let mut scratch = Scratch::new();
        Ok(mcpz_runtime::decide(&self.input(case, &caller)?, &mut scratch))
    }

    /// Decides a case, and counts the steps it took beside the bound that the verifier computed.
    pub fn decide_counted(&self, case: &Case) -> Result<(Decision, StepCount), Failure> {
        let caller = self.resolved(case)?;
        let mut scratch = Scratch::new().counting_steps();
        let decision = mcpz_runtime::decide(&self.input(case, &caller)?, &mut scratch);
        Ok((decision, scratch.steps()))
    }

    /// Explains a case.
    pub fn why(&self, case: &Case) -> Result<Why, Failure> {
        let caller = self.resolved(case)?;
        let mut scratch = Scratch::new();
        Ok(mcpz_runtime::why::why(&self.input(case, &caller)?, &mut scratch))
    }

    /// What of the decision trees a case meets.
    pub fn trail(&self, case: &Case) -> Result<Trail, Failure> {
        let caller = self.resolved(case)?;
        let mut scratch = Scratch::new();
        let nodes = mcpz_runtime::why::trail(&self.input(case, &caller)?, &mut scratch);
        Ok(Trail::of(&case.message, nodes))
    }

    /// Calls `with` with a function that decides the case again and again: for measurements.
    pub fn repeat<R>(&self, case: &Case, with: impl FnOnce(&mut dyn FnMut() -> Decision) -> R) -> Result<R, Failure> {
        let caller = self.resolved(case)?;
        let input = self.input(case, &caller)?;
        let mut scratch = Scratch::new();
        Ok(with(&mut || mcpz_runtime::decide(&input, &mut scratch)))
    }

    /// Whether a target is listed for the caller of the case.
    pub fn is_listed(&self, case: &Case, action: hir::Action, name: &str) -> Result<bool, Failure> {
        let caller = self.resolved(case)?;
        let mut scratch = Scratch::new();
        let input = self.input(case, &caller)?;
        let visibility = mcpz_runtime::decide::visibility(&input, action_of(action), name, &mut scratch);
        Ok(visibility.is_some_and(|visibility| visibility.shown))
    }

    /// The most steps that one decision of an entry point can take: the sum over the rules that meet there.
    pub fn entry_steps(&self, entry: &EntryImage) -> u64 {
        let image = self.image();
        let wider = image.entries.iter().filter(|other| is_wider(other, entry));
        let trees = wider.flat_map(|entry| entry.trees.all());
        trees.fold(0, |sum, tree| sum.saturating_add(self.program.tree_steps(tree)))
    }

    /// How many rows the trees of an entry point have.
    pub fn entry_rules(&self, entry: &EntryImage) -> u64 {
        let facts = entry.trees.all().filter_map(|tree| self.program.tree_facts(tree));
        facts.fold(0, |sum, facts| sum.saturating_add(u64::from(facts.rows)))
    }

    /// The server of a case: the one named, or the only one there is.
    fn server<'a>(&'a self, case: &'a Case) -> Result<&'a str, Failure> {
        if let Some(name) = &case.server {
            return Ok(name);
        }
        match self.image().servers.as_slice() {
            [only] => Ok(&only.name),
            servers => {
                let names: Vec<String> = servers.iter().map(|s| escape::inline(&s.name)).collect();
                Err(Failure::input("the bundle has several servers: say which one the message is for")
                    .with_help(format!("`--server NAME`, one of: {}", names.join(", "))))
            }
        }
    }

    /// Data and caller of a case.
    fn resolved(&self, case: &Case) -> Result<Resolved, Failure> {
        let data = self.data(case)?;
        let caller = Caller::resolve(&self.program, &data, &case.principal);
        Ok(Resolved { data, caller })
    }

    fn data(&self, case: &Case) -> Result<DataSet, Failure> {
        let mut data = DataSet::default();
        for (name, text) in &case.data {
            data.replace(&self.program, name, text.as_bytes()).map_err(|error| data_failure(name, error))?;
        }
        Ok(data)
    }

    fn input<'a>(&'a self, case: &'a Case, resolved: &'a Resolved) -> Result<Input<'a>, Failure> {
        let Resolved { data, caller } = resolved;
        let facts =
            Facts { now_ms: case.now_ms, context: case.context.as_deref().into(), network_source: case.network };
        let request = Request { message: &case.message, server: self.server(case)?, direction: case.direction, facts };
        Ok(Input { program: &self.program, data, caller, request, state: &case.state })
    }
}

fn data_failure(name: &str, error: DataError) -> Failure {
    let name = escape::inline(name);
    match error {
        DataError::UnknownName => Failure::input(format!("the bundle declares no data `{name}`")),
        DataError::Json(_) => Failure::input(format!("the value for data `{name}` is no acceptable JSON")),
        DataError::Value(code) => {
            Failure::input(format!("the value for data `{name}` does not fit its type: {}", code.name()))
        }
    }
}

/// Whether the rows of `other` are merged into decisions of `entry`.
fn is_wider(other: &EntryImage, entry: &EntryImage) -> bool {
    let same_server = other.server.is_none() || other.server == entry.server;
    let same_target = other.target == EntryTarget::Any || other.target == entry.target;
    other.action == entry.action && same_server && same_target
}

/// The same action in the terms of the bundle.
pub fn action_of(action: hir::Action) -> Action {
    match action {
        hir::Action::Call => Action::Call,
        hir::Action::Read => Action::Read,
        hir::Action::Subscribe => Action::Subscribe,
        hir::Action::Get => Action::Get,
        hir::Action::Complete => Action::Complete,
        hir::Action::Sample => Action::Sample,
        hir::Action::Elicit => Action::Elicit,
        hir::Action::Roots => Action::Roots,
    }
}

/// Which way a message goes when nobody says: what only servers ask goes to the client.
pub fn direction_of(message: &[u8], given: Direction) -> Direction {
    const FROM_SERVERS: [&str; 3] = ["sampling/createMessage", "elicitation/create", "roots/list"];
    let method = serde_json::from_slice::<serde_json::Value>(message)
        .ok()
        .and_then(|value| value.get("method").and_then(|m| m.as_str().map(str::to_owned)));
    match method {
        Some(method) if FROM_SERVERS.contains(&method.as_str()) => Direction::ToClient,
        _ => given,
    }
}
