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

pub mod checked;
mod convert;
mod credential;
#[cfg(test)]
mod cross;
pub mod driver;
mod eval;
mod exact;
mod flows;
pub mod generate;
mod json;
mod limits;
mod listing;
mod message;
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

use crate::message::{Listing, Method};
use mcpz_compiler::hir::{Action, Program, ServerId};
use mcpz_runtime::decision::{Decision, DenyMode, Effect, Reason};
use mcpz_runtime::principal::Principal;
use mcpz_runtime::request::Request;
use mcpz_runtime::state::State;
use world::{Asked, LinkFacts, Uri, World};

/// Decides one message by reading the program.
pub fn decide(
    program: &Program,
    digest: [u8; 32],
    principal: &Principal,
    request: &Request<'_>,
    state: &dyn State,
) -> Decision {
    let deny = |reason| Decision::plain(Effect::Deny, reason, DenyMode::Hide, digest);
    let message = match message::read(request.message) {
        Ok(message) => message,
        Err(fault) => return deny(Reason::Input(fault)),
    };
    let Some(chain) = world::read_chain(program, principal) else {
        return deny(Reason::Credential);
    };
    let Some(context) = world::read_context(&request.facts) else {
        return deny(Reason::Input("input_syntax"));
    };
    let caller = Caller { program, digest, chain: &chain, principal, context: &context, request, state };
    if !credential::is_valid(&caller.world(nothing_asked())) {
        return deny(Reason::Credential);
    }
    let Some(name) = message.method else {
        return Decision::plain(Effect::Allow, Reason::Protocol, DenyMode::Explain, digest);
    };
    let Some(method) = message::method(&name, request.direction) else {
        return deny(Reason::UnknownMethod);
    };
    let Some(server) = program.servers.iter().position(|server| server.name == request.server).map(ServerId::new)
    else {
        return deny(Reason::UnknownTarget);
    };
    match method {
        Method::Protocol => Decision::plain(Effect::Allow, Reason::Protocol, DenyMode::Explain, digest),
        Method::List(listing) => caller.list(server, listing),
        Method::Action(action) => match message::asked(program, server, action, &message.params) {
            Some(asked) => unwrap::decide(&caller, asked),
            None => deny(Reason::UnknownTarget),
        },
    }
}

/// All but what is asked.
struct Caller<'a> {
    program: &'a Program,
    digest: [u8; 32],
    chain: &'a [LinkFacts],
    principal: &'a Principal,
    context: &'a json::Json,
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
        let about = |action| Asked { action, server, ..nothing_asked() };
        match listing {
            Listing::Tools => row
                .tools
                .iter()
                .map(|tool| {
                    let member = message::tool(row, server, &tool.name);
                    (tool.name.to_string(), Asked { tool: member, ..about(Action::Call) })
                })
                .collect(),
            Listing::Prompts => row
                .prompts
                .iter()
                .map(|prompt| {
                    let member = message::prompt(row, server, &prompt.name);
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

fn nothing_asked() -> Asked {
    Asked {
        action: Action::Call,
        server: ServerId::new(0),
        by_server: false,
        tool: None,
        prompt: None,
        uri: None,
        arguments: json::Json::Object(Vec::new()),
        details: json::Json::Object(Vec::new()),
    }
}
