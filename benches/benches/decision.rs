//! Criterion benches of single decisions: `cargo bench` in this folder, or `cargo bench -- W3/bytes400`.

use criterion::{Criterion, criterion_group, criterion_main};
use mcpz_benches::engines::{Engine, EngineName, Visitor};
use mcpz_benches::generate::recipe::RECIPES;
use mcpz_benches::generate::workload;
use mcpz_benches::measure::cell::with_calls;
use mcpz_benches::measure::{Case, Form};
use mcpz_benches::model::Workload;
use std::hint::black_box;

/// Larger workloads are the business of `cargo xtask bench`: loading them takes longer than measuring.
const MOST_RULES: usize = 1_000;

fn decisions(criterion: &mut Criterion) {
    for recipe in RECIPES.iter().filter(|recipe| recipe.rules <= MOST_RULES) {
        let workload = workload(recipe);
        for engine in EngineName::ALL {
            engine.visit(Bench { criterion, workload: &workload });
        }
    }
}

struct Bench<'b> {
    criterion: &'b mut Criterion,
    workload: &'b Workload,
}

impl Visitor for Bench<'_> {
    type Output = ();

    fn visit<E: Engine>(self, name: EngineName) {
        let Ok(built) = E::build(self.workload, None) else {
            return;
        };
        let Ok(engine) = E::load(&built.artifact) else {
            return;
        };
        for form in Form::ALL {
            for case in Case::ALL {
                let id = format!("{}/{}/{}/{}", self.workload.key(), form.name(), case.name(), name.name());
                with_calls(&engine, self.workload, form, case, |count, decide| {
                    let mut at = 0;
                    self.criterion.bench_function(&id, |bencher| {
                        bencher.iter(|| {
                            at = (at + 389) % count;
                            black_box(decide(black_box(at)))
                        });
                    });
                });
            }
        }
    }
}

criterion_group!(benches, decisions);
criterion_main!(benches);
