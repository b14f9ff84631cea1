//! Rules of a guard package: restrictions over whatever the package that depends on it declares.

use super::rng::Rng;

/// What the rules refer to.
pub const DECLARATIONS: &str = "tag guarded = tools where hints.destructive\n\
    const late = window(zone: \"UTC\", days: [\"sat\", \"sun\"], hours: 00:00..12:00)\n\n";

const RULES: &[&str] = &[
    "forbid anyone to call any tool where any(p in paths(args): p under \"/etc\")",
    "forbid any agent to call any tool where any(s in strings(args): s contains \"c2\")",
    "forbid anyone to call any tool where any(u in urls(args): u.scheme == \"ftp\")",
    "forbid anyone to call tag guarded where any(h in hosts(args): h in \"127.0.0.0/8\")",
    "forbid any user to read any resource when has network.source and network.source in \"::1/128\"",
    "forbid any agent to call tag guarded when now in late",
    "require mfa for any agent to call tag guarded when now in late",
    "require scope \"read\" for anyone to call any tool unless has network.source",
    "limit anyone to call any tool at most 5_000 per 1d by session",
    "limit any user to call tag guarded at most 30 per 1d by user",
    "audit full for any agent to call any tool",
    "audit summary for anyone to call tag guarded where any(p in paths(args): p.depth > 1)",
    "@shadow\nforbid anyone to call any tool when not has network.source",
];

/// Some of them.
pub fn rules(rng: &mut Rng) -> Vec<String> {
    (1..=rng.within(1, 4)).map(|number| format!("@id(\"G-{number}\")\n{}", rng.pick(RULES))).collect()
}
