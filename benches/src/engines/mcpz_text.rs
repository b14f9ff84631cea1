//! The rules as an mcpz package: policy text, and a catalog with a pinned schema for each server.

use super::{quote, quote_all};
use crate::model::{Condition, DEEP, Effect, MODES, Rule, Server, Shape, Target, Workload};
use mcpz_compiler::package::lock;
use mcpz_compiler::source::MemoryProvider;
use serde_json::{Value, json};

/// Rules in one file.
const RULES_A_FILE: usize = 2_000;

const HEAD: &str = r#"
issuer corp {
    url "https://id.acme.example"
    audience "https://mcp.acme.example"
    lifetime 15m
    claims { groups: set<string> }
}

user employee from corp where claims.sub like "user:*"

context {
    hour: int
    segment: string
}
"#;

/// The files of the package.
pub fn package(workload: &Workload) -> MemoryProvider {
    let mut files: Vec<(String, Vec<u8>)> = vec![(
        "mcpz.toml".to_owned(),
        b"[package]\nname = \"bench\"\nversion = \"1.0.0\"\nedition = \"2026\"\n".to_vec(),
    )];
    let mut head = HEAD.to_owned();
    for role in &workload.roles {
        head += &format!("role {role} of employee where claims.groups contains \"{role}\"\n");
    }
    let mut pins = Vec::new();
    for server in &workload.servers {
        let path = format!("catalog/{}.json", server.name);
        let catalog = catalog(server, workload).to_string().into_bytes();
        head += &format!(
            "server {} {{\n    command [\"{}-server\"]\n    catalog \"{path}\"\n}}\n",
            server.name, server.name
        );
        pins.push((server.name.clone(), path.clone(), lock::digest(&catalog)));
        files.push((path, catalog));
    }
    files.push(("mcpz.lock".to_owned(), lock::write(&pins, &[]).into_bytes()));
    files.push(("policy/head.mcpz".to_owned(), head.into_bytes()));
    for (number, rules) in workload.rules.chunks(RULES_A_FILE).enumerate() {
        let text: String = rules.iter().map(|one| rule(workload, one)).collect();
        files.push((format!("policy/rules{number:03}.mcpz"), text.into_bytes()));
    }
    MemoryProvider::new(files)
}

fn catalog(server: &Server, workload: &Workload) -> Value {
    let schema = schema(workload);
    let tools = server.tools.iter().map(|tool| json!({ "name": tool, "inputSchema": schema }));
    json!({ "tools": tools.collect::<Vec<_>>() })
}

fn schema(workload: &Workload) -> Value {
    let mut properties = json!({
        "path": { "type": "string", "maxLength": 4096 },
        "repo": { "type": "string" },
        "query": { "type": "string" },
        "mode": { "type": "string", "enum": MODES },
        "amount": { "type": "integer", "minimum": 0, "maximum": 1_000_000 },
        "limit": { "type": "integer", "minimum": 1, "maximum": 10_000 },
        "content": { "type": "string" },
    });
    if workload.name == "attack" {
        properties["extra"] = json!({});
    }
    let flat = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    match workload.shape {
        Shape::Flat => flat,
        Shape::Deep => DEEP.iter().rev().fold(flat, |inner, key| {
            let key = (*key).to_owned();
            json!({
                "type": "object",
                "properties": { key.clone(): inner },
                "required": [key],
                "additionalProperties": false
            })
        }),
    }
}

fn rule(workload: &Workload, rule: &Rule) -> String {
    let effect = match rule.effect {
        Effect::Permit => "permit",
        Effect::Forbid => "forbid",
    };
    let target = match rule.target {
        Target::Tool(server, tool) => format!("{}.{}", workload.servers[server].name, workload.tool_name(server, tool)),
        Target::Server(server) => format!("{}.*", workload.servers[server].name),
        Target::Any => "any tool".to_owned(),
    };
    let args = match workload.shape {
        Shape::Flat => "args".to_owned(),
        Shape::Deep => format!("args.{}", DEEP.join(".")),
    };
    let clause = |word: &str, about_arguments: bool| {
        let conditions: Vec<String> = rule
            .conditions
            .iter()
            .filter(|one| one.is_about_arguments() == about_arguments)
            .map(|one| condition(one, &args))
            .collect();
        if conditions.is_empty() { String::new() } else { format!("\n    {word} {}", conditions.join(" and ")) }
    };
    let role = &workload.roles[rule.role];
    format!("{effect} {role} to call {target}{}{}\n", clause("where", true), clause("when", false))
}

fn condition(condition: &Condition, args: &str) -> String {
    let field = |name: &str| format!("{args}.{name}");
    let (place, test) = match condition {
        Condition::Under { field: of, base } => (field(of.name()), format!("under {}", quote(base))),
        Condition::Glob { field: of, parts } => (field(of.name()), format!("like {}", quote(&parts.join("*")))),
        Condition::Range { field: of, low, high } => (field(of.name()), format!("in {low}..={high}")),
        Condition::OneOf { field: of, values } => (field(of.name()), format!("in [{}]", quote_all(values))),
        Condition::Regex { field: of, pattern, .. } => (field(of.name()), format!("matches {}", quote(pattern))),
        Condition::Hours { from, to } => ("context.hour".to_owned(), format!("in {from}..{to}")),
        Condition::Segment(segments) => ("context.segment".to_owned(), format!("in [{}]", quote_all(segments))),
    };
    format!("has {place} and {place} {test}")
}
