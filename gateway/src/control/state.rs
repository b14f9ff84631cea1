//! What is isolated, and the file it stands in.

use crate::verified::MAX_SUBJECT_BYTES;
use mcpz_runtime::state::Isolation;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::{Display, Formatter};

/// Longest name, in bytes: whoever can call can be isolated.
pub const MAX_NAME_BYTES: usize = MAX_SUBJECT_BYTES;
/// Longest reason, in bytes.
pub const MAX_REASON_BYTES: usize = 1000;
/// Most subjects isolated at a time.
pub const MAX_ENTRIES: usize = 10_000;
/// Version of the file.
const VERSION: u32 = 1;

/// What may be isolated.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "Named", into = "Named")]
pub enum Subject {
    /// A server, by its name in the policy.
    Server(String),
    /// A tool, by server and name.
    Tool(String, String),
    /// An agent, by the subject of its credential.
    Agent(String),
}

/// A subject as it is written.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Named {
    Server { name: String },
    Tool { server: String, name: String },
    Agent { name: String },
}

impl From<Named> for Subject {
    fn from(named: Named) -> Subject {
        match named {
            Named::Server { name } => Subject::Server(name),
            Named::Tool { server, name } => Subject::Tool(server, name),
            Named::Agent { name } => Subject::Agent(name),
        }
    }
}

impl From<Subject> for Named {
    fn from(subject: Subject) -> Named {
        match subject {
            Subject::Server(name) => Named::Server { name },
            Subject::Tool(server, name) => Named::Tool { server, name },
            Subject::Agent(name) => Named::Agent { name },
        }
    }
}

impl Subject {
    /// `server`, `agent`, `tool`.
    pub fn kind(&self) -> &'static str {
        match self {
            Subject::Server(_) => "server",
            Subject::Agent(_) => "agent",
            Subject::Tool(..) => "tool",
        }
    }

    /// Whether its names are names: not empty, not too long, no control characters.
    pub fn is_sound(&self) -> bool {
        let sound =
            |name: &str| !name.is_empty() && name.len() <= MAX_NAME_BYTES && !name.chars().any(char::is_control);
        match self {
            Subject::Server(name) | Subject::Agent(name) => sound(name),
            Subject::Tool(server, name) => sound(server) && sound(name),
        }
    }
}

impl Display for Subject {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Subject::Server(name) => write!(f, "server {name}"),
            Subject::Agent(name) => write!(f, "agent {name}"),
            Subject::Tool(server, name) => write!(f, "tool {server}.{name}"),
        }
    }
}

/// Something isolated: by whom, since when, until when, why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What.
    pub subject: Subject,
    /// Since when: milliseconds since the Unix epoch.
    pub since_ms: i64,
    /// Until when; absent: until it is restored.
    pub until_ms: Option<i64>,
    /// Why, in the operator's words.
    pub reason: String,
    /// The Unix user who said so.
    pub by_uid: u32,
}

impl Entry {
    /// Whether it still holds.
    pub fn holds(&self, now_ms: i64) -> bool {
        self.until_ms.is_none_or(|until| now_ms < until)
    }
}

/// Everything that is isolated, found by name without allocating.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Isolations {
    servers: BTreeMap<String, Entry>,
    agents: BTreeMap<String, Entry>,
    tools: BTreeMap<String, BTreeMap<String, Entry>>,
}

impl Isolations {
    /// The entry of what is asked about; whether it still holds is another question.
    pub fn find(&self, subject: Isolation<'_>) -> Option<&Entry> {
        match subject {
            Isolation::Server(name) => self.servers.get(name),
            Isolation::Agent(name) => self.agents.get(name),
            Isolation::Tool(server, name) => self.tools.get(server).and_then(|tools| tools.get(name)),
        }
    }

    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.servers.is_empty() && self.agents.is_empty() && self.tools.is_empty()
    }

    /// What is isolated, in a fixed order.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.servers.values().chain(self.agents.values()).chain(self.tools.values().flat_map(BTreeMap::values))
    }

    /// The entry of a subject.
    pub fn get(&self, subject: &Subject) -> Option<&Entry> {
        self.find(match subject {
            Subject::Server(name) => Isolation::Server(name),
            Subject::Agent(name) => Isolation::Agent(name),
            Subject::Tool(server, name) => Isolation::Tool(server, name),
        })
    }

    /// Puts an entry in the place of what there was of its subject.
    pub fn put(&mut self, entry: Entry) {
        match entry.subject.clone() {
            Subject::Server(name) => self.servers.insert(name, entry),
            Subject::Agent(name) => self.agents.insert(name, entry),
            Subject::Tool(server, name) => self.tools.entry(server).or_default().insert(name, entry),
        };
    }

    /// Takes a subject out; whether it was there.
    pub fn remove(&mut self, subject: &Subject) -> bool {
        match subject {
            Subject::Server(name) => self.servers.remove(name).is_some(),
            Subject::Agent(name) => self.agents.remove(name).is_some(),
            Subject::Tool(server, name) => {
                let Some(tools) = self.tools.get_mut(server) else { return false };
                let was_there = tools.remove(name).is_some();
                if tools.is_empty() {
                    self.tools.remove(server);
                }
                was_there
            }
        }
    }

    /// These entries.
    pub fn of(entries: impl IntoIterator<Item = Entry>) -> Isolations {
        let mut isolations = Isolations::default();
        entries.into_iter().for_each(|entry| isolations.put(entry));
        isolations
    }

    /// The text of the file.
    pub fn to_text(&self) -> String {
        let file = File { version: VERSION, entries: self.entries().cloned().collect() };
        let mut text = serde_json::to_string_pretty(&file).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Reads the text of the file; says what is wrong with it.
    pub fn from_text(text: &[u8]) -> Result<Isolations, String> {
        let file: File = serde_json::from_slice(text).map_err(|error| format!("is no list of isolations: {error}"))?;
        if file.version != VERSION {
            return Err(format!("is of version {}, not {VERSION}", file.version));
        }
        if file.entries.len() > MAX_ENTRIES || !file.entries.iter().all(|entry| entry.subject.is_sound()) {
            return Err("holds a name that is none, or too many entries".to_owned());
        }
        let count = file.entries.len();
        let isolations = Isolations::of(file.entries);
        if isolations.entries().count() == count { Ok(isolations) } else { Err("names a subject twice".to_owned()) }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    entries: Vec<Entry>,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn entry(subject: Subject, until_ms: Option<i64>) -> Entry {
        Entry { subject, since_ms: 0, until_ms, reason: "a test".into(), by_uid: 0 }
    }

    pub(crate) fn server(name: &str) -> Subject {
        Subject::Server(name.into())
    }

    #[test]
    fn what_is_written_is_read() {
        let mut isolations = Isolations::default();
        isolations.put(entry(server("payments"), Some(5)));
        isolations.put(entry(Subject::Agent("agent:copilot:1".into()), None));
        isolations.put(entry(Subject::Tool("fs".into(), "write.file".into()), None));
        assert_eq!(Isolations::from_text(isolations.to_text().as_bytes()).unwrap(), isolations);
    }

    #[test]
    fn an_entry_ends_when_its_time_comes() {
        let mut isolations = Isolations::default();
        isolations.put(entry(server("payments"), Some(5)));
        let found = isolations.find(Isolation::Server("payments")).unwrap();
        assert!(found.holds(4));
        assert!(!found.holds(5));
    }

    #[test]
    fn files_that_may_not_be_meant_so_are_refused() {
        let good = r#"{"version":1,"entries":[{"subject":{"kind":"server","name":"a"},"since_ms":1,"until_ms":null,"reason":"r","by_uid":0}]}"#;
        assert!(Isolations::from_text(good.as_bytes()).is_ok());
        let entry = &good[24..good.len() - 2];
        for bad in [
            String::new(),
            "{}".into(),
            good.replace("\"version\":1", "\"version\":2"),
            good.replace("\"version\":1", "\"version\":1,\"version\":1"),
            good.replace("\"kind\":\"server\"", "\"kind\":\"serve\""),
            good.replace("\"name\":\"a\"", "\"name\":\"\""),
            good.replace("\"name\":\"a\"", "\"name\":\"a\\n\""),
            good.replace("\"reason\"", "\"raison\""),
            good.replace("\"by_uid\":0", "\"by_uid\":0,\"x\":1"),
            format!("{good}x"),
            good[..good.len() - 1].to_owned(),
            good.replace(entry, &format!("{entry},{entry}")),
        ] {
            assert!(Isolations::from_text(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
