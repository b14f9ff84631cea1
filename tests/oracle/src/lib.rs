//! The oracle: a reference interpreter of the typed program, a generator of packages and requests,
//! and the driver that compares the interpreter with the compiler and the virtual machine.
//!
//! The interpreter is written from docs/semantics.md. It walks the typed program rule by rule and
//! shares nothing with lowering, the decision graph, the emitter or the virtual machine: its own
//! JSON reader, numbers, paths, hosts, globs, windows and SQL visitor, and other libraries where the
//! runtime has its own code (`jsonschema` for schemas, `regex` for regular expressions, `jiff` for zones).
//! Of the runtime it only uses plain data: requests, principals, the state's questions, decisions.
//!
//! Read next: [`decide`], then `steps`, `rules`, `subjects` and `eval`.

mod asked;
pub mod checked;
mod convert;
mod credential;
#[cfg(test)]
mod cross;
mod data;
pub mod driver;
mod eval;
mod exact;
mod flows;
pub mod generate;
mod json;
mod limits;
mod listing;
mod message;
mod methods;
mod obligations;
pub mod questions;
mod requirements;
mod rules;
mod schema;
mod steps;
mod subjects;
mod targets;
mod text;
mod truth;
mod unwrap;
mod value;
mod world;

use crate::methods::{Listing, Method};
use mcpz_compiler::hir::{Action, Program, ServerId};
use mcpz_runtime::decision::{Decision, DenyMode, Effect, Reason};
use mcpz_runtime::principal::Principal;
use mcpz_runtime::request::Request;
use mcpz_runtime::state::State;
use world::{Asked, LinkFacts, Uri, World};

/// What is decided about.
pub struct Question<'a> {
    /// The typed program.
    pub program: &'a Program,
    /// Digest of its bundle, which decisions carry.
    pub digest: [u8; 32],
    /// Data in place of what it was built with: names and JSON texts.
    pub data: &'a [(String, String)],
    /// Who asks.
    pub principal: &'a Principal,
    /// What is asked.
    pub request: &'a Request<'a>,
    /// What has happened before.
    pub state: &'a dyn State,
}

/// Decides one message by reading the program.
pub fn decide(question: &Question<'_>) -> Decision {
    let hidden = |reason| Decision::plain(Effect::Deny, reason, DenyMode::Hide, question.digest);
    answer(question).unwrap_or_else(hidden)
}

/// The decision, or the reason of a denial that ends it before there is a target.
fn answer(question: &Question<'_>) -> Result<Decision, Reason> {
    let Question { program, digest, principal, request, state, .. } = *question;
    let message = message::read(request.message).map_err(Reason::Input)?;
    let chain = world::read_chain(program, principal).ok_or(Reason::Credential)?;
    let context = world::read_context(&request.facts).ok_or(Reason::Input("input_syntax"))?;
    let data = data::replaced(program, question.data);
    let caller = Caller { program, digest, chain: &chain, principal, context: &context, data: &data, request, state };
    if !credential::is_valid(&caller.world(asked::about(ServerId::new(0), Action::Call))) {
        return Err(Reason::Credential);
    }
    let method = match &message.method {
        None => Method::Protocol,
        Some(name) => methods::method(name, request.direction).ok_or(Reason::UnknownMethod)?,
    };
    let server = program.servers.iter().position(|server| server.name == request.server);
    let server = server.map(ServerId::new).ok_or(Reason::UnknownTarget)?;
    match method {
        Method::Protocol => Ok(Decision::plain(Effect::Allow, Reason::Protocol, DenyMode::Explain, digest)),
        Method::List(listing) => Ok(caller.list(server, listing)),
        Method::Action(action) => {
            let asked = asked::asked(program, server, action, &message.params).ok_or(Reason::UnknownTarget)?;
            Ok(unwrap::decide(&caller, asked))
        }
    }
}

/// All but what is asked.
struct Caller<'a> {
    program: &'a Program,
    digest: [u8; 32],
    chain: &'a [LinkFacts],
    principal: &'a Principal,
    context: &'a json::Json,
    data: &'a data::Replaced,
    request: &'a Request<'a>,
    state: &'a dyn State,
}

impl<'a> Caller<'a> {
    fn world(&self, asked: Asked) -> World<'a> {
        World {
            program: self.program,
            chain: self.chain,
            scopes: &self.principal.scopes,
            now_ms: self.request.facts.now_ms,
            context: self.context,
            data: self.data,
            network: world::read_network(&self.request.facts),
            state: self.state,
            asked,
        }
    }

    /// A listing: what this caller may see, in catalog order.
    fn list(&self, server: ServerId, listing: Listing) -> Decision {
        let mut decision = Decision::plain(Effect::Allow, Reason::List, DenyMode::Explain, self.digest);
        let candidates = self.candidates(server, listing);
        let shown = candidates.into_iter().filter(|(_, asked)| listing::visibility(&self.world(asked.clone())).shown);
        decision.obligations.listed = Some(shown.map(|(name, _)| name).collect());
        decision
    }

    fn candidates(&self, server: ServerId, listing: Listing) -> Vec<(String, Asked)> {
        let Some(row) = self.program.servers.get(server.index()) else {
            return Vec::new();
        };
        let about = |action| asked::about(server, action);
        match listing {
            Listing::Tools => row
                .tools
                .iter()
                .map(|tool| {
                    let member = asked::tool(row, server, &tool.name);
                    (tool.name.to_string(), Asked { tool: member, ..about(Action::Call) })
                })
                .collect(),
            Listing::Prompts => row
                .prompts
                .iter()
                .map(|prompt| {
                    let member = asked::prompt(row, server, &prompt.name);
                    (prompt.name.to_string(), Asked { prompt: member, ..about(Action::Get) })
                })
                .collect(),
            Listing::Resources => row
                .resources
                .iter()
                .map(|uri| (uri.clone(), Asked { uri: Some(Uri::Known(uri.clone())), ..about(Action::Read) }))
                .collect(),
            Listing::Templates => row
                .resource_templates
                .iter()
                .map(|uri| (uri.clone(), Asked { uri: Some(Uri::Template(uri.clone())), ..about(Action::Read) }))
                .collect(),
        }
    }
}
