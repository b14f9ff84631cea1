//! What a good Rust programmer would write by hand: closures in a hash table by role, server and tool,
//! over a struct that a JSON library reads.

use super::typed::{Arguments, Reader, TypedCall, read};
use super::{Built, Engine, Known};
use crate::model::{Condition, Effect, Facts, Shape, Target, Workload, is_under, matches_glob};
use crate::reference::whole_text;
use hashbrown::{Equivalent, HashMap};
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::path::Path;

type Check = Box<dyn Fn(&Arguments<'_>, &Facts) -> bool + Send + Sync>;

/// The name that stands for all servers or all tools.
const ALL: &str = "*";

#[derive(PartialEq, Eq)]
struct Key {
    role: String,
    server: String,
    tool: String,
}

struct KeyRef<'a>(&'a str, &'a str, &'a str);

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        KeyRef(&self.role, &self.server, &self.tool).hash(state);
    }
}

impl Hash for KeyRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
        self.1.hash(state);
        self.2.hash(state);
    }
}

impl Equivalent<Key> for KeyRef<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.0 == key.role && self.1 == key.server && self.2 == key.tool
    }
}

#[derive(Default)]
struct Table(HashMap<Key, Vec<Vec<Check>>>);

impl Table {
    fn any_holds(&self, session: &Session, wildcards: bool, call: &TypedCall<'_>) -> bool {
        let holds = |key: KeyRef<'_>| {
            let rules = self.0.get(&key).map(Vec::as_slice).unwrap_or_default();
            rules.iter().any(|checks| checks.iter().all(|check| check(&call.arguments, &session.facts)))
        };
        session.roles.iter().any(|role| {
            holds(KeyRef(role, &session.server, &call.tool))
                || wildcards && (holds(KeyRef(role, &session.server, ALL)) || holds(KeyRef(role, ALL, ALL)))
        })
    }
}

/// The tables, and which library reads.
pub struct Hand<R> {
    permits: Table,
    forbids: Table,
    wildcards: bool,
    shape: Shape,
    reader: PhantomData<R>,
}

/// What is known beforehand.
pub struct Session {
    roles: Vec<String>,
    server: String,
    facts: Facts,
}

impl<R: Reader> Hand<R> {
    fn allows(&self, session: &Session, call: &TypedCall<'_>) -> bool {
        let forbidden = !self.forbids.0.is_empty() && self.forbids.any_holds(session, self.wildcards, call);
        !forbidden && self.permits.any_holds(session, self.wildcards, call)
    }
}

impl<R: Reader> Engine for Hand<R> {
    type Artifact = Workload;
    type Session = Session;
    type Read<'a> = TypedCall<'a>;
    type Worker = ();

    fn build(workload: &Workload, _: Option<&Path>) -> Result<Built<Workload>, String> {
        // Code in a program: nothing is compiled at run time, and there is no artifact to weigh.
        Ok(Built { artifact: workload.clone(), bytes: None, code_bytes: None, compile: None })
    }

    fn load(workload: &Workload) -> Result<Self, String> {
        let (mut permits, mut forbids) = (Table::default(), Table::default());
        for rule in &workload.rules {
            let (server, tool) = match rule.target {
                Target::Tool(server, tool) => {
                    (workload.servers[server].name.as_str(), workload.tool_name(server, tool))
                }
                Target::Server(server) => (workload.servers[server].name.as_str(), ALL),
                Target::Any => (ALL, ALL),
            };
            let key = Key { role: workload.roles[rule.role].clone(), server: server.to_owned(), tool: tool.to_owned() };
            let table = match rule.effect {
                Effect::Permit => &mut permits,
                Effect::Forbid => &mut forbids,
            };
            table.0.entry(key).or_default().push(rule.conditions.iter().map(check).collect());
        }
        Ok(Hand { permits, forbids, wildcards: workload.has_wildcards(), shape: workload.shape, reader: PhantomData })
    }

    fn worker(&self) {}

    fn session(&self, known: &Known<'_>) -> Session {
        Session {
            roles: known.names().map(str::to_owned).collect(),
            server: known.server_name.to_owned(),
            facts: known.facts.clone(),
        }
    }

    fn read<'a>(&'a self, _: &'a Session, message: &'a [u8]) -> Option<TypedCall<'a>> {
        read::<R>(message, self.shape)
    }

    fn decide_read(&self, (): &mut (), session: &Session, call: &TypedCall<'_>) -> bool {
        self.allows(session, call)
    }

    fn decide_bytes(&self, (): &mut (), session: &Session, message: &[u8]) -> bool {
        read::<R>(message, self.shape).is_some_and(|call| self.allows(session, &call))
    }
}

/// One condition as a closure.
fn check(condition: &Condition) -> Check {
    match condition.clone() {
        Condition::Under { field, base } => {
            Box::new(move |arguments, _| arguments.text(field).is_some_and(|value| is_under(value, &base)))
        }
        Condition::Glob { field, parts } => {
            Box::new(move |arguments, _| arguments.text(field).is_some_and(|value| matches_glob(value, &parts)))
        }
        Condition::Range { field, low, high } => {
            Box::new(move |arguments, _| arguments.int(field).is_some_and(|value| (low..=high).contains(&value)))
        }
        Condition::OneOf { field, values } => Box::new(move |arguments, _| {
            arguments.text(field).is_some_and(|value| values.iter().any(|one| one == value))
        }),
        Condition::Regex { field, pattern, .. } => {
            let regex = whole_text(&pattern);
            Box::new(move |arguments, _| arguments.text(field).is_some_and(|value| regex.is_match(value)))
        }
        Condition::Hours { from, to } => Box::new(move |_, facts| (from..to).contains(&facts.hour)),
        Condition::Segment(segments) => Box::new(move |_, facts| segments.contains(&facts.segment)),
    }
}
