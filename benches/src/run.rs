//! A whole run: check that engines agree, then measure everything that was asked for.

use crate::agree::{self, Agreement};
use crate::engines::{Built, Engine, EngineName, Visitor};
use crate::generate::attack::Attack;
use crate::generate::recipe::{RECIPES, Recipe};
use crate::generate::workload;
use crate::measure::machine::{self, Machine, Watch};
use crate::measure::{AttackRow, Case, Effort, Form, LoadRow, Row, ThroughputRow};
use crate::measure::{cell, counting, instructions, threads};
use crate::model::Workload;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Workloads on which two threads are compared with one.
const THROUGHPUT: [&str; 2] = ["W1", "W3"];
/// A load that takes longer is not repeated.
const LONG_LOAD_MS: f64 = 300.0;
/// Workloads on which instructions are counted: under callgrind everything takes fifty times as long.
const INSTRUCTIONS: [&str; 3] = ["W1", "W2", "W3"];

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
        attacks: Vec::new(),
        throughput: BTreeMap::new(),
        skipped: Vec::new(),
    };
    for recipe in RECIPES.iter().filter(|recipe| is_wanted(plan, recipe.name)) {
        one_workload(plan, recipe, &mut results, say)?;
    }
    if is_wanted(plan, "attack") {
        attacks(plan, &mut results, say)?;
    }
    results.machine.busy_elsewhere = watch.busy_elsewhere();
    Ok(results)
}

fn is_wanted(plan: &Plan, name: &str) -> bool {
    plan.workloads.is_empty() || plan.workloads.iter().any(|wanted| wanted == name)
}

fn one_workload(plan: &Plan, recipe: &Recipe, results: &mut Results, say: &mut dyn FnMut(&str)) -> Result<(), String> {
    let workload = workload(recipe);
    for engine in &plan.engines {
        if plan.effort == Effort::Quick && engine.is_slow_at(workload.rules.len()) {
            results.skipped.push(format!("{} on {}: left out of a quick run", engine.name(), workload.key()));
            continue;
        }
        let start = Instant::now();
        let measured = engine.visit(Measure { plan, workload: &workload });
        say(&format!("{:>8} {:<16} {:.1} s", workload.key(), engine.name(), start.elapsed().as_secs_f64()));
        match measured? {
            Outcome::Measured(measured) => {
                results.rows.extend(measured.rows);
                results.loads.push(measured.load);
                if !measured.throughput.is_empty() {
                    results.throughput.entry(engine.name().to_owned()).or_default().extend(measured.throughput);
                }
            }
            Outcome::NotExpressible(why) => {
                results.skipped.push(format!("{} on {}: {why}", engine.name(), workload.key()));
            }
        }
    }
    Ok(())
}

struct Measured {
    rows: Vec<Row>,
    load: LoadRow,
    throughput: Vec<ThroughputRow>,
}

enum Outcome {
    Measured(Measured),
    NotExpressible(String),
}

struct Measure<'p> {
    plan: &'p Plan,
    workload: &'p Workload,
}

impl Visitor for Measure<'_> {
    type Output = Result<Outcome, String>;

    fn visit<E: Engine>(self, name: EngineName) -> Self::Output {
        let Measure { plan, workload } = self;
        let built = match E::build(workload, Some(&plan.cache)) {
            Ok(built) => built,
            Err(why) => return Ok(Outcome::NotExpressible(why)),
        };
        let (engine, load_ms) = match timed_load::<E>(&built.artifact) {
            Ok(loaded) => loaded,
            Err(why) => return Ok(Outcome::NotExpressible(why)),
        };
        if let Agreement::Differs(how) = agree::engine(&engine, workload, plan.effort) {
            return Err(format!("{} on {} does not answer as it should: {how}", name.name(), workload.key()));
        }
        let counts = counting::of_workload(name, workload, &plan.cache)?;
        let mut rows = Vec::new();
        for form in Form::ALL {
            for case in Case::ALL {
                let Some(times) = cell::time(&engine, workload, form, case, plan.effort) else {
                    continue;
                };
                rows.push(Row {
                    workload: workload.name.to_owned(),
                    rules: workload.rules.len(),
                    input: form,
                    case,
                    engine: name.name().to_owned(),
                    p50_ns: tenths(times.p50_ns),
                    p99_ns: tenths(times.p99_ns),
                    allocations: counts.of(form, case).map(tenths),
                    instructions: counted_instructions(plan, name, workload, form, case),
                });
            }
        }
        let load = load_row(name, workload, &built, load_ms, counts.memory_bytes);
        let throughput = if THROUGHPUT.contains(&workload.name) {
            [Form::Read, Form::Bytes400].map(|form| throughput(&engine, workload, form, plan.effort)).into()
        } else {
            Vec::new()
        };
        Ok(Outcome::Measured(Measured { rows, load, throughput }))
    }
}

/// Loads, several times when that is quick; the shortest counts.
fn timed_load<E: Engine>(artifact: &E::Artifact) -> Result<(E, f64), String> {
    let once = || -> Result<(E, f64), String> {
        let start = Instant::now();
        let engine = E::load(artifact)?;
        Ok((engine, start.elapsed().as_secs_f64() * 1e3))
    };
    let (mut engine, mut shortest) = once()?;
    for _ in 0..4 {
        if shortest > LONG_LOAD_MS {
            break;
        }
        let again = once()?;
        shortest = shortest.min(again.1);
        engine = again.0;
    }
    Ok((engine, shortest))
}

fn load_row<A>(name: EngineName, workload: &Workload, built: &Built<A>, load_ms: f64, memory: i64) -> LoadRow {
    let each = |bytes: usize| tenths(bytes as f64 / workload.rules.len() as f64);
    LoadRow {
        workload: workload.name.to_owned(),
        rules: workload.rules.len(),
        engine: name.name().to_owned(),
        compile_ms: built.compile.map(|time| tenths(time.as_secs_f64() * 1e3)),
        load_ms: (load_ms * 1e4).round() / 1e4,
        bytes: built.bytes,
        bytes_per_rule: built.bytes.map(each),
        code_bytes_per_rule: built.code_bytes.map(each),
        memory_bytes: Some(memory),
    }
}

fn counted_instructions(plan: &Plan, name: EngineName, workload: &Workload, form: Form, case: Case) -> Option<f64> {
    let is_counted = plan.instructions && INSTRUCTIONS.contains(&workload.name);
    if !is_counted || case != Case::Mixed || form == Form::Bytes4k {
        return None;
    }
    instructions::count(name, workload, form, &plan.cache).map(f64::round)
}

fn throughput<E: Engine>(engine: &E, workload: &Workload, form: Form, effort: Effort) -> ThroughputRow {
    let threads::Throughput { one, two, ratio } = threads::throughput(engine, workload, form, effort);
    ThroughputRow {
        workload: workload.name.to_owned(),
        input: form,
        one: one.round(),
        two: two.round(),
        ratio: (ratio * 100.0).round() / 100.0,
    }
}

fn attacks(plan: &Plan, results: &mut Results, say: &mut dyn FnMut(&str)) -> Result<(), String> {
    for attack in Attack::ALL {
        for engine in &plan.engines {
            match agree::attack(*engine, attack) {
                Agreement::Differs(how) => return Err(format!("{} allows the attack {how}", engine.name())),
                Agreement::NotExpressible(why) => {
                    results.skipped.push(format!("{} under {}: {why}", engine.name(), attack.name()));
                    continue;
                }
                Agreement::Full(_) => {}
            }
            let row = engine.visit(Attacked { attack, effort: plan.effort, cache: &plan.cache })?;
            say(&format!("{} under {}", engine.name(), attack.name()));
            results.attacks.push(row);
        }
    }
    Ok(())
}

struct Attacked<'p> {
    attack: Attack,
    effort: Effort,
    cache: &'p Path,
}

impl Visitor for Attacked<'_> {
    type Output = Result<AttackRow, String>;

    fn visit<E: Engine>(self, name: EngineName) -> Self::Output {
        let workload = self.attack.workload();
        let engine = E::load(&E::build(&workload, None)?.artifact)?;
        let times = cell::time_attack(&engine, &workload, self.attack, self.effort);
        let counts = counting::of_attack(name, self.attack, self.cache)?;
        Ok(AttackRow {
            attack: self.attack.name().to_owned(),
            bytes: self.attack.message().len(),
            engine: name.name().to_owned(),
            p50_ns: tenths(times.p50_ns),
            p99_ns: tenths(times.p99_ns),
            allocations: counts.attack,
        })
    }
}

fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
