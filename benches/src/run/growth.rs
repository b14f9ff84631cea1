//! Growth: what is compared is loaded together, and measured in turns.

use super::{Plan, Results, check};
use crate::engines::{Engine, EngineName, Visitor};
use crate::measure::cell::{Messages, Ready, Timed};
use crate::measure::growth::{self, ENGINES, Span};
use crate::model::Workload;
use std::time::Instant;

/// Measures the growth of the plan's engines over the spans, whose workloads are among these.
pub fn measure(
    plan: &Plan,
    workloads: &[Workload],
    spans: &[Span],
    results: &mut Results,
    say: &mut dyn FnMut(&str),
) -> Result<(), String> {
    if spans.is_empty() {
        return Ok(());
    }
    let start = Instant::now();
    let messages: Vec<Messages<'_>> = workloads.iter().map(Messages::of).collect();
    let mut loaded = Vec::new();
    for engine in plan.engines.iter().filter(|engine| ENGINES.contains(engine)) {
        for messages in &messages {
            match engine.visit(Load { plan, workload: messages.workload() })? {
                Ok(ready) => loaded.push((messages, ready)),
                Err(why) => results.skipped.push(format!("growth of {}: {why}", engine.name())),
            }
        }
    }
    results.growth = growth::measure(&loaded, spans, plan.effort);
    say(&format!("{:>12} {:<16} {:.1} s", "growth", "in turns", start.elapsed().as_secs_f64()));
    Ok(())
}

struct Load<'p> {
    plan: &'p Plan,
    workload: &'p Workload,
}

impl Visitor for Load<'_> {
    /// The inner error says why the engine cannot have these rules.
    type Output = Result<Result<Box<dyn Timed>, String>, String>;

    fn visit<E: Engine>(self, name: EngineName) -> Self::Output {
        let Load { plan, workload } = self;
        let built = E::build(workload, Some(&plan.cache));
        let engine = match built.and_then(|built| E::load(&built.artifact)) {
            Ok(engine) => engine,
            Err(why) => return Ok(Err(why)),
        };
        check(name, &engine, workload, plan.effort)?;
        Ok(Ok(Box::new(Ready::new(name, engine, workload))))
    }
}
