//! What one decision sees: the program, the caller, the facts, the state, and what is asked.

use crate::data::Replaced;
use crate::json::{self, Json};
use crate::text::address;
use mcpz_compiler::hir::{Action, CredentialSource, Member, PrincipalKind, Program, ServerId};
use mcpz_runtime::principal::{LinkKind, LinkSource, Principal};
use mcpz_runtime::request::{ContextFacts, Facts};
use mcpz_runtime::state::State;
use std::net::IpAddr;

/// One link of the chain, its claims read.
#[derive(Debug, Clone)]
pub struct LinkFacts {
    /// Person or program.
    pub kind: PrincipalKind,
    /// Where its credential comes from.
    pub source: CredentialSource,
    /// Claims; always an object.
    pub claims: Json,
    /// Its SPIFFE id.
    pub spiffe: Option<String>,
    /// Its user id.
    pub uid: Option<i64>,
}

impl LinkFacts {
    /// The name this link goes by in stores and approvals.
    pub fn subject(&self) -> Option<String> {
        match self.source {
            CredentialSource::Issuer(_) => self.claims.get("sub").and_then(Json::as_str).map(str::to_string),
            CredentialSource::Mtls => self.spiffe.clone(),
            CredentialSource::Local => self.uid.map(|uid| format!("uid:{uid}")),
        }
    }
}

/// What is asked.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The action.
    pub action: Action,
    /// The server that is asked, or that asks.
    pub server: ServerId,
    /// Whether the server is the one who asks.
    pub by_server: bool,
    /// The tool of a call.
    pub tool: Option<Member>,
    /// The prompt of a get or completion.
    pub prompt: Option<Member>,
    /// The URI of a read, subscription or completion.
    pub uri: Option<Uri>,
    /// `args`, `prompt.args`; an object.
    pub arguments: Json,
    /// `sample` or `elicit`; an object.
    pub details: Json,
}

/// A resource, or a template of resources whose URI is not known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Uri {
    /// This URI.
    Known(String),
    /// Some URI of this template.
    Template(String),
}

/// What one decision sees.
pub struct World<'a> {
    /// The program.
    pub program: &'a Program,
    /// The chain.
    pub chain: &'a [LinkFacts],
    /// Scopes of the credential.
    pub scopes: &'a [String],
    /// The time.
    pub now_ms: i64,
    /// `context`; an object.
    pub context: &'a Json,
    /// Data that was replaced.
    pub data: &'a Replaced,
    /// The peer's address, unwrapped.
    pub network: Option<IpAddr>,
    /// The state.
    pub state: &'a dyn State,
    /// The request.
    pub asked: Asked,
}

/// Reads the chain. `None` when a claim text is no JSON object or the issuer is unknown.
pub fn read_chain(program: &Program, principal: &Principal) -> Option<Vec<LinkFacts>> {
    principal.chain.iter().map(|link| read_link(program, link)).collect()
}

fn read_link(program: &Program, link: &mcpz_runtime::principal::Link) -> Option<LinkFacts> {
    let claims = json::read(link.claims.as_bytes()).ok().filter(|claims| matches!(claims, Json::Object(_)))?;
    let kind = match link.kind {
        LinkKind::User => PrincipalKind::User,
        LinkKind::Agent => PrincipalKind::Agent,
    };
    let (source, spiffe, uid) = match &link.source {
        LinkSource::Issuer(name) => {
            let at = program.issuers.iter().position(|issuer| issuer.name == name.as_str())?;
            (CredentialSource::Issuer(mcpz_compiler::hir::IssuerId::new(at)), None, None)
        }
        LinkSource::Mtls { spiffe } => (CredentialSource::Mtls, Some(spiffe.clone()), None),
        LinkSource::Local { uid } => (CredentialSource::Local, None, Some(*uid)),
    };
    Some(LinkFacts { kind, source, claims, spiffe, uid })
}

/// Reads `context`: an empty object when there is none, `None` when it is no JSON object.
pub fn read_context(facts: &Facts<'_>) -> Option<Json> {
    let text = match facts.context {
        ContextFacts::Nothing => "{}",
        ContextFacts::Text(text) => text,
        ContextFacts::Read(document) => document.raw(document.root()),
    };
    json::read(text.as_bytes()).ok().filter(|context| matches!(context, Json::Object(_)))
}

/// The peer's address, unwrapped.
pub fn read_network(facts: &Facts<'_>) -> Option<IpAddr> {
    facts.network_source.map(address::unwrap)
}
