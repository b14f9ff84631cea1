//! What follows from the rows: growth, ratios, single figures.

use crate::generate::recipe::GROWTH;
use crate::measure::{Case, Form, GrowthRow, LoadRow, Row};
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
    /// Whether both sides were measured in turns; otherwise they come from two rows, which may have seen two phases of
    /// the machine.
    pub in_turns: bool,
}

/// Growth by engine, then by `read`, `bytes400`, `bytes4k` (the fewest to the most rules of W1 to W5), the same after
/// `w4_` (W1 to W4) and after `dense_`.
pub type GrowthTable = BTreeMap<String, BTreeMap<String, Growth>>;

/// The growth of every engine, on mixed calls: from rounds in turns where there were any, else from rows.
pub fn growth(results: &Results) -> GrowthTable {
    let mut table = GrowthTable::new();
    for (engine, key, growth) in from_rows(&results.rows) {
        table.entry(engine).or_default().insert(key, growth);
    }
    for row in &results.growth {
        let key = format!("{}{}", row.prefix, row.input.name());
        table.entry(row.engine.clone()).or_default().insert(key, in_turns(row));
    }
    table
}

fn in_turns(row: &GrowthRow) -> Growth {
    let [from_rules, to_rules] = row.rules;
    Growth { from_rules, to_rules, p50: hundredths(row.p50), p99: hundredths(row.p99), in_turns: true }
}

fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// What rows say: engine, key and growth.
fn from_rows(rows: &[Row]) -> Vec<(String, String, Growth)> {
    let engines: BTreeSet<&str> = rows.iter().map(|row| row.engine.as_str()).collect();
    let mut found = Vec::new();
    for engine in engines {
        for form in Form::ALL {
            for (prefix, names) in [("", &GROWTH[..]), ("dense_", &["dense"])] {
                let growth = of(rows, engine, form, names);
                found.extend(growth.map(|growth| (engine.to_owned(), format!("{prefix}{}", form.name()), growth)));
            }
        }
    }
    found
}

fn of(rows: &[Row], engine: &str, form: Form, names: &[&str]) -> Option<Growth> {
    let mut rows: Vec<&Row> = rows
        .iter()
        .filter(|row| row.engine == engine && row.input == form && row.case == Case::Mixed)
        .filter(|row| names.contains(&row.workload.as_str()))
        .collect();
    rows.sort_by_key(|row| row.rules);
    let (first, last) = (rows.first()?, rows.last()?);
    (first.rules < last.rules).then(|| Growth {
        from_rules: first.rules,
        to_rules: last.rules,
        p50: hundredths(last.p50_ns / first.p50_ns),
        p99: hundredths(last.p99_ns / first.p99_ns),
        in_turns: false,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::machine;
    use crate::run::Results;

    fn row(engine: &str, rules: usize, p50_ns: f64) -> Row {
        Row {
            workload: if rules == 10 { "W1".to_owned() } else { "W4".to_owned() },
            rules,
            input: Form::Read,
            case: Case::Mixed,
            engine: engine.to_owned(),
            p50_ns,
            p99_ns: 2.0 * p50_ns,
            allocations: None,
            instructions: None,
        }
    }

    fn results() -> Results {
        let in_turns = |prefix, p50| GrowthRow {
            engine: "mcpz".to_owned(),
            prefix,
            input: Form::Read,
            rules: [10, 10_000],
            p50,
            p99: 1.252,
        };
        Results {
            machine: machine::describe(),
            rows: vec![
                row("mcpz", 10, 300.0),
                row("mcpz", 10_000, 900.0),
                row("cedar", 10, 1_000.0),
                row("cedar", 10_000, 300_000.0),
            ],
            loads: Vec::new(),
            growth: vec![in_turns("", 1.239), in_turns("w4_", 1.1)],
            attacks: Vec::new(),
            throughput: BTreeMap::new(),
            skipped: Vec::new(),
        }
    }

    #[test]
    fn rounds_in_turns_come_before_rows() {
        let table = growth(&results());
        let wanted = Growth { from_rules: 10, to_rules: 10_000, p50: 1.24, p99: 1.25, in_turns: true };
        assert_eq!(table["mcpz"]["read"], wanted);
        assert_eq!(table["mcpz"]["w4_read"], Growth { p50: 1.1, ..wanted });
        let from_rows = Growth { from_rules: 10, to_rules: 10_000, p50: 300.0, p99: 300.0, in_turns: false };
        assert_eq!(table["cedar"]["read"], from_rows);
        assert_eq!(table["cedar"].len(), 1);
    }
}
