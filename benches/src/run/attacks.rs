//! What attacks cost.

use super::{Plan, Results, tenths};
use crate::agree::{self, Agreement};
use crate::engines::{Engine, EngineName, Visitor};
use crate::generate::attack::Attack;
use crate::measure::{AttackRow, Effort, cell, counting};
use std::path::Path;

/// Measures every engine under every attack, one after the other.
pub fn measure(plan: &Plan, results: &mut Results, say: &mut dyn FnMut(&str)) -> Result<(), String> {
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
