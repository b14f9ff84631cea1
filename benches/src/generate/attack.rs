//! Messages meant to hurt: text that makes a backtracking matcher try everything, very many keys,
//! the deepest nesting that all engines accept. Every one of them is denied.

use crate::message::envelope;
use crate::model::{Agent, Call, Condition, Effect, Facts, Rule, Server, Shape, Target, TextField, Workload};

/// Bytes of the long texts.
const LONG: usize = 16 * 1024;
/// Keys of the wide object.
const KEYS: usize = 10_000;
/// Levels of the deep array; with what stands around it, just below the depth that mcpz refuses.
const DEPTH: usize = 58;

/// One attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attack {
    /// Globs of many stars on a text that nearly matches.
    Globs,
    /// Regular expressions of nested choices on a text that nearly matches.
    Regexes,
    /// An object of ten thousand keys.
    Keys,
    /// Arrays in arrays.
    Nesting,
}

impl Attack {
    /// Every attack.
    pub const ALL: [Attack; 4] = [Attack::Globs, Attack::Regexes, Attack::Keys, Attack::Nesting];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Attack::Globs => "globs_16k",
            Attack::Regexes => "regexes_16k",
            Attack::Keys => "keys_10000",
            Attack::Nesting => "nesting_deepest",
        }
    }

    /// The rules it is aimed at.
    pub fn workload(self) -> Workload {
        let conditions: Vec<Condition> = match self {
            Attack::Regexes => {
                let patterns = ["(a|aa)+b", "(a*)*c", "(a|b|ab)*(bc)+", "[a-z]+[a-y]+[a-x]+1"];
                patterns.into_iter().map(regex).collect()
            }
            _ => [7, 15, 31].into_iter().map(stars).collect(),
        };
        workload(conditions)
    }

    /// The message.
    pub fn message(self) -> Vec<u8> {
        let arguments = match self {
            Attack::Globs | Attack::Regexes => format!(r#"{{"query":"{}"}}"#, "a".repeat(LONG)),
            Attack::Keys => {
                let keys: Vec<String> = (0..KEYS).map(|number| format!(r#""key{number}":{number}"#)).collect();
                format!(r#"{{"query":"aaa","extra":{{{}}}}}"#, keys.join(","))
            }
            Attack::Nesting => {
                format!(r#"{{"query":"aaa","extra":{}1{}}}"#, "[".repeat(DEPTH), "]".repeat(DEPTH))
            }
        };
        envelope(7, "search_file", &arguments).into_bytes()
    }
}

/// `*a*a*...*ab`: as many stars as asked for.
fn stars(count: usize) -> Condition {
    let mut parts = vec![String::new()];
    parts.extend(vec!["a".to_owned(); count - 1]);
    parts.push("ab".to_owned());
    Condition::Glob { field: TextField::Query, parts }
}

fn regex(pattern: &str) -> Condition {
    Condition::Regex { field: TextField::Query, pattern: pattern.to_owned(), sample: String::new() }
}

fn workload(conditions: Vec<Condition>) -> Workload {
    let rules = conditions.into_iter().map(|condition| Rule {
        effect: Effect::Permit,
        role: 0,
        target: Target::Tool(0, 0),
        conditions: vec![condition],
    });
    let call = Call {
        id: 7,
        agent: 0,
        server: 0,
        tool: 0,
        facts: Facts { hour: 9, segment: "corp".to_owned() },
        texts: [const { None }; 4],
        ints: [None; 2],
    };
    Workload {
        name: "attack",
        shape: Shape::Flat,
        roles: vec!["analyst".to_owned()],
        servers: vec![Server { name: "fs".to_owned(), tools: vec!["search_file".to_owned()] }],
        agents: vec![Agent { id: "user:0000".to_owned(), roles: vec![0] }],
        rules: rules.collect(),
        hits: Vec::new(),
        misses: vec![call],
        mixed: Vec::new(),
    }
}
