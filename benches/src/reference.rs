//! The meaning of the rules: what every engine must answer. Plain and slow.

use crate::model::{Call, Condition, Effect, TextField, Workload, is_under, matches_glob};
use regex::Regex;
use std::collections::HashMap;

/// A workload's rules, laid out so that a thousand calls are decided before one loses patience.
pub struct Reference<'w> {
    workload: &'w Workload,
    by_tool: HashMap<(usize, usize), Vec<usize>>,
    patterns: HashMap<&'w str, Regex>,
}

impl<'w> Reference<'w> {
    /// Lays the rules out.
    pub fn new(workload: &'w Workload) -> Reference<'w> {
        let rows = workload.rules_by_tool().into_iter();
        let by_tool = rows.map(|(server, tool, numbers)| ((server, tool), numbers)).collect();
        let mut patterns = HashMap::new();
        for condition in workload.rules.iter().flat_map(|rule| &rule.conditions) {
            if let Condition::Regex { pattern, .. } = condition {
                patterns.entry(pattern.as_str()).or_insert_with(|| whole_text(pattern));
            }
        }
        Reference { workload, by_tool, patterns }
    }

    /// Whether a call is allowed.
    pub fn allows(&self, call: &Call) -> bool {
        let Some(numbers) = self.by_tool.get(&(call.server, call.tool)) else {
            return false;
        };
        let roles = &self.workload.agents[call.agent].roles;
        let mut allowed = false;
        for rule in numbers.iter().map(|number| &self.workload.rules[*number]) {
            if !roles.contains(&rule.role) || !rule.conditions.iter().all(|condition| self.holds(condition, call)) {
                continue;
            }
            match rule.effect {
                Effect::Forbid => return false,
                Effect::Permit => allowed = true,
            }
        }
        allowed
    }

    fn holds(&self, condition: &Condition, call: &Call) -> bool {
        let text = |field: &TextField| call.texts[field.index()].as_deref();
        match condition {
            Condition::Under { field, base } => text(field).is_some_and(|value| is_under(value, base)),
            Condition::Glob { field, parts } => text(field).is_some_and(|value| matches_glob(value, parts)),
            Condition::OneOf { field, values } => text(field).is_some_and(|value| values.iter().any(|v| v == value)),
            Condition::Regex { field, pattern, .. } => {
                text(field).is_some_and(|value| self.patterns[pattern.as_str()].is_match(value))
            }
            Condition::Range { field, low, high } => {
                call.ints[field.index()].is_some_and(|value| (*low..=*high).contains(&value))
            }
            Condition::Hours { from, to } => (*from..*to).contains(&call.facts.hour),
            Condition::Segment(segments) => segments.contains(&call.facts.segment),
        }
    }
}

/// The expression over the whole of a text.
pub fn whole_text(pattern: &str) -> Regex {
    Regex::new(&format!("^(?:{pattern})$")).expect("the generator writes regular expressions")
}
