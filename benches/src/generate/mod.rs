//! Workloads from a seed: rules, callers and calls that are the same on every machine.
//!
//! [`recipe`] says what a workload is made of, [`conditions`] makes conditions and the values that
//! meet or break them, [`calls`] makes calls, [`attack`] makes messages meant to hurt.

pub mod attack;
mod calls;
mod conditions;
pub mod recipe;

use crate::model::{Agent, Effect, Rule, Server, Target, Workload};
use crate::rng::Rng;
use recipe::Recipe;

const SERVERS: [&str; 10] =
    ["fs", "github", "jira", "postgres", "bucket", "slack", "ledger", "grafana", "vault", "kube"];
const VERBS: [&str; 8] = ["read", "write", "list", "create", "update", "delete", "search", "export"];
const NOUNS: [&str; 12] =
    ["file", "issue", "table", "object", "ticket", "branch", "report", "invoice", "panel", "secret", "message", "job"];
const ROLES: [&str; 10] = [
    "analyst",
    "engineer",
    "operator",
    "auditor",
    "helpdesk",
    "reliability",
    "finance",
    "marketing",
    "trainee",
    "release",
];

/// Makes a workload.
pub fn workload(recipe: &Recipe) -> Workload {
    let mut rng = Rng::new(recipe::SEED, &format!("{}/{}", recipe.name, recipe.rules));
    let roles: Vec<String> = (0..recipe.roles).map(|number| numbered(&ROLES, number)).collect();
    let servers: Vec<Server> = (0..recipe.servers).map(|number| server(number, recipe.tools)).collect();
    let rules: Vec<Rule> = (0..recipe.rules).map(|number| rule(number, recipe, &mut rng)).collect();
    let agents: Vec<Agent> = (0..recipe.agents).map(|number| agent(number, recipe, &mut rng)).collect();
    let mut workload = Workload {
        name: recipe.name,
        shape: recipe.shape,
        roles,
        servers,
        agents,
        rules,
        hits: Vec::new(),
        misses: Vec::new(),
        mixed: Vec::new(),
    };
    calls::fill(&mut workload, &mut rng);
    workload
}

/// A word of the list, with a number after it when the list is used up.
fn numbered(words: &[&str], number: usize) -> String {
    let word = words[number % words.len()];
    if number < words.len() { word.to_owned() } else { format!("{word}_{}", number / words.len() + 1) }
}

fn server(number: usize, tools: usize) -> Server {
    let name_of = |tool: usize| {
        let (verb, noun) = (VERBS[tool % VERBS.len()], NOUNS[(tool / VERBS.len() + tool * 5) % NOUNS.len()]);
        if tool < 24 { format!("{verb}_{noun}") } else { format!("{verb}_{noun}_{tool}") }
    };
    Server { name: numbered(&SERVERS, number), tools: (0..tools).map(name_of).collect() }
}

fn agent(number: usize, recipe: &Recipe, rng: &mut Rng) -> Agent {
    let mut roles = vec![number % recipe.roles];
    let wanted = match recipe.roles_held {
        (low, high) if high > low => low + rng.below(high - low + 1),
        (low, _) => low,
    };
    while roles.len() < wanted.min(recipe.roles) {
        let role = rng.below(recipe.roles);
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    Agent { id: format!("user:{number:04}"), roles }
}

fn rule(number: usize, recipe: &Recipe, rng: &mut Rng) -> Rule {
    // The first rule is always a permit, so that every workload allows something.
    let forbids = number > 0 && rng.percent(recipe.forbid_percent);
    let effect = if forbids { Effect::Forbid } else { Effect::Permit };
    let target = match rng.below(100) {
        share if share < recipe.any_percent => Target::Any,
        share if share < recipe.any_percent + recipe.server_percent => Target::Server(rng.below(recipe.servers)),
        _ => Target::Tool(rng.below(recipe.servers), rng.below(recipe.tools)),
    };
    Rule { effect, role: rng.below(recipe.roles), target, conditions: conditions::make(effect, recipe.mix, rng) }
}
