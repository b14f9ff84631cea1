//! The kill switch: what is isolated, and who hears of a change.

use mcpz_runtime::state::{Isolation, StateError};
use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};
use tokio::sync::watch;

/// What is isolated. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub struct KillSwitch {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Until when, Unix milliseconds.
    isolated: RwLock<BTreeMap<Subject, i64>>,
    generation: watch::Sender<u64>,
}

/// What may be isolated.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A server, by name.
    Server(String),
    /// A tool, by server and name.
    Tool(String, String),
    /// An agent, by subject.
    Agent(String),
}

impl KillSwitch {
    /// A switch that nothing survives but this process.
    pub fn in_memory() -> KillSwitch {
        let (generation, _) = watch::channel(0);
        KillSwitch { shared: Arc::new(Shared { isolated: RwLock::default(), generation }) }
    }

    /// Isolates until a time.
    pub fn isolate(&self, subject: Subject, until_ms: i64) {
        if let Ok(mut isolated) = self.shared.isolated.write() {
            isolated.insert(subject, until_ms);
        }
        self.shared.generation.send_modify(|generation| *generation = generation.wrapping_add(1));
    }

    /// Whether this is isolated.
    pub fn is_isolated(&self, subject: Isolation<'_>, now_ms: i64) -> Result<bool, StateError> {
        let isolated = self.shared.isolated.read().map_err(|_| StateError)?;
        let subject = match subject {
            Isolation::Server(server) => Subject::Server(server.to_owned()),
            Isolation::Tool(server, tool) => Subject::Tool(server.to_owned(), tool.to_owned()),
            Isolation::Agent(agent) => Subject::Agent(agent.to_owned()),
        };
        Ok(isolated.get(&subject).is_some_and(|until| now_ms < *until))
    }

    /// A number that changes whenever something is isolated or restored.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.generation.subscribe()
    }
}
