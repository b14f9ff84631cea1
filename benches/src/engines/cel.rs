//! CEL: an expression for each rule, compiled once, indexed by tool, tried until one is true.
//!
//! Roles and facts are bound once for a session; a call adds its arguments in an inner scope, text
//! borrowed from the message. Forbids are a second list that the host tries first.

use super::typed::{self, Serde, TypedCall};
use super::{Built, ByTool, Engine, Known, glob_as_regex, quote, quote_all};
use crate::model::{Condition, DEEP, Effect, INT_FIELDS, Rule, Shape, TEXT_FIELDS, Workload};
use cel::common::types::{CelInt, CelList, CelMap, CelMapKey, CelString};
use cel::common::value::Val;
use cel::{Context, Env, Program, Value};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

fn condition(condition: &Condition, args: &str) -> String {
    match condition {
        Condition::Under { field, base } => {
            let value = format!("{args}.{}", field.name());
            let (exact, below) = (quote(base), quote(&format!("{base}/")));
            format!("({value} == {exact} || {value}.startsWith({below})) && !{value}.contains('..')")
        }
        Condition::Glob { field, parts } => glob(&format!("{args}.{}", field.name()), parts),
        Condition::Range { field, low, high } => {
            let value = format!("{args}.{}", field.name());
            format!("{value} >= {low} && {value} <= {high}")
        }
        Condition::OneOf { field, values } => format!("{args}.{} in [{}]", field.name(), quote_all(values)),
        Condition::Regex { field, pattern, .. } => {
            format!("{args}.{}.matches({})", field.name(), quote(&format!("^(?:{pattern})$")))
        }
        Condition::Hours { from, to } => format!("hour >= {from} && hour < {to}"),
        Condition::Segment(segments) => format!("segment in [{}]", quote_all(segments)),
    }
}

/// CEL has no globs. This crate compiles the pattern of `matches` anew in every call, so one star is
/// spelled out instead.
fn glob(value: &str, parts: &[String]) -> String {
    match parts {
        [head, tail] => format!(
            "{value}.startsWith({}) && {value}.endsWith({}) && size({value}) >= {}",
            quote(head),
            quote(tail),
            head.len() + tail.len()
        ),
        parts => format!("{value}.matches({})", quote(&glob_as_regex(parts))),
    }
}

fn expression(workload: &Workload, rule: &Rule) -> String {
    let args = match workload.shape {
        Shape::Flat => "args".to_owned(),
        Shape::Deep => format!("args.{}", DEEP.join(".")),
    };
    let role = format!("{} in roles", quote(&workload.roles[rule.role]));
    let conditions = rule.conditions.iter().map(|one| condition(one, &args));
    std::iter::once(role).chain(conditions).collect::<Vec<_>>().join(" && ")
}

/// Expressions of one tool.
pub struct Texts {
    server: String,
    tool: String,
    permits: Vec<String>,
    forbids: Vec<String>,
}

struct Programs {
    permits: Vec<Program>,
    forbids: Vec<Program>,
}

/// Programs by tool.
pub struct CelIndexed {
    environment: Arc<Env>,
    programs: ByTool<Programs>,
    shape: Shape,
}

/// What is known beforehand.
pub struct Session {
    server: String,
    context: Context<'static, 'static>,
}

/// A tool, and the variables of a call.
pub struct Read<'a> {
    tool: String,
    context: Context<'a, 'a>,
}

fn text(value: &str) -> Box<dyn Val + '_> {
    Box::new(CelString::from(value))
}

fn owned_text(value: &str) -> Box<dyn Val> {
    Box::new(CelString::from(Arc::new(value.to_owned())))
}

/// The arguments as a map, its texts made by `text`.
fn arguments<'v, 'c>(
    call: &'c TypedCall<'c>,
    shape: Shape,
    text: impl Fn(&'c str) -> Box<dyn Val + 'v>,
) -> Box<dyn Val + 'v> {
    let mut map: HashMap<CelMapKey<'v>, Box<dyn Val + 'v>> = HashMap::with_capacity(6);
    for field in TEXT_FIELDS {
        if let Some(value) = call.arguments.text(field) {
            map.insert(CelMapKey::from(field.name()), text(value));
        }
    }
    for field in INT_FIELDS {
        if let Some(value) = call.arguments.int(field) {
            map.insert(CelMapKey::from(field.name()), Box::new(CelInt::from(value)));
        }
    }
    let mut value: Box<dyn Val + 'v> = Box::new(CelMap::from(map));
    if shape == Shape::Deep {
        for key in DEEP.iter().rev() {
            value = Box::new(CelMap::from(HashMap::from([(CelMapKey::from(*key), value)])));
        }
    }
    value
}

fn is_true(program: &Program, context: &Context<'_, '_>) -> bool {
    matches!(program.execute(context), Ok(Value::Bool(true)))
}

impl CelIndexed {
    fn allows(&self, server: &str, tool: &str, context: &Context<'_, '_>) -> bool {
        self.programs.get(server, tool).is_some_and(|programs| {
            !programs.forbids.iter().any(|program| is_true(program, context))
                && programs.permits.iter().any(|program| is_true(program, context))
        })
    }
}

impl Engine for CelIndexed {
    type Artifact = (Shape, Vec<Texts>);
    type Session = Session;
    type Read<'a> = Read<'a>;
    type Worker = ();

    fn build(workload: &Workload, _: Option<&Path>) -> Result<Built<Self::Artifact>, String> {
        let mut texts = Vec::new();
        for (server, tool, numbers) in workload.rules_by_tool() {
            let of = |effect: Effect| {
                let rules = numbers.iter().map(|number| &workload.rules[*number]);
                rules.filter(|rule| rule.effect == effect).map(|rule| expression(workload, rule)).collect()
            };
            texts.push(Texts {
                server: workload.servers[server].name.clone(),
                tool: workload.tool_name(server, tool).to_owned(),
                permits: of(Effect::Permit),
                forbids: of(Effect::Forbid),
            });
        }
        let bytes = texts.iter().flat_map(|texts| texts.permits.iter().chain(&texts.forbids)).map(String::len).sum();
        Ok(Built::text((workload.shape, texts), bytes))
    }

    fn load((shape, texts): &Self::Artifact) -> Result<Self, String> {
        let environment = Arc::new(Env::stdlib());
        let compile = |texts: &[String]| -> Result<Vec<Program>, String> {
            texts.iter().map(|text| environment.compile(text).map_err(|error| error.to_string())).collect()
        };
        let mut programs = ByTool::default();
        for row in texts {
            let both = Programs { permits: compile(&row.permits)?, forbids: compile(&row.forbids)? };
            programs.insert(&row.server, &row.tool, both);
        }
        Ok(CelIndexed { environment, programs, shape: *shape })
    }

    fn worker(&self) {}

    fn session(&self, known: &Known<'_>) -> Session {
        let mut context = Context::with_env(Arc::clone(&self.environment));
        let roles: Vec<Box<dyn Val>> = known.names().map(owned_text).collect();
        context.add_variable_as_val("roles", Box::new(CelList::from(roles)));
        context.add_variable_as_val("hour", Box::new(CelInt::from(known.facts.hour)));
        context.add_variable_as_val("segment", owned_text(&known.facts.segment));
        Session { server: known.server_name.to_owned(), context }
    }

    fn read<'a>(&'a self, session: &'a Session, message: &'a [u8]) -> Option<Read<'a>> {
        let call = typed::read::<Serde>(message, self.shape)?;
        let parent: &'a Context<'a, 'a> = &session.context;
        let mut context = parent.new_inner_scope();
        context.add_variable_as_val("args", arguments(&call, self.shape, owned_text));
        Some(Read { tool: call.tool.to_string(), context })
    }

    fn decide_read(&self, (): &mut (), session: &Session, read: &Read<'_>) -> bool {
        self.allows(&session.server, &read.tool, &read.context)
    }

    fn decide_bytes(&self, (): &mut (), session: &Session, message: &[u8]) -> bool {
        let Some(call) = typed::read::<Serde>(message, self.shape) else {
            return false;
        };
        let parent: &Context<'_, '_> = &session.context;
        let mut context = parent.new_inner_scope();
        context.add_variable_as_val("args", arguments(&call, self.shape, text));
        self.allows(&session.server, &call.tool, &context)
    }
}
