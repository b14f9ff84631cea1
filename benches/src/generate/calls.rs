//! Calls for a workload: some that meet a rule, some that just miss one, some at random.

use super::conditions;
use crate::model::{Call, Effect, Facts, INT_FIELDS, Rule, TEXT_FIELDS, Target, Workload};
use crate::reference::Reference;
use crate::rng::Rng;

/// Calls in `mixed`.
pub const MIXED: usize = 1_000;
/// Calls in `hits` and in `misses`.
const SINGLE: usize = 64;
/// Tries to find them.
const TRIES: usize = 20_000;

/// Fills in all calls.
pub fn fill(workload: &mut Workload, rng: &mut Rng) {
    let holders = holders(workload);
    let mixed = (0..MIXED).map(|_| one(workload, &holders, rng)).collect();
    let reference = Reference::new(workload);
    let (mut hits, mut misses) = (Vec::new(), Vec::new());
    for _ in 0..TRIES {
        if hits.len() >= SINGLE && misses.len() >= SINGLE {
            break;
        }
        let call = one(workload, &holders, rng);
        let list = if reference.allows(&call) { &mut hits } else { &mut misses };
        if list.len() < SINGLE {
            list.push(call);
        }
    }
    // Where nearly everything is allowed, what no rule can want is denied.
    for _ in 0..TRIES {
        if misses.len() >= SINGLE {
            break;
        }
        let mut call = one(workload, &holders, rng);
        call.texts = [const { None }; TEXT_FIELDS.len()];
        call.facts.segment = "elsewhere".to_owned();
        if !reference.allows(&call) {
            misses.push(call);
        }
    }
    workload.hits = hits;
    workload.misses = misses;
    workload.mixed = mixed;
}

/// The callers of each role.
fn holders(workload: &Workload) -> Vec<Vec<usize>> {
    let mut holders = vec![Vec::new(); workload.roles.len()];
    for (number, agent) in workload.agents.iter().enumerate() {
        agent.roles.iter().for_each(|role| holders[*role].push(number));
    }
    holders
}

fn one(workload: &Workload, holders: &[Vec<usize>], rng: &mut Rng) -> Call {
    let kind = rng.below(100);
    let rule = rng.pick(&workload.rules);
    if kind >= 75 || rule.effect == Effect::Forbid && kind >= 30 {
        let server = rng.below(workload.servers.len());
        let tool = rng.below(workload.servers[server].tools.len());
        return at_random(rng.below(workload.agents.len()), server, tool, rng);
    }
    let mut call = meeting(workload, rule, holders, rng);
    match kind {
        45..65 => conditions::break_one(rng.pick(&rule.conditions), &mut call, rng),
        65.. if rng.percent(50) => call.texts[rng.below(TEXT_FIELDS.len())] = None,
        65.. => call.ints[rng.below(INT_FIELDS.len())] = None,
        _ => {}
    }
    call
}

/// A call that meets a rule; arguments it does not constrain are random.
fn meeting(workload: &Workload, rule: &Rule, holders: &[Vec<usize>], rng: &mut Rng) -> Call {
    let agent = *rng.pick(&holders[rule.role]);
    let (server, tool) = match rule.target {
        Target::Tool(server, tool) => (server, tool),
        Target::Server(server) => (server, rng.below(workload.servers[server].tools.len())),
        Target::Any => {
            let server = rng.below(workload.servers.len());
            (server, rng.below(workload.servers[server].tools.len()))
        }
    };
    let mut call = at_random(agent, server, tool, rng);
    rule.conditions.iter().for_each(|condition| conditions::meet(condition, &mut call, rng));
    call
}

fn at_random(agent: usize, server: usize, tool: usize, rng: &mut Rng) -> Call {
    Call {
        id: rng.number() % 100_000,
        agent,
        server,
        tool,
        facts: Facts { hour: rng.between(0, 23), segment: conditions::segment(rng) },
        texts: TEXT_FIELDS.map(|field| Some(conditions::text(field, rng))),
        ints: INT_FIELDS.map(|field| Some(conditions::int(field, rng))),
    }
}
