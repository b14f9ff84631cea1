//! The runtime as the boundary uses it: the only module that decides.
//!
//! Everything here is safe Rust, and small: when the runtime's interface changes, this file (and the form of links in
//! [`crate::principal`]) is what follows.

use crate::status::Status;
use mcpz_bytecode::Program;
use mcpz_runtime::data::DataSet;
use mcpz_runtime::decision::{Decision, DenyMode, Effect, Reason};
use mcpz_runtime::principal::{Link, Principal};
use mcpz_runtime::request::Request;
use mcpz_runtime::state::State;
use mcpz_runtime::{Caller, Input, Scratch};

/// Verifies a bundle; the text says what is wrong with it.
pub(crate) fn load(bundle: &[u8]) -> Result<Program, String> {
    Program::load(bundle).map_err(|error| error.to_string())
}

/// Who asks, made once and used for many decisions.
pub(crate) fn principal(program: &Program, chain: Vec<Link>, scopes: Vec<String>) -> Caller {
    Caller::resolve(program, &DataSet::default(), &Principal { chain, scopes })
}

/// Decides one message.
pub(crate) fn decide(
    program: &Program,
    caller: &Caller,
    request: Request<'_>,
    state: &dyn State,
    scratch: &mut Scratch,
) -> Decision {
    let data = DataSet::default();
    mcpz_runtime::decide(&Input { program, data: &data, caller, request, state }, scratch)
}

/// The denial that stands when nothing could be decided: it names the status as its reason and shows nothing.
pub(crate) fn refusal(status: Status, digest: [u8; 32]) -> Decision {
    Decision::plain(Effect::Deny, Reason::Input(status.word()), DenyMode::Hide, digest)
}
