//! What is measured, and how.
//!
//! [`timing`] gives a distribution from batches of decisions, [`cell`] applies it to an engine and a
//! workload, [`turns`] runs the rounds of many cells in turns, [`growth`] compares few rules with many
//! in that way, [`threads`] measures two threads on one program, [`counting`] allocations and memory (in a
//! process of its own, because a counting allocator costs time), [`instructions`] runs callgrind,
//! [`profile`] says which functions they are spent in, [`machine`] says where.

pub mod cell;
pub mod counting;
pub mod growth;
pub mod instructions;
pub mod machine;
pub mod profile;
pub mod threads;
pub mod timing;
pub mod turns;

use serde::{Deserialize, Serialize};

/// In what form a call comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// Already read.
    Read,
    /// About 400 bytes.
    Bytes400,
    /// About 4 KB.
    Bytes4k,
}

impl Form {
    /// Every form.
    pub const ALL: [Form; 3] = [Form::Read, Form::Bytes400, Form::Bytes4k];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Form::Read => "read",
            Form::Bytes400 => "bytes400",
            Form::Bytes4k => "bytes4k",
        }
    }
}

/// Which calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Case {
    /// Allowed ones.
    Hit,
    /// Denied ones.
    Miss,
    /// All kinds.
    Mixed,
}

impl Case {
    /// Every case.
    pub const ALL: [Case; 3] = [Case::Hit, Case::Miss, Case::Mixed];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Case::Hit => "hit",
            Case::Miss => "miss",
            Case::Mixed => "mixed",
        }
    }
}

/// One line of the results.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Name of the workload.
    pub workload: String,
    /// How many rules.
    pub rules: usize,
    /// In what form calls came.
    pub input: Form,
    /// Which calls.
    pub case: Case,
    /// Name of the engine.
    pub engine: String,
    /// Half of the batches took no longer, a decision.
    pub p50_ns: f64,
    /// 99 of a hundred batches took no longer, a decision.
    pub p99_ns: f64,
    /// Allocations a decision.
    pub allocations: Option<f64>,
    /// Instructions a decision, by callgrind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<f64>,
}

/// By how much the mixed calls of one engine and form get dearer from few rules to many, measured in turns.
#[derive(Debug, Clone, PartialEq)]
pub struct GrowthRow {
    /// Name of the engine.
    pub engine: String,
    /// What stands before the form in the results; nothing for the whole range.
    pub prefix: &'static str,
    /// In what form calls came.
    pub input: Form,
    /// The fewer rules, and the more.
    pub rules: [usize; 2],
    /// Times by which p50 grew.
    pub p50: f64,
    /// Times by which p99 grew.
    pub p99: f64,
}

/// What it takes to have an engine ready.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoadRow {
    /// Name of the workload.
    pub workload: String,
    /// How many rules.
    pub rules: usize,
    /// Name of the engine.
    pub engine: String,
    /// Compiling, where that is a step of its own.
    pub compile_ms: Option<f64>,
    /// Loading.
    pub load_ms: f64,
    /// Size of what is loaded.
    pub bytes: Option<usize>,
    /// The same for each rule.
    pub bytes_per_rule: Option<f64>,
    /// Of which decision code and rule table, for each rule.
    pub code_bytes_per_rule: Option<f64>,
    /// Memory held after loading, with one worker.
    pub memory_bytes: Option<i64>,
}

/// One engine under one attack.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AttackRow {
    /// Name of the attack.
    pub attack: String,
    /// Bytes of its message.
    pub bytes: usize,
    /// Name of the engine.
    pub engine: String,
    /// As in [`Row`].
    pub p50_ns: f64,
    /// As in [`Row`].
    pub p99_ns: f64,
    /// As in [`Row`].
    pub allocations: Option<f64>,
}

/// One thread against two that share a program.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ThroughputRow {
    /// Name of the workload.
    pub workload: String,
    /// In what form calls came.
    pub input: Form,
    /// Decisions a second of one thread.
    pub one: f64,
    /// Decisions a second of both.
    pub two: f64,
    /// The second by the first.
    pub ratio: f64,
}

/// The middle one; nothing of nothing.
fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// How long to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Minutes for everything.
    Quick,
    /// As long as it takes.
    Full,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_heeds_no_outlier() {
        assert_eq!(median(&[1.2, 9.0, 1.3]), 1.3);
        assert_eq!(median(&[]), 0.0);
    }
}
