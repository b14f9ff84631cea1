//! What a subject makes known: whose claims, and whether there is a user or an agent at all.
//!
//! Only what *every* caller that the subject covers has is known. The rules follow the
//! chain-matching table: in a permit a bare agent is alone and a user class covers the user at the
//! end of the chain; in a restriction a class may be anywhere, but users only ever end a chain.

use super::scope::Known;
use crate::hir::{ClassDefinition, ClassId, CredentialSource, PrincipalKind, Program, Subject};
use crate::types::RecordType;
use std::collections::BTreeSet;

/// What is known of the callers of a subject.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Principals {
    /// The claims of the user in the chain.
    pub user: Known<RecordType>,
    /// The claims of the outermost agent.
    pub agent: Known<RecordType>,
    /// Every caller has a user.
    pub has_user: bool,
    /// Every caller has an agent.
    pub has_agent: bool,
}

/// A link that every caller has: the credentials it may come from. `None`: there may be no such link.
type Link = Option<BTreeSet<CredentialSource>>;

/// The user and the agent that every caller of a subject has.
#[derive(Debug, Clone, PartialEq, Default)]
struct Links {
    user: Link,
    agent: Link,
}

/// What a subject makes known.
pub(crate) fn of_subject(program: &Program, subject: &Subject) -> Principals {
    let links = links_of(program, subject);
    Principals {
        user: claims_known(program, &links.user, PrincipalKind::User),
        agent: claims_known(program, &links.agent, PrincipalKind::Agent),
        has_user: links.user.is_some(),
        has_agent: links.agent.is_some(),
    }
}

/// Nothing is known, silently: the subject is in error.
pub(crate) fn broken() -> Principals {
    Principals { user: Known::Broken, agent: Known::Broken, has_user: true, has_agent: true }
}

fn links_of(program: &Program, subject: &Subject) -> Links {
    match subject {
        Subject::Anyone | Subject::Anonymous | Subject::Server(_) => Links::default(),
        Subject::AnyAgent => Links { agent: Some(all_sources(program, PrincipalKind::Agent)), user: None },
        Subject::AnyUser => Links { user: Some(all_sources(program, PrincipalKind::User)), agent: None },
        Subject::Class(id) => class_links(program, *id),
        Subject::Either(members) => members
            .iter()
            .map(|member| links_of(program, member))
            .reduce(|a, b| Links { user: either(a.user, b.user), agent: either(a.agent, b.agent) })
            .unwrap_or_default(),
        Subject::Both(members) => members
            .iter()
            .map(|member| links_of(program, member))
            .reduce(|a, b| Links { user: both(a.user, b.user), agent: both(a.agent, b.agent) })
            .unwrap_or_default(),
        Subject::ActingFor(actor, principal) => {
            let (actor, principal) = (links_of(program, actor), links_of(program, principal));
            Links { user: principal.user, agent: actor.agent }
        }
    }
}

fn class_links(program: &Program, id: ClassId) -> Links {
    let sources = Some(sources_of(program, id));
    match program.classes.get(id.index()).map(|class| class.kind) {
        Some(PrincipalKind::User) => Links { user: sources, agent: None },
        Some(PrincipalKind::Agent) => Links { agent: sources, user: None },
        None => Links::default(),
    }
}

fn either(a: Link, b: Link) -> Link {
    Some(a?.union(&b?).copied().collect())
}

fn both(a: Link, b: Link) -> Link {
    match (a, b) {
        (Some(a), Some(b)) => {
            let shared: BTreeSet<_> = a.intersection(&b).copied().collect();
            Some(if shared.is_empty() { a } else { shared })
        }
        (a, b) => a.or(b),
    }
}

/// The credentials that members of a class may come with. Classes only refer to earlier ones.
pub(crate) fn sources_of(program: &Program, id: ClassId) -> BTreeSet<CredentialSource> {
    let mut sources = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![id];
    while let Some(next) = open.pop() {
        if !seen.insert(next) {
            continue;
        }
        match program.classes.get(next.index()).map(|class| &class.definition) {
            Some(ClassDefinition::Identity { source, .. }) => drop(sources.insert(*source)),
            Some(ClassDefinition::Narrow { base, .. }) => open.push(*base),
            Some(ClassDefinition::Join(members)) => open.extend(members),
            None => {}
        }
    }
    sources
}

fn all_sources(program: &Program, kind: PrincipalKind) -> BTreeSet<CredentialSource> {
    let identities = program.classes.iter().filter(|class| class.kind == kind);
    let sources = identities.filter_map(|class| match &class.definition {
        ClassDefinition::Identity { source, .. } => Some(*source),
        _ => None,
    });
    sources.collect()
}

/// The claims that tokens of all these sources have.
pub(crate) fn claims_of(program: &Program, sources: &BTreeSet<CredentialSource>) -> Option<RecordType> {
    let mut claims: Option<RecordType> = None;
    for source in sources {
        let CredentialSource::Issuer(issuer) = source else { return None };
        let declared = &program.issuers.get(issuer.index())?.claims;
        claims = Some(match claims {
            Some(known) => common(&known, declared),
            None => declared.clone(),
        });
    }
    claims
}

/// Claims that both declare.
fn common(a: &RecordType, b: &RecordType) -> RecordType {
    let shared = a.fields.iter().filter_map(|(name, ty)| Some((name.clone(), ty.join(b.fields.get(name)?))));
    RecordType { fields: shared.collect(), open: false }
}

fn claims_known(program: &Program, link: &Link, kind: PrincipalKind) -> Known<RecordType> {
    let (word, help) = match kind {
        PrincipalKind::User => {
            ("user", "name a user or a role of users (`analyst`, `copilot acting for analyst`) or `any user`")
        }
        PrincipalKind::Agent => ("agent", "name an agent, or `any agent`"),
    };
    let article = if kind == PrincipalKind::User { "a" } else { "an" };
    match link {
        None => Known::no(format!("not every caller of this subject has {article} {word}"), help),
        Some(sources) if sources.is_empty() => Known::no(format!("no {word} is declared"), help),
        Some(sources) => match claims_of(program, sources) {
            Some(claims) => Known::Yes(claims),
            None => Known::no(
                format!("{article} {word} of this subject may come without a token"),
                "claims are in tokens; ask for the identity itself instead",
            ),
        },
    }
}
