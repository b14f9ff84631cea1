//! One workload: all engines are loaded and checked, then measured in turns.

use super::{Plan, Results, check, tenths};
use crate::engines::{Built, Engine, EngineName, Visitor};
use crate::measure::cell::{Cell, Messages, Ready, Timed};
use crate::measure::counting::{self, Counts};
use crate::measure::timing::Budget;
use crate::measure::{Case, Effort, Form, LoadRow, Row, ThroughputRow, instructions, threads, turns};
use crate::model::Workload;
use std::time::Instant;

/// Workloads on which two threads are compared with one.
const THROUGHPUT: [&str; 2] = ["W1", "W3"];
/// A load that takes longer is not repeated.
const LONG_LOAD_MS: f64 = 300.0;
/// Workloads on which instructions are counted: under callgrind everything takes fifty times as long.
const INSTRUCTIONS: [&str; 3] = ["W1", "W2", "W3"];

/// Measures every engine of the plan.
pub fn measure(
    plan: &Plan,
    workload: &Workload,
    results: &mut Results,
    say: &mut dyn FnMut(&str),
) -> Result<(), String> {
    let mut loaded = Vec::new();
    for engine in &plan.engines {
        if plan.effort == Effort::Quick && engine.is_slow_at(workload.rules.len()) {
            results.skipped.push(format!("{} on {}: left out of a quick run", engine.name(), workload.key()));
            continue;
        }
        let start = Instant::now();
        let outcome = engine.visit(Load { plan, workload })?;
        say(&format!("{:>12} {:<16} {:.1} s", workload.key(), engine.name(), start.elapsed().as_secs_f64()));
        match outcome {
            Ok(engine) => loaded.push(engine),
            Err(why) => {
                results.skipped.push(format!("{} on {}: {why}", engine.name(), workload.key()));
            }
        }
    }
    let start = Instant::now();
    results.rows.extend(rows(plan, workload, &loaded));
    say(&format!("{:>12} {:<16} {:.1} s", workload.key(), "in turns", start.elapsed().as_secs_f64()));
    for Loaded { name, load, throughput, .. } in loaded {
        results.loads.push(load);
        if !throughput.is_empty() {
            results.throughput.entry(name.name().to_owned()).or_default().extend(throughput);
        }
    }
    Ok(())
}

/// An engine that is loaded and answers as it should, and what is known of it so far.
struct Loaded {
    name: EngineName,
    ready: Box<dyn Timed>,
    load: LoadRow,
    counts: Counts,
    throughput: Vec<ThroughputRow>,
}

struct Load<'p> {
    plan: &'p Plan,
    workload: &'p Workload,
}

impl Visitor for Load<'_> {
    /// The inner error says why the engine cannot have these rules.
    type Output = Result<Result<Loaded, String>, String>;

    fn visit<E: Engine>(self, name: EngineName) -> Self::Output {
        let Load { plan, workload } = self;
        let built = match E::build(workload, Some(&plan.cache)) {
            Ok(built) => built,
            Err(why) => return Ok(Err(why)),
        };
        let (engine, load_ms) = match timed_load::<E>(&built.artifact) {
            Ok(loaded) => loaded,
            Err(why) => return Ok(Err(why)),
        };
        check(name, &engine, workload, plan.effort)?;
        let counts = counting::of_workload(name, workload, &plan.cache)?;
        let load = load_row(name, workload, &built, load_ms, counts.memory_bytes);
        let throughput = if THROUGHPUT.contains(&workload.name) {
            [Form::Read, Form::Bytes400].map(|form| throughput(&engine, workload, form, plan.effort)).into()
        } else {
            Vec::new()
        };
        let ready = Box::new(Ready::new(name, engine, workload));
        Ok(Ok(Loaded { name, ready, load, counts, throughput }))
    }
}

/// Measures everything that is loaded, in turns; the engines of one form and case have their rounds right after one
/// another.
fn rows(plan: &Plan, workload: &Workload, loaded: &[Loaded]) -> Vec<Row> {
    let messages = Messages::of(workload);
    let budget = Budget::of_cell(plan.effort);
    let mut cells: Vec<Cell<'_>> = Vec::new();
    for form in Form::ALL {
        for case in Case::ALL {
            cells.extend(loaded.iter().filter_map(|engine| engine.ready.cell(&messages, (form, case), budget)));
        }
    }
    turns::run(&mut cells);
    let rows_of = |engine: &Loaded| -> Vec<Row> {
        let own = cells.iter().filter(|cell| cell.engine == engine.name);
        own.map(|cell| row(plan, workload, cell, &engine.counts)).collect()
    };
    loaded.iter().flat_map(rows_of).collect()
}

fn row(plan: &Plan, workload: &Workload, cell: &Cell<'_>, counts: &Counts) -> Row {
    let times = cell.distribution();
    Row {
        workload: cell.workload.to_owned(),
        rules: cell.rules,
        input: cell.form,
        case: cell.case,
        engine: cell.engine.name().to_owned(),
        p50_ns: tenths(times.p50_ns),
        p99_ns: tenths(times.p99_ns),
        allocations: counts.of(cell.form, cell.case).map(tenths),
        instructions: counted_instructions(plan, cell.engine, workload, cell.form, cell.case),
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
