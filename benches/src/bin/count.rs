//! Counts the allocations of one engine on one workload, or under one attack; prints JSON.

use clap::Parser;
use mcpz_benches::engines::{Engine, EngineName, Known, Visitor};
use mcpz_benches::generate::attack::Attack;
use mcpz_benches::generate::{recipe, workload};
use mcpz_benches::measure::cell::{calls, with_calls};
use mcpz_benches::measure::counting::Counts;
use mcpz_benches::measure::{Case, Form};
use mcpz_benches::model::Workload;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Most decisions that are counted.
const DECISIONS: usize = 250;
/// After this long fewer will do.
const LONGEST: Duration = Duration::from_millis(300);

#[derive(Parser)]
struct Cli {
    #[arg(long)]
    engine: String,
    #[arg(long)]
    workload: Option<String>,
    #[arg(long, default_value_t = 0)]
    rules: usize,
    #[arg(long)]
    attack: Option<String>,
    #[arg(long)]
    cache: Option<PathBuf>,
}

fn main() -> ExitCode {
    let counts = run(&Cli::parse()).and_then(|counts| serde_json::to_string(&counts).map_err(|e| e.to_string()));
    match counts {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<Counts, String> {
    let engine = EngineName::find(&cli.engine).ok_or("no such engine")?;
    if let Some(name) = &cli.attack {
        let attack = Attack::ALL.into_iter().find(|attack| attack.name() == name).ok_or("no such attack")?;
        return engine.visit(Count { workload: &attack.workload(), attack: Some(attack), cache: None });
    }
    let name = cli.workload.as_deref().unwrap_or_default();
    let recipe = recipe::find(name, cli.rules).ok_or("no such workload")?;
    engine.visit(Count { workload: &workload(recipe), attack: None, cache: cli.cache.as_deref() })
}

struct Count<'w> {
    workload: &'w Workload,
    attack: Option<Attack>,
    cache: Option<&'w Path>,
}

impl Visitor for Count<'_> {
    type Output = Result<Counts, String>;

    fn visit<E: Engine>(self, _: EngineName) -> Result<Counts, String> {
        let built = E::build(self.workload, self.cache)?;
        let region = Region::new(ALLOCATOR);
        let engine = E::load(&built.artifact)?;
        let worker = engine.worker();
        let change = region.change();
        drop(worker);
        let mut counts = Counts {
            memory_bytes: change.bytes_allocated as i64 - change.bytes_deallocated as i64,
            ..Counts::default()
        };
        if let Some(attack) = self.attack {
            let session = engine.session(&Known::of(self.workload, &self.workload.misses[0]));
            let (message, mut worker) = (attack.message(), engine.worker());
            counts.attack = Some(average(1, &mut |_| engine.decide_bytes(&mut worker, &session, &message)));
            return Ok(counts);
        }
        for form in Form::ALL {
            for case in Case::ALL.into_iter().filter(|case| !calls(self.workload, *case).is_empty()) {
                let each = with_calls(&engine, self.workload, form, case, average);
                counts.allocations.push((form, case, each));
            }
        }
        Ok(counts)
    }
}

/// Allocations a decision, growing a block included. What a worker keeps for later is allocated before.
fn average(count: usize, decide: &mut dyn FnMut(usize) -> bool) -> f64 {
    let start = Instant::now();
    (0..count.max(2)).take_while(|_| start.elapsed() < LONGEST).for_each(|at| _ = black_box(decide(at % count)));
    let start = Instant::now();
    let (region, mut done) = (Region::new(ALLOCATOR), 0);
    while done < DECISIONS && (done == 0 || start.elapsed() < LONGEST) {
        black_box(decide(black_box(done * 389 % count)));
        done += 1;
    }
    let change = region.change();
    (change.allocations + change.reallocations) as f64 / done as f64
}
