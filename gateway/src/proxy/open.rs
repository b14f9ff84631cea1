//! What stays open after it was allowed: tasks, and the requests they came from. It belongs to its
//! principal, and is judged again when the bundle or the kill switch changes.

use super::judge::{Judged, Seat, decide};
use crate::verified::Key;
use crate::wire::Side;
use bytes::Bytes;
use mcpz_runtime::Scratch;
use mcpz_runtime::decision::{DenyMode, Obligations, Reason};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// Tasks that are kept; beyond it the oldest are forgotten, which refuses them.
const MAX_TASKS: usize = 100_000;

/// A task at a server.
#[derive(Debug, PartialEq, Eq)]
pub struct Task {
    /// Whose it is.
    pub owner: Key,
    /// The request it came from.
    pub request: Bytes,
    /// What was to be done with the result of that request.
    pub obligations: Obligations,
}

/// Tasks by server and id. Cheap to clone; all clones are one.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    all: Arc<Mutex<Table>>,
}

#[derive(Debug, Default)]
struct Table {
    tasks: BTreeMap<(String, String), Arc<Task>>,
    order: VecDeque<(String, String)>,
}

impl Tasks {
    /// A task.
    pub fn of(&self, server: &str, id: &str) -> Option<Arc<Task>> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.tasks.get(&(server.to_owned(), id.to_owned())).cloned()
    }

    /// Adds a task. A server that gives the same id to another principal's task does not get it; whether it
    /// was added.
    pub fn add(&self, server: &str, id: &str, task: Task) -> bool {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (server.to_owned(), id.to_owned());
        if all.tasks.get(&key).is_some_and(|known| known.owner != task.owner) {
            return false;
        }
        if all.tasks.insert(key.clone(), Arc::new(task)).is_none() {
            all.order.push_back(key);
        }
        while all.order.len() > MAX_TASKS {
            if let Some(oldest) = all.order.pop_front() {
                all.tasks.remove(&oldest);
            }
        }
        true
    }
}

/// Judges again what was allowed before and is still open. Room in limits was taken then and is not asked
/// for again.
pub fn judge_again(seat: &Seat<'_>, request: &Bytes, scratch: &mut Scratch) -> Judged {
    if seat.who.is_expired(seat.now_ms) {
        return Judged::refused(seat, "credential_expired", DenyMode::Hide);
    }
    let mut decision = decide(seat, Side::Client, request, None, scratch);
    if decision.reason == Reason::Limited {
        decision.effect = mcpz_runtime::decision::Effect::Allow;
        decision.reason = Reason::Allowed;
    }
    decision.obligations.consumes.clear();
    Judged { decision, refusal: None, id: seat.shared.decision_id() }
}
