//! What each workload is made of.

use crate::model::Shape;

/// The seed of everything.
pub const SEED: u64 = 0x6D63_707A_2026_0003;

/// Which conditions a workload's rules have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mix {
    /// Of all kinds but regular expressions, which Cedar does not have.
    Usual,
    /// As usual, but most tests of paths and repositories are regular expressions.
    Regexes,
    /// Mostly ranges of integers, and hours.
    Ranges,
}

/// What a workload is made of.
#[derive(Debug, Clone, Copy)]
pub struct Recipe {
    /// Its name.
    pub name: &'static str,
    /// What it shows, for the documentation.
    pub about: &'static str,
    /// How many rules.
    pub rules: usize,
    /// How many roles.
    pub roles: usize,
    /// How many servers.
    pub servers: usize,
    /// How many tools each server has.
    pub tools: usize,
    /// How many callers.
    pub agents: usize,
    /// How many roles a caller holds: least and most.
    pub roles_held: (usize, usize),
    /// How many of a hundred rules are about every tool.
    pub any_percent: usize,
    /// How many of a hundred rules are about every tool of a server.
    pub server_percent: usize,
    /// How many of a hundred rules are forbids.
    pub forbid_percent: usize,
    /// Which conditions.
    pub mix: Mix,
    /// How arguments are laid out.
    pub shape: Shape,
}

const USUAL: Recipe = Recipe {
    name: "",
    about: "",
    rules: 1_000,
    roles: 10,
    servers: 20,
    tools: 10,
    agents: 256,
    roles_held: (1, 2),
    any_percent: 0,
    server_percent: 0,
    forbid_percent: 0,
    mix: Mix::Usual,
    shape: Shape::Flat,
};

/// Every workload, in the order of the tables.
pub const RECIPES: [Recipe; 13] = [
    Recipe { name: "W1", about: "a first policy", rules: 10, roles: 3, servers: 3, tools: 2, agents: 32, ..USUAL },
    Recipe { name: "W2", about: "a team", rules: 100, roles: 5, servers: 5, agents: 64, ..USUAL },
    Recipe { name: "W3", about: "a company", ..USUAL },
    Recipe { name: "W4", about: "a large company", rules: 10_000, roles: 20, servers: 50, tools: 20, ..USUAL },
    Recipe { name: "W5", about: "a platform", rules: 100_000, roles: 40, servers: 100, tools: 40, ..USUAL },
    Recipe {
        name: "dense",
        about: "ten rules on one tool",
        rules: 10,
        roles: 3,
        servers: 1,
        tools: 1,
        agents: 32,
        ..USUAL
    },
    Recipe {
        name: "dense",
        about: "10,000 rules on one tool",
        rules: 10_000,
        roles: 20,
        servers: 1,
        tools: 1,
        ..USUAL
    },
    Recipe {
        name: "wildcard",
        about: "a third of the rules are about all tools of a server, one in twenty about all there are",
        any_percent: 5,
        server_percent: 30,
        ..USUAL
    },
    Recipe { name: "regex", about: "regular expressions on paths and repositories", mix: Mix::Regexes, ..USUAL },
    Recipe { name: "range", about: "ranges of integers, and hours", mix: Mix::Ranges, ..USUAL },
    Recipe { name: "forbid", about: "half of the rules are forbids", forbid_percent: 50, ..USUAL },
    Recipe { name: "deep", about: "arguments three objects deep", shape: Shape::Deep, ..USUAL },
    Recipe {
        name: "roles64",
        about: "64 roles, of which a caller holds 16 to 64",
        roles: 64,
        roles_held: (16, 64),
        ..USUAL
    },
];

/// The workloads that show growth: the same mix at 10 to 100,000 rules.
pub const GROWTH: [&str; 5] = ["W1", "W2", "W3", "W4", "W5"];

/// The recipe of a name and a number of rules.
pub fn find(name: &str, rules: usize) -> Option<&'static Recipe> {
    RECIPES.iter().find(|recipe| recipe.name == name && recipe.rules == rules)
}
