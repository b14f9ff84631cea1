//! What has happened before: the questions that decisions ask of stores, and a table that answers
//! them for tests, `eval` and the reference interpreter.
//!
//! A [`State`] is bound to one request: it knows the session and the caller. Every answer may fail,
//! and a failure never opens anything.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
pub use mcpz_bytecode::image::{HistoryKey, QueryKind};

/// The store could not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateError;

/// What may be isolated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Isolation<'a> {
    /// A server, by name.
    Server(&'a str),
    /// A tool, by server and name.
    Tool(&'a str, &'a str),
    /// An agent, by its subject ([`crate::credential::subject`]).
    Agent(&'a str),
}

/// Where a value may have been seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SeenSource<'a> {
    /// A data set, by name.
    Data(&'a str),
    /// Results that carry a label, by name.
    Label(&'a str),
}

/// A question about past calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryQuery<'a> {
    /// Canonical text: the question's identity.
    pub text: &'a str,
    /// What kind of answer is wanted.
    pub kind: QueryKind,
    /// Per what it is counted.
    pub by: HistoryKey,
}

/// Its answer. One of another kind than asked for counts as a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryAnswer {
    /// Of a count.
    Int(i64),
    /// Of a sum, times 10^18.
    Decimal(i128),
    /// Of a sequence.
    Bool(bool),
}

/// How much of a limit is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitQuery<'a> {
    /// The rule's id.
    pub rule: &'a str,
    /// Per what it is counted.
    pub by: HistoryKey,
    /// Over what window.
    pub window_ms: i64,
}

/// What a limit has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitUsed {
    /// Used up within the window, times 10^18.
    pub used: i128,
    /// When there will be room again, if known.
    pub retry_after_ms: Option<i64>,
}

/// Someone approved this exact call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Subject of the approver.
    pub approver: String,
    /// Names of the classes the approver belongs to.
    pub classes: Vec<String>,
    /// How long ago.
    pub age_ms: i64,
}

/// What decisions ask of stores.
pub trait State {
    /// Whether this is isolated.
    fn isolated(&self, subject: Isolation<'_>) -> Result<bool, StateError>;
    /// Whether this tool is quarantined (it changed under its pin).
    fn quarantined(&self, server: &str, tool: &str) -> Result<bool, StateError>;
    /// `session holds L`.
    fn session_holds(&self, label: &str) -> Result<bool, StateError>;
    /// `args.x carries L`; `pointer` is a JSON pointer below `args`, `text` the value when a scalar.
    fn carries(&self, pointer: &str, text: Option<&str>, label: &str) -> Result<bool, StateError>;
    /// `args.x seen in S`; `text` is the value: a string as it is, a number in canonical form.
    fn seen_in(&self, text: &str, source: SeenSource<'_>) -> Result<bool, StateError>;
    /// `count`, `sum`, `sequence`.
    fn history(&self, query: &HistoryQuery<'_>) -> Result<HistoryAnswer, StateError>;
    /// Approvals of this exact call.
    fn approvals(&self) -> Result<&[Approval], StateError>;
    /// How long ago the user last proved presence with a second factor.
    fn mfa_age_ms(&self) -> Result<Option<i64>, StateError>;
    /// Whether the caller holds this grant now.
    fn grant_active(&self, grant: &str) -> Result<bool, StateError>;
    /// How much of a limit is used.
    fn limit_used(&self, query: &LimitQuery<'_>) -> Result<LimitUsed, StateError>;
}

/// A [`State`] that is a table of answers. What it does not list is false, zero or none.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TableState {
    /// Isolated servers.
    pub isolated_servers: BTreeSet<String>,
    /// Isolated tools: server, name.
    pub isolated_tools: BTreeSet<(String, String)>,
    /// Isolated agents: subjects.
    pub isolated_agents: BTreeSet<String>,
    /// Quarantined tools: server, name.
    pub quarantined: BTreeSet<(String, String)>,
    /// Labels the session holds.
    pub session_labels: BTreeSet<String>,
    /// Places that carry a label: JSON pointer, label.
    pub carried: BTreeSet<(String, String)>,
    /// Values seen in a data set: text, data set.
    pub seen_in_data: BTreeSet<(String, String)>,
    /// Values seen in results that carry a label: text, label.
    pub seen_in_label: BTreeSet<(String, String)>,
    /// Answers to history questions by canonical text; absent means none so far.
    pub history: BTreeMap<String, HistoryAnswer>,
    /// Approvals of this call.
    pub approvals: Vec<Approval>,
    /// Age of the last second factor.
    pub mfa_age_ms: Option<i64>,
    /// Active grants.
    pub grants: BTreeSet<String>,
    /// Use of limits by rule id, times 10^18.
    pub limits: BTreeMap<String, LimitUsed>,
    /// Questions the store fails on.
    pub failing: BTreeSet<Failing>,
}

/// A question that a [`TableState`] fails on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failing {
    /// Every question.
    Everything,
    /// Isolation.
    Isolation,
    /// Quarantine.
    Quarantine,
    /// `session holds` this label.
    SessionHolds(String),
    /// A place (JSON pointer) carrying a label.
    Carries(String, String),
    /// A value (its text) seen in this data set.
    SeenInData(String, String),
    /// A value (its text) seen in results with this label.
    SeenInLabel(String, String),
    /// A history question, by canonical text.
    History(String),
    /// Approvals.
    Approvals,
    /// Second factor.
    Mfa,
    /// A grant.
    Grant(String),
    /// A limit, by rule id.
    Limit(String),
}

impl TableState {
    /// Fails when the table says so.
    fn check(&self, question: &Failing) -> Result<(), StateError> {
        if self.failing.is_empty() {
            return Ok(());
        }
        if self.failing.contains(&Failing::Everything) || self.failing.contains(question) {
            return Err(StateError);
        }
        Ok(())
    }
}

impl State for TableState {
    fn isolated(&self, subject: Isolation<'_>) -> Result<bool, StateError> {
        self.check(&Failing::Isolation)?;
        Ok(match subject {
            Isolation::Server(server) => self.isolated_servers.contains(server),
            Isolation::Tool(server, tool) => self.isolated_tools.iter().any(|(s, t)| s == server && t == tool),
            Isolation::Agent(agent) => self.isolated_agents.contains(agent),
        })
    }

    fn quarantined(&self, server: &str, tool: &str) -> Result<bool, StateError> {
        self.check(&Failing::Quarantine)?;
        Ok(self.quarantined.iter().any(|(s, t)| s == server && t == tool))
    }

    fn session_holds(&self, label: &str) -> Result<bool, StateError> {
        self.check(&Failing::SessionHolds(label.to_string()))?;
        Ok(self.session_labels.contains(label))
    }

    fn carries(&self, pointer: &str, _text: Option<&str>, label: &str) -> Result<bool, StateError> {
        self.check(&Failing::Carries(pointer.to_string(), label.to_string()))?;
        Ok(self.carried.iter().any(|(p, l)| p == pointer && l == label))
    }

    fn seen_in(&self, text: &str, source: SeenSource<'_>) -> Result<bool, StateError> {
        match source {
            SeenSource::Data(name) => {
                self.check(&Failing::SeenInData(text.to_string(), name.to_string()))?;
                Ok(self.seen_in_data.iter().any(|(t, n)| t == text && n == name))
            }
            SeenSource::Label(name) => {
                self.check(&Failing::SeenInLabel(text.to_string(), name.to_string()))?;
                Ok(self.seen_in_label.iter().any(|(t, n)| t == text && n == name))
            }
        }
    }

    fn history(&self, query: &HistoryQuery<'_>) -> Result<HistoryAnswer, StateError> {
        self.check(&Failing::History(query.text.to_string()))?;
        Ok(self.history.get(query.text).copied().unwrap_or(match query.kind {
            QueryKind::Count => HistoryAnswer::Int(0),
            QueryKind::Sum => HistoryAnswer::Decimal(0),
            QueryKind::Sequence => HistoryAnswer::Bool(false),
        }))
    }

    fn approvals(&self) -> Result<&[Approval], StateError> {
        self.check(&Failing::Approvals)?;
        Ok(&self.approvals)
    }

    fn mfa_age_ms(&self) -> Result<Option<i64>, StateError> {
        self.check(&Failing::Mfa)?;
        Ok(self.mfa_age_ms)
    }

    fn grant_active(&self, grant: &str) -> Result<bool, StateError> {
        self.check(&Failing::Grant(grant.to_string()))?;
        Ok(self.grants.contains(grant))
    }

    fn limit_used(&self, query: &LimitQuery<'_>) -> Result<LimitUsed, StateError> {
        self.check(&Failing::Limit(query.rule.to_string()))?;
        Ok(self.limits.get(query.rule).copied().unwrap_or(LimitUsed { used: 0, retry_after_ms: None }))
    }
}
