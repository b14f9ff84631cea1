//! About as fast as it gets: one pass over the bytes, one probe of a flat table for each role, and
//! conditions as plain rows. Role numbers are known beforehand.

use super::raw_scan::{RawCall, read};
use super::{Built, Engine, Known};
use crate::model::{Condition, Effect, Facts, Shape, Workload};
use hashbrown::HashMap;
use regex::bytes::Regex;
use std::ops::Range;
use std::path::Path;

/// What one condition tests.
enum Test {
    Under(usize, Vec<u8>),
    Glob(usize, Vec<Vec<u8>>),
    Range(usize, i64, i64),
    OneOf(usize, Vec<Vec<u8>>),
    Regex(usize, Box<Regex>),
    Hours(i64, i64),
    Segment(Vec<String>),
}

/// A rule: its tests, one after the other in the table of tests.
struct Row {
    tests: Range<usize>,
}

/// Rows of each role and tool, one after the other.
#[derive(Default)]
struct Table {
    slots: HashMap<(u32, u32), Range<usize>>,
    rows: Vec<Row>,
}

/// Tables.
pub struct Raw {
    tools: Vec<HashMap<Vec<u8>, u32>>,
    permits: Table,
    forbids: Table,
    tests: Vec<Test>,
    shape: Shape,
}

/// What is known beforehand.
pub struct Session {
    roles: Vec<u32>,
    server: usize,
    facts: Facts,
}

fn bytes(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

fn test(condition: &Condition) -> Result<Test, String> {
    Ok(match condition {
        Condition::Under { field, base } => Test::Under(field.index(), bytes(base)),
        Condition::Glob { field, parts } => Test::Glob(field.index(), parts.iter().map(|part| bytes(part)).collect()),
        Condition::Range { field, low, high } => Test::Range(field.index(), *low, *high),
        Condition::OneOf { field, values } => Test::OneOf(field.index(), values.iter().map(|one| bytes(one)).collect()),
        Condition::Regex { field, pattern, .. } => {
            let regex = Regex::new(&format!("^(?:{pattern})$")).map_err(|error| error.to_string())?;
            Test::Regex(field.index(), Box::new(regex))
        }
        Condition::Hours { from, to } => Test::Hours(*from, *to),
        Condition::Segment(segments) => Test::Segment(segments.clone()),
    })
}

fn holds(test: &Test, call: &RawCall<'_>, facts: &Facts) -> bool {
    match test {
        Test::Under(field, base) => call.texts[*field].as_deref().is_some_and(|value| is_under(value, base)),
        Test::Glob(field, parts) => call.texts[*field].as_deref().is_some_and(|value| matches_glob(value, parts)),
        Test::Range(field, low, high) => call.ints[*field].is_some_and(|value| (*low..=*high).contains(&value)),
        Test::OneOf(field, values) => {
            call.texts[*field].as_deref().is_some_and(|value| values.iter().any(|one| one == value))
        }
        Test::Regex(field, regex) => call.texts[*field].as_deref().is_some_and(|value| regex.is_match(value)),
        Test::Hours(from, to) => (*from..*to).contains(&facts.hour),
        Test::Segment(segments) => segments.contains(&facts.segment),
    }
}

fn is_under(path: &[u8], base: &[u8]) -> bool {
    path.strip_prefix(base).is_some_and(|rest| rest.first().is_none_or(|byte| *byte == b'/'))
        && memchr::memmem::find(path, b"..").is_none()
}

fn matches_glob(text: &[u8], parts: &[Vec<u8>]) -> bool {
    let [first, middle @ .., last] = parts else {
        return parts.first().is_some_and(|only| only == text);
    };
    let inside = text.strip_prefix(first.as_slice()).and_then(|rest| rest.strip_suffix(last.as_slice()));
    let Some(mut rest) = inside else {
        return false;
    };
    middle.iter().all(|part| match memchr::memmem::find(rest, part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

impl Raw {
    fn allows(&self, session: &Session, call: &RawCall<'_>) -> bool {
        let Some(tool) = self.tools.get(session.server).and_then(|tools| tools.get(&*call.tool)) else {
            return false;
        };
        let any = |table: &Table| {
            session.roles.iter().filter_map(|role| table.slots.get(&(*role, *tool))).any(|rows| {
                table.rows[rows.clone()]
                    .iter()
                    .any(|row| self.tests[row.tests.clone()].iter().all(|test| holds(test, call, &session.facts)))
            })
        };
        let forbidden = !self.forbids.slots.is_empty() && any(&self.forbids);
        !forbidden && any(&self.permits)
    }

    /// Adds the rows of one tool, role by role; each role's are together.
    fn add(&mut self, workload: &Workload, tool: u32, numbers: &[usize], effect: Effect, tests: &[Range<usize>]) {
        let mut numbers: Vec<usize> =
            numbers.iter().copied().filter(|number| workload.rules[*number].effect == effect).collect();
        numbers.sort_by_key(|number| workload.rules[*number].role);
        let table = match effect {
            Effect::Permit => &mut self.permits,
            Effect::Forbid => &mut self.forbids,
        };
        for group in numbers.chunk_by(|a, b| workload.rules[*a].role == workload.rules[*b].role) {
            let start = table.rows.len();
            table.rows.extend(group.iter().map(|number| Row { tests: tests[*number].clone() }));
            let role = workload.rules[group[0]].role as u32;
            table.slots.insert((role, tool), start..table.rows.len());
        }
    }
}

impl Engine for Raw {
    type Artifact = Workload;
    type Session = Session;
    type Read<'a> = RawCall<'a>;
    type Worker = ();

    fn build(workload: &Workload, _: Option<&Path>) -> Result<Built<Workload>, String> {
        Ok(Built { artifact: workload.clone(), bytes: None, code_bytes: None, compile: None })
    }

    fn load(workload: &Workload) -> Result<Self, String> {
        let mut raw = Raw {
            tools: vec![HashMap::new(); workload.servers.len()],
            permits: Table::default(),
            forbids: Table::default(),
            tests: Vec::new(),
            shape: workload.shape,
        };
        let mut ranges = Vec::with_capacity(workload.rules.len());
        for rule in &workload.rules {
            let start = raw.tests.len();
            for condition in &rule.conditions {
                raw.tests.push(test(condition)?);
            }
            ranges.push(start..raw.tests.len());
        }
        for (number, (server, tool, rules)) in workload.rules_by_tool().into_iter().enumerate() {
            raw.tools[server].insert(bytes(workload.tool_name(server, tool)), number as u32);
            raw.add(workload, number as u32, &rules, Effect::Permit, &ranges);
            raw.add(workload, number as u32, &rules, Effect::Forbid, &ranges);
        }
        Ok(raw)
    }

    fn worker(&self) {}

    fn session(&self, known: &Known<'_>) -> Session {
        Session {
            roles: known.roles.iter().map(|role| *role as u32).collect(),
            server: known.server,
            facts: known.facts.clone(),
        }
    }

    fn read<'a>(&'a self, _: &'a Session, message: &'a [u8]) -> Option<RawCall<'a>> {
        read(message, self.shape)
    }

    fn decide_read(&self, (): &mut (), session: &Session, call: &RawCall<'_>) -> bool {
        self.allows(session, call)
    }

    fn decide_bytes(&self, (): &mut (), session: &Session, message: &[u8]) -> bool {
        read(message, self.shape).is_some_and(|call| self.allows(session, &call))
    }
}
