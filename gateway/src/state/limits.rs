//! The use of limits: amounts by rule and subject within a sliding window.

use super::subject_of;
use crate::verified::Verified;
use mcpz_runtime::decision::LimitObligation;
use mcpz_runtime::state::{LimitUsed, StateError};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

/// Entries of one rule and subject before they are summed up: what is older than the newest of these is
/// counted until the newest of the sum leaves the window.
const MAX_ENTRIES: usize = 4096;

/// The ledger. Cheap to clone; all clones are one.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    rows: Arc<Mutex<Rows>>,
}

#[derive(Debug, Default)]
struct Rows {
    /// By rule and subject.
    rows: BTreeMap<(String, String), Row>,
    /// How many rows there were when those that are over were dropped last.
    kept: usize,
}

/// So many rows at least are added before it is looked for those that are over.
const SWEEP: usize = 1024;

/// Uses of one rule by one subject, oldest first: when, how much.
#[derive(Debug, Default)]
struct Row {
    uses: VecDeque<(i64, i128)>,
    /// The window that they were last counted in.
    window_ms: i64,
}

impl Rows {
    /// Drops rows whose window is over, once there are twice as many as were left the last time.
    fn sweep(&mut self, now_ms: i64) {
        if self.rows.len() < self.kept.saturating_mul(2).max(SWEEP) {
            return;
        }
        self.rows.retain(|_, row| {
            row.trim(row.window_ms, now_ms);
            !row.uses.is_empty()
        });
        self.kept = self.rows.len();
    }
}

impl Row {
    /// Forgets what has left the window.
    fn trim(&mut self, window_ms: i64, now_ms: i64) {
        self.window_ms = window_ms;
        while self.uses.front().is_some_and(|(at, _)| at.saturating_add(window_ms) <= now_ms) {
            self.uses.pop_front();
        }
    }

    /// Adds a use. When there are too many, the two oldest become one that leaves when the later would.
    fn add(&mut self, at_ms: i64, amount: i128) {
        self.uses.push_back((at_ms, amount));
        if self.uses.len() > MAX_ENTRIES
            && let (Some((_, first)), Some((at, second))) = (self.uses.pop_front(), self.uses.pop_front())
        {
            self.uses.push_front((at, first.saturating_add(second)));
        }
    }
}

impl Ledger {
    /// What a limit has used up.
    pub fn used(&self, rule: &str, subject: &str, window_ms: i64, now_ms: i64) -> Result<LimitUsed, StateError> {
        let mut rows = self.rows.lock().map_err(|_| StateError)?;
        let Some(row) = rows.rows.get_mut(&(rule.to_owned(), subject.to_owned())) else {
            return Ok(LimitUsed { used: 0, retry_after_ms: None });
        };
        row.trim(window_ms, now_ms);
        let used = row.uses.iter().fold(0_i128, |sum, (_, amount)| sum.saturating_add(*amount));
        let retry_after_ms = row.uses.front().map(|(at, _)| at.saturating_add(window_ms).saturating_sub(now_ms));
        Ok(LimitUsed { used, retry_after_ms })
    }

    /// Takes what a decision consumes, all at once, unless a limit has been used up since it was asked: the
    /// first such rule then. `rule` names a limit and how much it allows.
    pub fn take<'a>(
        &self,
        who: &Verified,
        limits: impl Iterator<Item = (&'a str, i128, &'a LimitObligation)> + Clone,
        now_ms: i64,
    ) -> Result<(), StateError> {
        let mut rows = self.rows.lock().map_err(|_| StateError)?;
        rows.sweep(now_ms);
        // A call and the one that it wraps may both take of one limit.
        let mut taken: BTreeMap<(&str, String), i128> = BTreeMap::new();
        for (rule, at_most, limit) in limits.clone() {
            let subject = subject_of(who, limit.by);
            let row = rows.rows.entry((rule.to_owned(), subject.clone())).or_default();
            row.trim(limit.window_ms, now_ms);
            let used = row.uses.iter().fold(0_i128, |sum, (_, amount)| sum.saturating_add(*amount));
            let together = taken.entry((rule, subject)).or_insert(used);
            *together = together.saturating_add(limit.amount);
            if *together > at_most {
                return Err(StateError);
            }
        }
        for (rule, _, limit) in limits {
            let row = rows.rows.entry((rule.to_owned(), subject_of(who, limit.by))).or_default();
            row.add(now_ms, limit.amount);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcpz_runtime::decision::{HistoryKey, RuleId};

    fn limit(amount: i128) -> LimitObligation {
        LimitObligation { rule: RuleId::new(0), amount, by: HistoryKey::Caller, window_ms: 1000 }
    }

    #[test]
    fn all_limits_are_taken_or_none() {
        let (ledger, who) = (Ledger::default(), Verified::anonymous());
        let (small, large) = (limit(1), limit(5));
        let both = [("a", 10, &small), ("b", 4, &large)];
        assert!(ledger.take(&who, both.iter().copied(), 0).is_err());
        let subject = subject_of(&who, HistoryKey::Caller);
        assert_eq!(ledger.used("a", &subject, 1000, 0).unwrap().used, 0);
        assert!(ledger.take(&who, [("a", 10, &small)].into_iter(), 0).is_ok());
        assert_eq!(ledger.used("a", &subject, 1000, 999).unwrap(), LimitUsed { used: 1, retry_after_ms: Some(1) });
        assert_eq!(ledger.used("a", &subject, 1000, 1000).unwrap().used, 0);
    }

    #[test]
    fn a_limit_that_is_taken_of_twice_at_once_is_not_overrun() {
        let (ledger, who) = (Ledger::default(), Verified::anonymous());
        let one = limit(1);
        assert!(ledger.take(&who, [("a", 10, &limit(9))].into_iter(), 0).is_ok());
        assert!(ledger.take(&who, [("a", 10, &one), ("a", 10, &one)].into_iter(), 0).is_err(), "outer and inner call");
        assert!(ledger.take(&who, [("a", 10, &one)].into_iter(), 0).is_ok());
    }

    #[test]
    fn rows_whose_window_is_over_are_dropped() {
        let ledger = Ledger::default();
        let who = |number: u16| {
            let mut key = [0; 32];
            key[..2].copy_from_slice(&number.to_be_bytes());
            Verified { key: crate::verified::Key(key), ..Verified::anonymous() }
        };
        let small = limit(1);
        for number in 0..5000_u16 {
            // Each in a window of its own.
            ledger.take(&who(number), [("a", 1, &small)].into_iter(), i64::from(number) * 1000).unwrap();
        }
        assert!(ledger.rows.lock().unwrap().rows.len() <= SWEEP);
        let last = who(4999);
        assert!(ledger.take(&last, [("a", 1, &small)].into_iter(), 4_999_999).is_err(), "what counts stays");
    }

    #[test]
    fn many_uses_are_summed_and_never_forgotten_early() {
        let mut row = Row::default();
        for at in 0..10_000 {
            row.add(at, 1);
        }
        assert_eq!(row.uses.len(), MAX_ENTRIES);
        assert_eq!(row.uses.iter().map(|(_, amount)| amount).sum::<i128>(), 10_000);
    }
}
