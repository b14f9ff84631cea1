//! Carrying out steps: first the records, then what they allow.

use crate::audit::Log;
use crate::proxy::{Action, Conversation, Step};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// Where records go.
#[derive(Clone)]
pub struct Ledgers {
    /// The audit log.
    pub log: Log,
}

impl Ledgers {
    /// Writes the records of a step, and says what is to be done: what was decided, or its refusal when a
    /// record that must be there cannot be written.
    pub async fn settle(&self, conversation: &Mutex<Conversation>, step: Step) -> Vec<Action> {
        let Step { records, then, otherwise, ended, again: _ } = step;
        ended.iter().for_each(|call| self.log.called(call));
        for record in records {
            if let Err(error) = self.log.append(record).await {
                tracing::error!(error = %error, "the audit log cannot be written: denied");
                let mut conversation = lock(conversation);
                for action in then.iter().chain(&otherwise) {
                    if let Action::Send { answers: Some(id), .. } = action {
                        conversation.forget(id);
                    }
                }
                return otherwise;
            }
        }
        then
    }
}

/// A lock whose holder may have panicked: what it guards is whole after each statement.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The time, Unix milliseconds.
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
