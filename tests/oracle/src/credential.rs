//! Step 0a: whether the chain is one that the bundle knows.

use crate::eval::Scope;
use crate::exact;
use crate::json::Json;
use crate::subjects;
use crate::truth::Truth;
use crate::world::{LinkFacts, World};
use mcpz_compiler::hir::{CredentialSource, PrincipalKind};
use mcpz_compiler::types::Type;

/// Most links of a chain.
const MAX_CHAIN: usize = 8;

/// All links but the last are agents, claims fit their issuer's declaration, and each agent that
/// acts for a link belongs to a class that may. Only the last link, the credential's own subject, must have
/// every mandatory claim; actors have a `sub`, and whatever else they have fits.
pub fn is_valid(world: &World<'_>) -> bool {
    let chain = world.chain;
    chain.len() <= MAX_CHAIN
        && chain.split_last().is_none_or(|(subject, actors)| {
            claims_fit(world, subject, false) && actors.iter().all(|link| claims_fit(world, link, true))
        })
        && chain.windows(2).all(|pair| may_act_for(world, &pair[0], &pair[1]))
}

fn claims_fit(world: &World<'_>, link: &LinkFacts, is_actor: bool) -> bool {
    match link.source {
        CredentialSource::Issuer(id) => world.program.issuers.get(id.index()).is_some_and(|issuer| {
            let named = link.claims.get("sub").and_then(Json::as_str).is_some();
            match is_actor {
                true => {
                    let mut fields = issuer.claims.fields.iter();
                    named && fields.all(|(name, ty)| link.claims.get(name).is_none_or(|value| fits(value, ty)))
                }
                false => fits(&link.claims, &Type::Record(issuer.claims.clone())),
            }
        }),
        CredentialSource::Mtls | CredentialSource::Local => true,
    }
}

fn may_act_for(world: &World<'_>, actor: &LinkFacts, principal: &LinkFacts) -> bool {
    let scope = Scope::new(world, false);
    let belongs = |class, link| subjects::fits(&scope, class, link) == Truth::True;
    actor.kind == PrincipalKind::Agent
        && world.program.classes.iter().enumerate().any(|(at, class)| {
            !class.acts_for.is_empty()
                && belongs(mcpz_compiler::hir::ClassId::new(at), actor)
                && class.acts_for.iter().any(|wanted| belongs(*wanted, principal))
        })
}

/// Whether JSON has a type: what claims must. Strings that are written forms (paths, URLs...) are
/// only strings here; what is wrong inside shows where they are used.
fn fits(json: &Json, ty: &Type) -> bool {
    match (ty, json) {
        (Type::Optional(_), Json::Null) | (Type::Json, _) => true,
        (Type::Optional(inner), _) => fits(json, inner),
        (Type::Union(members), _) => members.iter().any(|member| fits(json, member)),
        (Type::Null, Json::Null) | (Type::Bool, Json::Bool(_)) | (Type::Decimal, Json::Number(_)) => true,
        (Type::Int, Json::Number(scaled)) => exact::integral(*scaled).is_some_and(|whole| i64::try_from(whole).is_ok()),
        (Type::Enum(words), Json::String(text)) => words.iter().any(|word| word == text),
        (Type::List(element) | Type::Set(element), Json::Array(items)) => items.iter().all(|item| fits(item, element)),
        (Type::Map(element), Json::Object(members)) => members.iter().all(|(_, value)| fits(value, element)),
        (Type::Record(record), Json::Object(_)) => record.fields.iter().all(|(name, field)| match json.get(name) {
            None => field.is_optional(),
            Some(value) => fits(value, field),
        }),
        (
            Type::String
            | Type::Bytes
            | Type::Duration
            | Type::Instant
            | Type::Date
            | Type::Time
            | Type::Weekday
            | Type::Ip
            | Type::Net
            | Type::Host
            | Type::Url
            | Type::Path,
            Json::String(_),
        ) => true,
        _ => false,
    }
}
