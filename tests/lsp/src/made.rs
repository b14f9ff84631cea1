//! A made-up package of more than 5,000 lines, 60 files and 200 tools, and the random numbers that loads are made of.

use crate::workspace::write;
use crate::{Failed, Result};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// Servers of the package.
const SERVERS: usize = 10;
/// Tools of each.
const TOOLS: usize = 20;
/// Files with rules.
pub const RULE_FILES: usize = 58;
/// Rules of each.
const RULES: usize = 16;

/// Writes the package, and pins its catalogs with the command itself. Gives the number of lines.
pub fn write_package(binary: &Path, root: &Path) -> Result<usize> {
    write(&root.join("mcpz.toml"), "[package]\nname = \"large\"\nversion = \"0.1.0\"\nedition = \"2026\"\n")?;
    let mut texts =
        vec![("policy/identities.mcpz".to_owned(), identities()), ("policy/servers.mcpz".to_owned(), servers())];
    texts.extend((0..RULE_FILES).map(|file| (rule_file(file), rules(file))));
    let mut lines = 0;
    for (path, text) in &texts {
        lines += text.lines().count();
        write(&root.join(path), text)?;
    }
    for server in 0..SERVERS {
        write(&root.join(format!("catalog/server{server}.json")), &catalog(server).to_string())?;
    }
    let status = Command::new(binary).arg("-C").arg(root).arg("lock").output()?;
    if !status.status.success() {
        return Err(Failed(String::from_utf8_lossy(&status.stderr).into_owned()));
    }
    Ok(lines)
}

/// The path of a file with rules.
pub fn rule_file(file: usize) -> String {
    format!("policy/rules{file:02}.mcpz")
}

fn identities() -> String {
    let mut text = String::from(
        "issuer corp {\n    url \"https://id.example\"\n    audience \"https://mcp.example\"\n    claims {\n        groups: set<string>\n        teams: set<string>\n    }\n}\nuser employee from corp where claims.sub like \"user:*\"\n",
    );
    for role in 0..40 {
        text.push_str(&format!(
            "\n/// Role {role}.\nrole role{role} of employee where claims.groups contains \"group{role}\"\n"
        ));
    }
    text
}

fn servers() -> String {
    let mut text = String::from("segment inside { networks \"10.0.0.0/8\" }\n");
    for server in 0..SERVERS {
        text.push_str(&format!(
            "\nserver server{server} {{\n    endpoint \"https://server{server}.example/mcp\"\n    catalog \"catalog/server{server}.json\"\n    segment inside\n}}\n"
        ));
    }
    text
}

/// One file of rules.
fn rules(file: usize) -> String {
    let mut text =
        format!("//! Rules, part {file}.\n\npredicate in_team{file}(team: string, all: set<string>) = team in all\n");
    for rule in 0..RULES {
        let (server, tool, role) = ((file + rule) % SERVERS, (file * 3 + rule) % TOOLS, (file + rule) % 40);
        text.push_str(&format!("\n/// What role {role} does with tool {tool}.\n@id(\"R-{file}-{rule}\")\n"));
        text.push_str(&match rule % 4 {
            0 => format!("permit role{role} to call server{server}.tool{tool}\n    where in_team{file}(args.team, user.claims.teams) and args.amount <= {}\n", 100 + rule),
            1 => format!("permit role{role} to call server{server}.{{tool{tool}, tool{}}}\n    where args.mode in [\"read\", \"list\"] and args.team like \"team-*\"\n", (tool + 1) % TOOLS),
            2 => format!("forbid anyone to call server{server}.tool{tool}\n    where args.amount > {}\n    unless role{role}\n", 1_000 + rule),
            _ => format!("require mfa fresh 5m for any user to call server{server}.tool{tool}\n    where args.amount in 10..=500\n"),
        });
    }
    text
}

fn catalog(server: usize) -> Value {
    let tools: Vec<Value> = (0..TOOLS)
        .map(|tool| {
            json!({
                "name": format!("tool{tool}"),
                "description": format!("Does thing {tool} of server {server}, and says so in a sentence of middling length."),
                "inputSchema": {"type": "object", "additionalProperties": false, "required": ["team", "amount", "mode"], "properties": {
                    "team": {"type": "string", "minLength": 1, "maxLength": 64},
                    "amount": {"type": "number", "minimum": 0},
                    "mode": {"type": "string", "enum": ["read", "list", "write", "delete"]},
                    "note": {"type": "string", "maxLength": 500, "description": "Free text."},
                    "filter": {"type": "object", "properties": {"since": {"type": "string"}, "limit": {"type": "integer", "minimum": 1, "maximum": 100}}}
                }},
                "annotations": {"readOnlyHint": tool % 2 == 0},
            })
        })
        .collect();
    json!({"server": {"name": format!("server{server}"), "version": "1.0.0", "protocolVersion": "2025-11-25"}, "tools": tools})
}

/// Random numbers, the same for the same seed.
pub struct Random(u64);

impl Random {
    /// A generator.
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below a bound; 0 for a bound of 0.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
        usize::try_from((self.0 >> 11) % bound).unwrap_or(0)
    }
}

/// Kilobytes that a process holds, from the kernel's table: now, and at most. Zero where there is no such table.
pub fn memory_kb(process: u32) -> (u64, u64) {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let field = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_whitespace().nth(1)).and_then(|number| number.parse().ok()).unwrap_or(0)
    };
    (field("VmRSS:"), field("VmHWM:"))
}
