//! A whole run: check that engines agree, then measure everything that was asked for.

mod attacks;
mod growth;
mod one_workload;

use crate::agree::{self, Agreement};
use crate::engines::{Engine, EngineName};
use crate::generate::recipe::RECIPES;
use crate::generate::workload;
use crate::measure::growth::{ends, spans};
use crate::measure::machine::{self, Machine, Watch};
use crate::measure::{AttackRow, Effort, GrowthRow, LoadRow, Row, ThroughputRow};
use crate::model::Workload;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What to run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How long to measure.
    pub effort: Effort,
    /// Names of workloads; empty for all.
    pub workloads: Vec<String>,
    /// Engines.
    pub engines: Vec<EngineName>,
    /// Whether instructions are counted.
    pub instructions: bool,
    /// Where compiled forms are kept while it runs.
    pub cache: PathBuf,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Results {
    /// Where.
    pub machine: Machine,
    /// Times.
    pub rows: Vec<Row>,
    /// Loads.
    pub loads: Vec<LoadRow>,
    /// Growth, as far as it was measured by itself.
    pub growth: Vec<GrowthRow>,
    /// Attacks.
    pub attacks: Vec<AttackRow>,
    /// Throughput, by engine.
    pub throughput: BTreeMap<String, Vec<ThroughputRow>>,
    /// What could not be run, and why.
    pub skipped: Vec<String>,
}

/// Runs a plan. `say` is told what is going on.
pub fn run(plan: &Plan, say: &mut dyn FnMut(&str)) -> Result<Results, String> {
    let watch = Watch::start();
    let mut results = Results {
        machine: machine::describe(),
        rows: Vec::new(),
        loads: Vec::new(),
        growth: Vec::new(),
        attacks: Vec::new(),
        throughput: BTreeMap::new(),
        skipped: Vec::new(),
    };
    let spans = spans(|name| is_wanted(plan, name));
    let ends = ends(&spans);
    let mut kept: Vec<Workload> = Vec::new();
    for recipe in RECIPES.iter().filter(|recipe| is_wanted(plan, recipe.name)) {
        let workload = workload(recipe);
        one_workload::measure(plan, &workload, &mut results, say)?;
        // To make it takes seconds where calls that are denied are rare.
        kept.extend(ends.contains(&(recipe.name, recipe.rules)).then_some(workload));
    }
    growth::measure(plan, &kept, &spans, &mut results, say)?;
    if is_wanted(plan, "attack") {
        attacks::measure(plan, &mut results, say)?;
    }
    results.machine.busy_elsewhere = watch.busy_elsewhere();
    Ok(results)
}

fn is_wanted(plan: &Plan, name: &str) -> bool {
    plan.workloads.is_empty() || plan.workloads.iter().any(|wanted| wanted == name)
}

/// Nothing is timed that does not answer as the reference does.
fn check<E: Engine>(name: EngineName, engine: &E, workload: &Workload, effort: Effort) -> Result<(), String> {
    match agree::engine(engine, workload, effort) {
        Agreement::Differs(how) => {
            Err(format!("{} on {} does not answer as it should: {how}", name.name(), workload.key()))
        }
        Agreement::Full(_) | Agreement::NotExpressible(_) => Ok(()),
    }
}

fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
