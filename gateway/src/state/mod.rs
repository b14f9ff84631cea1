//! What has happened before, as far as one gateway knows: labels, limits, what changed under its pin, what
//! is isolated.
//!
//! [`Memory`] is kept for each principal and spans all servers: what was read from one server must be known
//! when another is written to. [`Asked`] answers the runtime's questions for one request. What this gateway
//! does not know (past calls, approvals of people, grants) is answered with an error or with nothing, so that
//! it never opens anything.
//!
//! Labels and used limits live as long as the process: a restart forgets them, and then does open what they closed.

mod labels;
mod limits;

pub use labels::Labels;
pub use limits::Ledger;

use crate::control::KillSwitch;
use crate::pins::{Kind, Quarantine};
use crate::policy::Snapshot;
use crate::verified::{Key, Verified};
use mcpz_bytecode::image::ConstantNode;
use mcpz_bytecode::value::Decimal;
use mcpz_runtime::data::ConstantRef;
use mcpz_runtime::state::{
    Approval, HistoryAnswer, HistoryKey, HistoryQuery, Isolation, LimitQuery, LimitUsed, SeenSource, State, StateError,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How many principals are known before those of whom nothing is to be remembered are looked for.
const MANY_PRINCIPALS: usize = 1024;

/// What is remembered of every principal. Labels are never forgotten: a principal who holds one holds it as long as the gateway runs.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    labels: Arc<Mutex<BTreeMap<Key, Arc<Mutex<Labels>>>>>,
}

impl Memory {
    /// The labels of a principal.
    pub fn labels(&self, key: Key) -> Arc<Mutex<Labels>> {
        let mut all = self.labels.lock().unwrap_or_else(PoisonError::into_inner);
        // At each power of two, so that looking through all costs little for each that comes.
        if all.len() >= MANY_PRINCIPALS && all.len().is_power_of_two() && !all.contains_key(&key) {
            all.retain(|_, labels| {
                Arc::strong_count(labels) > 1 || labels.lock().map_or(true, |held| !held.is_empty())
            });
        }
        all.entry(key).or_default().clone()
    }
}

/// One request's view of what has happened before.
pub struct Asked<'a> {
    /// The snapshot of the decision.
    pub snapshot: &'a Snapshot,
    /// What is isolated.
    pub kill: &'a KillSwitch,
    /// What changed under its pin.
    pub quarantine: &'a Quarantine,
    /// Use of limits.
    pub ledger: &'a Ledger,
    /// Labels of the principal.
    pub labels: &'a Mutex<Labels>,
    /// Who asks.
    pub who: &'a Verified,
    /// The time.
    pub now_ms: i64,
}

impl Asked<'_> {
    fn labels(&self) -> Result<std::sync::MutexGuard<'_, Labels>, StateError> {
        self.labels.lock().map_err(|_| StateError)
    }
}

impl State for Asked<'_> {
    fn isolated(&self, subject: Isolation<'_>) -> Result<bool, StateError> {
        self.kill.is_isolated(subject, self.now_ms)
    }

    fn quarantined(&self, server: &str, tool: &str) -> Result<bool, StateError> {
        Ok(self.quarantine.holds(server, Kind::Tool, tool))
    }

    fn session_holds(&self, label: &str) -> Result<bool, StateError> {
        Ok(self.labels()?.holds(label))
    }

    fn carries(&self, _pointer: &str, text: Option<&str>, label: &str) -> Result<bool, StateError> {
        self.labels()?.carried(text, label)
    }

    fn seen_in(&self, text: &str, source: SeenSource<'_>) -> Result<bool, StateError> {
        match source {
            SeenSource::Label(label) => self.labels()?.seen(text, label),
            SeenSource::Data(name) => {
                let rows = &self.snapshot.program.image().data;
                let row = rows.iter().position(|data| data.name == name).ok_or(StateError)?;
                let id = mcpz_bytecode::ids::DataId::new(row);
                let value = self.snapshot.data.get(&self.snapshot.program, id).map_err(|_| StateError)?;
                Ok(holds_text(value, text, 0))
            }
        }
    }

    fn history(&self, _query: &HistoryQuery<'_>) -> Result<HistoryAnswer, StateError> {
        // Past calls are not kept yet: a rule that asks for them is in error, and an error never opens.
        Err(StateError)
    }

    fn approvals(&self) -> Result<&[Approval], StateError> {
        Ok(&[])
    }

    fn mfa_age_ms(&self) -> Result<Option<i64>, StateError> {
        Ok(self.who.mfa_at_ms.map(|at| self.now_ms.saturating_sub(at)))
    }

    fn grant_active(&self, _grant: &str) -> Result<bool, StateError> {
        Ok(false)
    }

    fn limit_used(&self, query: &LimitQuery<'_>) -> Result<LimitUsed, StateError> {
        let key = subject_of(self.who, query.by);
        self.ledger.used(query.rule, &key, query.window_ms, self.now_ms)
    }
}

/// Deepest data that is looked into.
const DEEPEST: usize = 16;

/// Whether data holds a text: a string, or a number in canonical form, at any depth.
fn holds_text(value: ConstantRef<'_>, text: &str, depth: usize) -> bool {
    if depth > DEEPEST {
        return false;
    }
    match value.get() {
        ConstantNode::String(own) => own == text,
        ConstantNode::Number(units) => Decimal::from_units(units).is_ok_and(|number| number.to_string() == text),
        ConstantNode::List(items) | ConstantNode::Set(items) => {
            items.iter().any(|item| holds_text(value.row(item), text, depth + 1))
        }
        _ => false,
    }
}

/// What a limit counts by, as text. A user or agent that is not there never gets here: the rule is in error.
pub fn subject_of(who: &Verified, by: HistoryKey) -> String {
    use mcpz_runtime::credential::subject;
    let name = |link: Option<&mcpz_runtime::principal::Link>| {
        link.and_then(|link| Some(format!("{:?}:{}", link.source, subject(link)?))).unwrap_or_default()
    };
    let chain = &who.principal.chain;
    match by {
        HistoryKey::User => format!("user {}", name(chain.last())),
        HistoryKey::Agent => format!("agent {}", name(chain.first())),
        HistoryKey::Session => format!("session {}", crate::policy::hex(&who.key.0)),
        HistoryKey::Caller => format!("caller {}", crate::policy::hex(&who.key.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> Key {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&number.to_be_bytes());
        Key(key)
    }

    #[test]
    fn principals_of_whom_there_is_nothing_to_remember_are_forgotten() {
        let memory = Memory::default();
        memory.labels(key(1)).lock().unwrap().add_unknown("untrusted");
        let talking = memory.labels(key(2));
        (3..10 * MANY_PRINCIPALS).for_each(|number| drop(memory.labels(key(number))));
        assert!(memory.labels.lock().unwrap().len() <= MANY_PRINCIPALS);
        assert!(memory.labels(key(1)).lock().unwrap().holds("untrusted"));
        talking.lock().unwrap().add_unknown("confidential");
        assert!(memory.labels(key(2)).lock().unwrap().holds("confidential"), "a conversation's own labels");
    }
}
