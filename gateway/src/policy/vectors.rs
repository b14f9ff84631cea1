//! The self-test: what must be denied under every policy there is, and what the operator says must be denied under
//! this one. A vector that could not but be denied, because nothing is called so, asserts nothing and is refused.

use super::{PolicyError, Snapshot};
use crate::identity::chain;
use crate::identity::reason::Reason;
use crate::identity::strict::Object;
use crate::wire::quoted;
use mcpz_runtime::decision::Effect;
use mcpz_runtime::json::Limits;
use mcpz_runtime::principal::{Link, LinkKind, LinkSource, Principal};
use mcpz_runtime::request::{Direction, Facts, Request};
use mcpz_runtime::state::TableState;
use mcpz_runtime::{Caller, Input, Scratch};
use serde_json::Value;

/// A request that must be denied before anything is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MustDeny {
    /// The server.
    pub server: String,
    /// The message.
    pub message: String,
    /// Who asks; absent: an anonymous caller.
    pub who: Option<Who>,
}

/// Who asks, as a credential would say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A token: the issuer's name in the policy, and the claims, a JSON object. `act` names the actors.
    Token {
        /// The issuer.
        issuer: String,
        /// The claims; `iss` is the issuer's when they do not say it.
        claims: String,
    },
    /// A certificate, by its SPIFFE id.
    Spiffe(String),
}

/// Whether everything is denied that must be.
pub(super) fn self_test(snapshot: &Snapshot, vectors: &[MustDeny]) -> Result<(), PolicyError> {
    let servers = snapshot.program.image().servers.iter();
    for vector in servers.flat_map(|server| always(&server.name)) {
        judge(snapshot, &vector)?;
    }
    for vector in vectors {
        means_something(snapshot, vector)?;
        judge(snapshot, vector)?;
    }
    Ok(())
}

fn judge(snapshot: &Snapshot, vector: &MustDeny) -> Result<(), PolicyError> {
    if denies(snapshot, vector)? { Ok(()) } else { Err(wrong(vector, "must be denied and is not")) }
}

fn wrong(vector: &MustDeny, problem: &str) -> PolicyError {
    PolicyError(format!(
        "self-test: a request to server `{}` {problem}: {}",
        vector.server.escape_default(),
        vector.message.escape_default()
    ))
}

/// Vectors that no policy may allow: no such tool, no such method, a key twice.
fn always(server: &str) -> [MustDeny; 3] {
    let vector = |message: &str| MustDeny { server: server.to_owned(), message: message.to_owned(), who: None };
    [
        vector(r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\u0001 no such tool"}}"#),
        vector(r#"{"jsonrpc":"2.0","id":1,"method":"no/such/method"}"#),
        vector(r#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}"#),
    ]
}

/// Whether the server, and the tool if one is called, are of this policy.
fn means_something(snapshot: &Snapshot, vector: &MustDeny) -> Result<(), PolicyError> {
    let Some(server) = snapshot.program.server(&vector.server) else {
        return Err(wrong(vector, "asserts nothing, the policy has no such server"));
    };
    let message: Value =
        serde_json::from_str(&vector.message).map_err(|_| wrong(vector, "asserts nothing, it is no JSON"))?;
    if message["method"] != "tools/call" {
        return Ok(());
    }
    let tool = message["params"]["name"].as_str().unwrap_or_default();
    match snapshot.program.tool(server, tool) {
        Some(_) => Ok(()),
        None => Err(wrong(vector, "asserts nothing, the server has no such tool")),
    }
}

/// Whether a vector is denied.
fn denies(snapshot: &Snapshot, vector: &MustDeny) -> Result<bool, PolicyError> {
    let chain = match &vector.who {
        None => Vec::new(),
        Some(who) => {
            links(snapshot, who).map_err(|why| wrong(vector, &format!("is of nobody that there can be ({why})")))?
        }
    };
    let caller = Caller::resolve(&snapshot.program, &snapshot.data, &Principal { chain, scopes: Vec::new() });
    let request = Request {
        message: vector.message.as_bytes(),
        server: &vector.server,
        direction: Direction::ToServer,
        facts: Facts::default(),
    };
    let state = &TableState::default();
    let input = Input { program: &snapshot.program, data: &snapshot.data, caller: &caller, request, state };
    Ok(mcpz_runtime::decide(&input, &mut Scratch::new()).effect == Effect::Deny)
}

/// The chain that a credential would make.
fn links(snapshot: &Snapshot, who: &Who) -> Result<Vec<Link>, &'static str> {
    let said = |reason: Reason| reason.name();
    let (mut chain, otherwise) = match who {
        Who::Spiffe(spiffe) => {
            let source = LinkSource::Mtls { spiffe: spiffe.clone() };
            (vec![Link { kind: LinkKind::Agent, source, claims: "{}".to_owned() }], LinkKind::Agent)
        }
        Who::Token { issuer, claims } => {
            let issuers = &snapshot.program.image().issuers;
            let issuer = issuers.iter().find(|declared| declared.name == *issuer).ok_or("no such issuer")?;
            let read = |text: String| Object::read(text.into_bytes(), &Limits::DEFAULT).map_err(said);
            let mut object = read(claims.clone())?;
            if object.get("iss").is_none() {
                let rest = claims.trim_start().strip_prefix('{').unwrap_or_default();
                let comma = if rest.trim_start().starts_with('}') { "" } else { "," };
                object = read(format!("{{\"iss\":{}{comma}{rest}", quoted(&issuer.url)))?;
            }
            let subject = object.text_of("sub").map_err(said)?;
            let is_client = object.opt_text("client_id").map_err(said)? == Some(subject);
            let otherwise = if is_client { LinkKind::Agent } else { LinkKind::User };
            (chain::links(&object, &issuer.name, &issuer.url, otherwise).map_err(said)?, otherwise)
        }
    };
    if let Some(subject) = chain.last_mut() {
        subject.kind = chain::kind(snapshot, subject, otherwise).map_err(said)?;
    }
    Ok(chain)
}
