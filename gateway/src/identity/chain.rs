//! From claims to a chain of links: who acts, for whom, and whether each is a person or a program.
//!
//! `act` (RFC 8693) holds the actor, and within it the actor before. The runtime's chain begins with the outermost actor
//! and ends with the token's subject. An actor must be of the token's own issuer, which it has when it says none: no issuer
//! vouches for another's names. Actors need nothing but a `sub` (RFC 8693, 4.1).
//!
//! Tokens do not say whether their subject is a person or a program; the policy does. The subject is a user when it
//! belongs to some `user` of the policy, an agent when it belongs to some `agent`; when to both, it is refused; when to
//! neither, it is an agent if it is the client itself, else a user, whom no named class covers.

use super::reason::Reason;
use super::strict::{Object, is_plain};
use crate::policy::Snapshot;
use crate::verified::{Key, Verified};
use crate::wire::quoted;
use mcpz_bytecode::ids::ClassId;
use mcpz_bytecode::limits::MAX_CHAIN;
use mcpz_runtime::Caller;
use mcpz_runtime::credential::subject;
use mcpz_runtime::json::Kind;
use mcpz_runtime::principal::{Link, LinkKind, LinkSource, Principal};
use mcpz_runtime::vm::value::Truth;
use sha2::{Digest, Sha256};

/// The links of a token, the actors as agents, the subject as `kind` says.
pub fn links(claims: &Object, name: &str, url: &str, subject: LinkKind) -> Result<Vec<Link>, Reason> {
    let view = claims.view();
    let link = |kind: LinkKind, text: &str| Link {
        kind,
        source: LinkSource::Issuer(name.to_owned()),
        claims: text.to_owned(),
    };
    let mut chain = Vec::new();
    let mut next = claims.get("act");
    while let Some(actor) = next {
        if chain.len().saturating_add(1) >= MAX_CHAIN {
            return Err(Reason::ActorDepth);
        }
        let text = |name: &str| view.get(actor, name).map(|node| view.str(node));
        if view.kind(actor) != Kind::Object || !text("sub").flatten().is_some_and(is_plain) {
            return Err(Reason::Actor);
        }
        if text("iss").is_some_and(|iss| iss != Some(url)) {
            return Err(Reason::Actor);
        }
        let claims = view.raw(actor);
        match text("iss") {
            Some(_) => chain.push(link(LinkKind::Agent, claims)),
            // The token's issuer vouches for its actors, too.
            None => chain.push(link(LinkKind::Agent, &with_issuer(claims, url))),
        }
        next = view.get(actor, "act");
    }
    chain.push(link(subject, claims.text()));
    Ok(chain)
}

/// The claims of an actor that does not say whose it is.
fn with_issuer(claims: &str, url: &str) -> String {
    // It is an object with a `sub`, so that something stands behind the brace.
    format!("{{\"iss\":{},{}", quoted(url), claims.strip_prefix('{').unwrap_or(claims))
}

/// Whether the policy, with the data that holds now, takes a link for a person or a program.
pub fn kind(snapshot: &Snapshot, link: &Link, otherwise: LinkKind) -> Result<LinkKind, Reason> {
    match (belongs(snapshot, link, LinkKind::User), belongs(snapshot, link, LinkKind::Agent)) {
        (true, true) => Err(Reason::Ambiguous),
        (true, false) => Ok(LinkKind::User),
        (false, true) => Ok(LinkKind::Agent),
        (false, false) => Ok(otherwise),
    }
}

/// Whether a link, taken for a person or a program, belongs to some class of the policy.
fn belongs(snapshot: &Snapshot, link: &Link, kind: LinkKind) -> bool {
    let chain = vec![Link { kind, ..link.clone() }];
    let caller = Caller::resolve(&snapshot.program, &snapshot.data, &Principal { chain, scopes: Vec::new() });
    let classes = snapshot.program.image().classes.len();
    (0..classes).any(|class| caller.classes().get(ClassId::new(class), 0) == Truth::True)
}

/// The same for the same principal, whatever credential it shows.
pub fn key(chain: &[Link]) -> Key {
    let mut digest = Sha256::new();
    let mut field = |text: &str| {
        digest.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        digest.update(text);
    };
    for link in chain {
        field(match link.kind {
            LinkKind::User => "user",
            LinkKind::Agent => "agent",
        });
        match &link.source {
            LinkSource::Issuer(name) => {
                field("issuer");
                field(name);
            }
            LinkSource::Mtls { .. } => field("mtls"),
            LinkSource::Local { .. } => field("local"),
        }
        field(&subject(link).unwrap_or_default());
    }
    Key(digest.finalize().into())
}

/// A verified credential of a chain.
pub fn verified(chain: Vec<Link>, scopes: Vec<String>, credential: [u8; 32]) -> Verified {
    let key = key(&chain);
    Verified { principal: Principal { chain, scopes }, mfa_at_ms: None, expires_at_ms: None, key, credential }
}
