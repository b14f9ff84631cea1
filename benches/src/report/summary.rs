//! What follows from the rows: growth, ratios, single figures.

use crate::generate::recipe::GROWTH;
use crate::measure::{Case, Form, LoadRow, Row};
use crate::run::Results;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How much dearer a decision got from few rules to many.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Growth {
    /// The fewest rules measured.
    pub from_rules: usize,
    /// The most.
    pub to_rules: usize,
    /// Times by which p50 grew.
    pub p50: f64,
    /// Times by which p99 grew.
    pub p99: f64,
}

/// Growth by engine, then by `read`, `bytes400`, `bytes4k` (W1 to the largest W), and the same after `dense_`.
pub type GrowthTable = BTreeMap<String, BTreeMap<String, Growth>>;

/// The growth of every engine, on mixed calls.
pub fn growth(results: &Results) -> GrowthTable {
    let engines: BTreeSet<&str> = results.rows.iter().map(|row| row.engine.as_str()).collect();
    let mut table = GrowthTable::new();
    for engine in engines {
        for form in Form::ALL {
            for (prefix, names) in [("", &GROWTH[..]), ("dense_", &["dense"])] {
                if let Some(growth) = of(results, engine, form, names) {
                    table.entry(engine.to_owned()).or_default().insert(format!("{prefix}{}", form.name()), growth);
                }
            }
        }
    }
    table
}

fn of(results: &Results, engine: &str, form: Form, names: &[&str]) -> Option<Growth> {
    let mut rows: Vec<&Row> = results
        .rows
        .iter()
        .filter(|row| row.engine == engine && row.input == form && row.case == Case::Mixed)
        .filter(|row| names.contains(&row.workload.as_str()))
        .collect();
    rows.sort_by_key(|row| row.rules);
    let (first, last) = (rows.first()?, rows.last()?);
    let hundredths = |value: f64| (value * 100.0).round() / 100.0;
    (first.rules < last.rules).then(|| Growth {
        from_rules: first.rules,
        to_rules: last.rules,
        p50: hundredths(last.p50_ns / first.p50_ns),
        p99: hundredths(last.p99_ns / first.p99_ns),
    })
}

/// One row.
pub fn row<'r>(results: &'r Results, at: (&str, usize), engine: &str, form: Form, case: Case) -> Option<&'r Row> {
    results.rows.iter().find(|row| {
        (row.workload.as_str(), row.rules) == at && row.engine == engine && row.input == form && row.case == case
    })
}

/// One load.
pub fn load<'r>(results: &'r Results, at: (&str, usize), engine: &str) -> Option<&'r LoadRow> {
    results.loads.iter().find(|row| (row.workload.as_str(), row.rules) == at && row.engine == engine)
}

/// Workloads that were measured, with their rules, in order.
pub fn workloads(results: &Results) -> Vec<(&str, usize)> {
    let mut found = Vec::new();
    for row in &results.loads {
        let key = (row.workload.as_str(), row.rules);
        if !found.contains(&key) {
            found.push(key);
        }
    }
    found
}

/// Engines that were measured on a workload, in order.
pub fn engines<'r>(results: &'r Results, at: (&str, usize)) -> Vec<&'r str> {
    let rows = results.loads.iter().filter(|row| (row.workload.as_str(), row.rules) == at);
    rows.map(|row| row.engine.as_str()).collect()
}
