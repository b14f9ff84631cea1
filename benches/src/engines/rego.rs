//! Rego on regorus: a program for each tool, compiled for its virtual machine, picked by the host.

use super::{Built, ByTool, Engine, Known, Slices, glob_as_regex, quote, quote_all, slices_bytes};
use crate::model::{Condition, DEEP, Effect, Rule, Shape, Workload};
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::program::Program;
use regorus::rvm::vm::RegoVM;
use regorus::utils::limits::PolicyLengthConfig;
use regorus::{Rc, Value};
use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::Path;
use std::sync::Arc;

const RULE: &str = "data.mcp.allow";

fn condition(condition: &Condition) -> String {
    match condition {
        Condition::Under { field, base } => {
            let value = format!("args.{}", field.name());
            // The sibling is told from what is below by a slash at the end of both.
            format!(
                "startswith(concat(\"\", [{value}, \"/\"]), {})\n\tnot contains({value}, \"..\")",
                quote(&format!("{base}/"))
            )
        }
        Condition::Glob { field, parts } => glob(&format!("args.{}", field.name()), parts),
        Condition::Range { field, low, high } => {
            let value = format!("args.{}", field.name());
            format!("{value} >= {low}\n\t{value} <= {high}")
        }
        Condition::OneOf { field, values } => format!("args.{} in {{{}}}", field.name(), quote_all(values)),
        Condition::Regex { field, pattern, .. } => {
            format!("regex.match({}, args.{})", quote(&format!("^(?:{pattern})$")), field.name())
        }
        Condition::Hours { from, to } => format!("input.hour >= {from}\n\tinput.hour < {to}"),
        Condition::Segment(segments) => format!("input.segment in {{{}}}", quote_all(segments)),
    }
}

/// One star is spelled out, which costs less here than `glob.match`.
fn glob(value: &str, parts: &[String]) -> String {
    match parts {
        [head, tail] => format!(
            "startswith({value}, {})\n\tendswith({value}, {})\n\tcount({value}) >= {}",
            quote(head),
            quote(tail),
            head.len() + tail.len()
        ),
        parts => format!("regex.match({}, {value})", quote(&glob_as_regex(parts))),
    }
}

fn rule_text(workload: &Workload, rule: &Rule, has_forbids: bool) -> String {
    let head = match (rule.effect, has_forbids) {
        (Effect::Permit, false) => "allow",
        (Effect::Permit, true) => "permitted",
        (Effect::Forbid, _) => "forbidden",
    };
    let role = format!("{} in input.roles", quote(&workload.roles[rule.role]));
    let body: Vec<String> = std::iter::once(role).chain(rule.conditions.iter().map(condition)).collect();
    format!("{head} if {{\n\t{}\n}}\n", body.join("\n\t"))
}

fn slice(workload: &Workload, numbers: &[usize]) -> String {
    let rules = || numbers.iter().map(|number| &workload.rules[*number]);
    let has_forbids = rules().any(|rule| rule.effect == Effect::Forbid);
    let args = match workload.shape {
        Shape::Flat => "input.args".to_owned(),
        Shape::Deep => format!("input.args.{}", DEEP.join(".")),
    };
    let mut text = format!("package mcp\n\nargs := {args}\n\ndefault allow := false\n\n");
    if has_forbids {
        text += "allow if {\n\tpermitted\n\tnot forbidden\n}\n";
    }
    rules().for_each(|rule| text += &rule_text(workload, rule, has_forbids));
    // A name must stand somewhere to be referred to.
    if has_forbids && rules().all(|rule| rule.effect == Effect::Forbid) {
        text += "permitted if false\n";
    }
    text
}

/// Compiles one policy for the virtual machine.
fn program(text: &str) -> Result<Arc<Program>, String> {
    let mut engine = regorus::Engine::new();
    engine.set_policy_length_config(PolicyLengthConfig {
        max_col: NonZeroU32::new(1 << 16).ok_or("limit")?,
        max_file_bytes: NonZeroUsize::new(1 << 28).ok_or("limit")?,
        max_lines: NonZeroUsize::new(1 << 24).ok_or("limit")?,
    });
    engine.add_policy("mcp.rego".to_owned(), text.to_owned()).map_err(|error| error.to_string())?;
    let compiled = engine.compile_with_entrypoint(&Rc::from(RULE)).map_err(|error| error.to_string())?;
    Compiler::compile_from_policy(&compiled, &[RULE]).map_err(|error| error.to_string())
}

fn machine(program: &Arc<Program>) -> RegoVM {
    let mut machine = RegoVM::new();
    // The default stops at 25,000.
    machine.set_max_instructions(usize::MAX);
    machine.load_program(Arc::clone(program));
    machine
}

/// Programs by tool. A machine has state, so each worker has its own.
pub struct RegoSliced {
    programs: ByTool<Arc<Program>>,
}

/// What is known beforehand.
pub struct Session {
    server: String,
    roles: Value,
    hour: Value,
    segment: Value,
}

/// A tool, and the input of its program.
pub struct Read {
    tool: String,
    input: Value,
}

fn string(text: &str) -> Value {
    Value::String(Rc::from(text))
}

impl Engine for RegoSliced {
    type Artifact = Slices;
    type Session = Session;
    type Read<'a> = Read;
    type Worker = ByTool<RegoVM>;

    fn build(workload: &Workload, _: Option<&Path>) -> Result<Built<Slices>, String> {
        let rows = workload.rules_by_tool().into_iter();
        let slices: Slices = rows
            .map(|(server, tool, numbers)| {
                let name = workload.tool_name(server, tool).to_owned();
                (workload.servers[server].name.clone(), name, slice(workload, &numbers))
            })
            .collect();
        let bytes = slices_bytes(&slices);
        Ok(Built::text(slices, bytes))
    }

    fn load(slices: &Slices) -> Result<Self, String> {
        // The cache of compiled patterns holds 256 by default; here it holds the whole set.
        regorus::cache::configure(regorus::cache::Config { regex: 16_384, glob: 16_384 });
        let mut programs = ByTool::default();
        for (server, tool, text) in slices {
            programs.insert(server, tool, program(text)?);
        }
        Ok(RegoSliced { programs })
    }

    fn worker(&self) -> ByTool<RegoVM> {
        self.programs.map(machine)
    }

    fn session(&self, known: &Known<'_>) -> Session {
        Session {
            server: known.server_name.to_owned(),
            roles: Value::from(known.names().map(string).collect::<Vec<_>>()),
            hour: Value::from(known.facts.hour),
            segment: string(&known.facts.segment),
        }
    }

    fn read<'a>(&'a self, session: &'a Session, message: &'a [u8]) -> Option<Read> {
        let message = Value::from_json_str(std::str::from_utf8(message).ok()?).ok()?;
        let params = &message["params"];
        let input = BTreeMap::from([
            (string("roles"), session.roles.clone()),
            (string("hour"), session.hour.clone()),
            (string("segment"), session.segment.clone()),
            (string("args"), params["arguments"].clone()),
        ]);
        Some(Read { tool: params["name"].as_string().ok()?.to_string(), input: Value::from(input) })
    }

    fn decide_read(&self, worker: &mut ByTool<RegoVM>, session: &Session, read: &Read) -> bool {
        worker.get_mut(&session.server, &read.tool).is_some_and(|machine| {
            machine.set_input(read.input.clone());
            machine.execute().is_ok_and(|value| value == Value::Bool(true))
        })
    }

    fn decide_bytes(&self, worker: &mut ByTool<RegoVM>, session: &Session, message: &[u8]) -> bool {
        self.read(session, message).is_some_and(|read| self.decide_read(worker, session, &read))
    }
}
