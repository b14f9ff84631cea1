//! Cedar: a policy for each rule, role, action and resource in the scope:
//! `permit(principal in Role::"r", action == Action::"server/tool", resource == Server::"server") when { .. };`
//! with the `has` guards that validation against a schema would ask for.
//!
//! [`Cedar`] is one policy set, as the API offers it. [`CedarSliced`] keeps a policy set for each tool
//! and picks one, as a careful application does.

use super::typed::{self, Serde, TypedCall};
use super::{Built, ByTool, Engine, Known, Slices, quote, quote_all, slices_bytes};
use crate::model::{Condition, DEEP, Effect, INT_FIELDS, Rule, Shape, TEXT_FIELDS, Target, Workload};
use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicySet, Request,
    RestrictedExpression,
};
use std::collections::HashSet;
use std::path::Path;
use std::str::FromStr;

/// A condition; the arguments are `place`.
fn condition(condition: &Condition, place: &str, guard: &str) -> Result<String, String> {
    let text = match condition {
        Condition::Under { field, base } => {
            let name = field.name();
            let (exact, below) = (quote(base), quote(&format!("{base}/*")));
            format!(
                "{place} has {name} && ({place}.{name} == {exact} || {place}.{name} like {below}) \
                 && !({place}.{name} like \"*..*\")"
            )
        }
        Condition::Glob { field, parts } => {
            let name = field.name();
            format!("{place} has {name} && {place}.{name} like {}", quote(&parts.join("*")))
        }
        Condition::Range { field, low, high } => {
            let name = field.name();
            format!("{place} has {name} && {place}.{name} >= {low} && {place}.{name} <= {high}")
        }
        Condition::OneOf { field, values } => {
            let name = field.name();
            format!("{place} has {name} && [{}].contains({place}.{name})", quote_all(values))
        }
        Condition::Regex { .. } => return Err("Cedar has no regular expressions".to_owned()),
        Condition::Hours { from, to } => format!("context.hour >= {from} && context.hour < {to}"),
        Condition::Segment(segments) => format!("[{}].contains(context.segment)", quote_all(segments)),
    };
    Ok(if condition.is_about_arguments() { format!("{guard}{text}") } else { text })
}

fn policy(workload: &Workload, rule: &Rule) -> Result<String, String> {
    let (place, guard) = match workload.shape {
        Shape::Flat => ("context.args".to_owned(), String::new()),
        Shape::Deep => deep_place(),
    };
    let conditions: Result<Vec<String>, String> =
        rule.conditions.iter().map(|one| condition(one, &place, &guard)).collect();
    let effect = match rule.effect {
        Effect::Permit => "permit",
        Effect::Forbid => "forbid",
    };
    let (action, resource) = match rule.target {
        Target::Tool(server, tool) => {
            let name = &workload.servers[server].name;
            let action = format!("action == Action::\"{name}/{}\"", workload.tool_name(server, tool));
            (action, format!("resource == Server::\"{name}\""))
        }
        Target::Server(server) => {
            ("action".to_owned(), format!("resource == Server::\"{}\"", workload.servers[server].name))
        }
        Target::Any => ("action".to_owned(), "resource".to_owned()),
    };
    let role = &workload.roles[rule.role];
    Ok(format!(
        "{effect}(principal in Role::\"{role}\", {action}, {resource}) when {{ {} }};\n",
        conditions?.join(" && ")
    ))
}

/// Where deep arguments stand, and the tests that they are there.
fn deep_place() -> (String, String) {
    let (mut place, mut guard) = ("context.args".to_owned(), String::new());
    for key in DEEP {
        guard += &format!("{place} has {key} && ");
        place += &format!(".{key}");
    }
    (place, guard)
}

/// The rules as policies, a text for each tool.
fn slices(workload: &Workload) -> Result<Slices, String> {
    workload
        .rules_by_tool()
        .into_iter()
        .map(|(server, tool, numbers)| {
            let text: Result<String, String> =
                numbers.into_iter().map(|number| policy(workload, &workload.rules[number])).collect();
            Ok((workload.servers[server].name.clone(), workload.tool_name(server, tool).to_owned(), text?))
        })
        .collect()
}

fn policy_set(text: &str) -> Result<PolicySet, String> {
    PolicySet::from_str(text).map_err(|error| error.to_string())
}

/// Entity types, and how a call becomes a request.
struct Types {
    role: EntityTypeName,
    user: EntityTypeName,
    server: EntityTypeName,
    action: EntityTypeName,
    shape: Shape,
}

/// What is known beforehand.
pub struct Session {
    principal: EntityUid,
    entities: Entities,
    resource: EntityUid,
    server: String,
    hour: i64,
    segment: String,
}

/// A request, ready to be decided.
pub struct Read {
    tool: String,
    request: Request,
}

impl Types {
    fn new(shape: Shape) -> Types {
        let name = |text| EntityTypeName::from_str(text).expect("a fixed identifier");
        Types { role: name("Role"), user: name("User"), server: name("Server"), action: name("Action"), shape }
    }

    fn uid(of: &EntityTypeName, id: &str) -> EntityUid {
        EntityUid::from_type_name_and_id(of.clone(), EntityId::new(id))
    }

    fn session(&self, known: &Known<'_>) -> Session {
        let principal = Types::uid(&self.user, known.agent);
        let parents: HashSet<EntityUid> = known.names().map(|role| Types::uid(&self.role, role)).collect();
        let entity = Entity::new_no_attrs(principal.clone(), parents);
        Session {
            principal,
            entities: Entities::from_entities([entity], None).expect("one entity"),
            resource: Types::uid(&self.server, known.server_name),
            server: known.server_name.to_owned(),
            hour: known.facts.hour,
            segment: known.facts.segment.clone(),
        }
    }

    fn read(&self, session: &Session, message: &[u8]) -> Option<Read> {
        let call = typed::read::<Serde>(message, self.shape)?;
        let mut id = String::with_capacity(session.server.len() + 1 + call.tool.len());
        id.push_str(&session.server);
        id.push('/');
        id.push_str(&call.tool);
        let (principal, resource) = (session.principal.clone(), session.resource.clone());
        let context = self.context(session, &call)?;
        let request = Request::new(principal, Types::uid(&self.action, &id), resource, context, None).ok()?;
        Some(Read { tool: call.tool.to_string(), request })
    }

    fn context(&self, session: &Session, call: &TypedCall<'_>) -> Option<Context> {
        let string = |text: &str| RestrictedExpression::new_string(text.to_owned());
        let texts = TEXT_FIELDS
            .iter()
            .filter_map(|field| call.arguments.text(*field).map(|value| (field.name().to_owned(), string(value))));
        let ints = INT_FIELDS.iter().filter_map(|field| {
            let value = call.arguments.int(*field)?;
            Some((field.name().to_owned(), RestrictedExpression::new_long(value)))
        });
        let mut args = RestrictedExpression::new_record(texts.chain(ints)).ok()?;
        if self.shape == Shape::Deep {
            for key in DEEP.iter().rev() {
                args = RestrictedExpression::new_record([((*key).to_owned(), args)]).ok()?;
            }
        }
        let pairs = [
            ("hour".to_owned(), RestrictedExpression::new_long(session.hour)),
            ("segment".to_owned(), string(&session.segment)),
            ("args".to_owned(), args),
        ];
        Context::from_pairs(pairs).ok()
    }
}

fn allows(authorizer: &Authorizer, set: &PolicySet, session: &Session, read: &Read) -> bool {
    authorizer.is_authorized(&read.request, set, &session.entities).decision() == Decision::Allow
}

/// One policy set.
pub struct Cedar {
    set: PolicySet,
    types: Types,
    authorizer: Authorizer,
}

impl Engine for Cedar {
    type Artifact = (Shape, String);
    type Session = Session;
    type Read<'a> = Read;
    type Worker = ();

    fn build(workload: &Workload, _: Option<&Path>) -> Result<Built<(Shape, String)>, String> {
        let text: Result<String, String> = workload.rules.iter().map(|rule| policy(workload, rule)).collect();
        let text = text?;
        let bytes = text.len();
        Ok(Built::text((workload.shape, text), bytes))
    }

    fn load((shape, text): &(Shape, String)) -> Result<Self, String> {
        Ok(Cedar { set: policy_set(text)?, types: Types::new(*shape), authorizer: Authorizer::new() })
    }

    fn worker(&self) {}

    fn session(&self, known: &Known<'_>) -> Session {
        self.types.session(known)
    }

    fn read<'a>(&'a self, session: &'a Session, message: &'a [u8]) -> Option<Read> {
        self.types.read(session, message)
    }

    fn decide_read(&self, (): &mut (), session: &Session, read: &Read) -> bool {
        allows(&self.authorizer, &self.set, session, read)
    }

    fn decide_bytes(&self, worker: &mut (), session: &Session, message: &[u8]) -> bool {
        self.types.read(session, message).is_some_and(|read| self.decide_read(worker, session, &read))
    }
}

/// A policy set for each tool.
pub struct CedarSliced {
    sets: ByTool<PolicySet>,
    types: Types,
    authorizer: Authorizer,
}

impl Engine for CedarSliced {
    type Artifact = (Shape, Slices);
    type Session = Session;
    type Read<'a> = Read;
    type Worker = ();

    fn build(workload: &Workload, _: Option<&Path>) -> Result<Built<(Shape, Slices)>, String> {
        let slices = slices(workload)?;
        let bytes = slices_bytes(&slices);
        Ok(Built::text((workload.shape, slices), bytes))
    }

    fn load((shape, slices): &(Shape, Slices)) -> Result<Self, String> {
        let mut sets = ByTool::default();
        for (server, tool, text) in slices {
            sets.insert(server, tool, policy_set(text)?);
        }
        Ok(CedarSliced { sets, types: Types::new(*shape), authorizer: Authorizer::new() })
    }

    fn worker(&self) {}

    fn session(&self, known: &Known<'_>) -> Session {
        self.types.session(known)
    }

    fn read<'a>(&'a self, session: &'a Session, message: &'a [u8]) -> Option<Read> {
        self.types.read(session, message)
    }

    fn decide_read(&self, (): &mut (), session: &Session, read: &Read) -> bool {
        let set = self.sets.get(&session.server, &read.tool);
        set.is_some_and(|set| allows(&self.authorizer, set, session, read))
    }

    fn decide_bytes(&self, worker: &mut (), session: &Session, message: &[u8]) -> bool {
        self.types.read(session, message).is_some_and(|read| self.decide_read(worker, session, &read))
    }
}
