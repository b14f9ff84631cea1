//! JSON Schemas of `mcpz.toml` and `mcpz.lock`, for editors that complete and check TOML by them. The lints come from the table of
//! codes.

use mcpz_compiler::diagnostics::codes;
use serde_json::{Map, Value, json};

const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// `editors/vscode/schemas/mcpz.toml.schema.json`.
pub fn manifest() -> String {
    let text = |description: &str| json!({"type": "string", "description": description});
    super::textmate::pretty(&json!({
        "$comment": "Written by `cargo xtask codegen`. Do not edit.",
        "$schema": DRAFT,
        "title": "mcpz.toml",
        "description": "A package of policies",
        "type": "object",
        "required": ["package"],
        "additionalProperties": false,
        "properties": {
            "package": {
                "type": "object",
                "required": ["name", "version", "edition"],
                "additionalProperties": false,
                "properties": {
                    "name": {
                        "type": "string",
                        "pattern": "^[A-Za-z_][A-Za-z0-9_-]*(\\.[A-Za-z_][A-Za-z0-9_-]*)*$",
                        "description": "The name by which other packages and bundles know it",
                    },
                    "version": {
                        "type": "string",
                        "pattern": "^[0-9]+\\.[0-9]+\\.[0-9]+([-+].*)?$",
                        "description": "Three numbers: 0.1.0",
                    },
                    "edition": {"type": "string", "enum": ["2026"], "description": "The language's edition"},
                    "authority": {
                        "type": "string",
                        "enum": ["guard"],
                        "description": "A guard may only narrow: no permit, flow, grant or declassify stands in it",
                    },
                    "description": text("What it is for"),
                },
            },
            "dependencies": {
                "type": "object",
                "description": "Packages by the name that sources use. `std` needs no entry",
                "additionalProperties": {
                    "type": "object",
                    "required": ["path"],
                    "additionalProperties": false,
                    "properties": {
                        "path": text("Where it is, relative to this package: ../base"),
                        "digest": digest("The package as it must be"),
                    },
                },
            },
            "lints": {
                "type": "object",
                "description": "What becomes of a warning: allow, warn or deny",
                "additionalProperties": false,
                "properties": lints(),
            },
            "build": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "sources": {"type": "string", "default": "policy", "description": "The folder of the sources"},
                    "out": text("Where `mcpz build` writes the bundle"),
                },
            },
        },
    }))
}

/// Every lint, by code and by name.
fn lints() -> Value {
    let mut lints = Map::new();
    for info in codes::ALL.iter().filter(|info| info.code.starts_with('W')) {
        for key in [info.name, info.code] {
            let entry = json!({
                "type": "string",
                "enum": ["allow", "warn", "deny"],
                "description": format!("{} {}: {}", info.code, info.name, info.summary),
            });
            lints.insert(key.to_owned(), entry);
        }
    }
    Value::Object(lints)
}

/// `editors/vscode/schemas/mcpz.lock.schema.json`.
pub fn lock() -> String {
    let name = |description: &str| json!({"type": "string", "description": description});
    super::textmate::pretty(&json!({
        "$comment": "Written by `cargo xtask codegen`. Do not edit.",
        "$schema": DRAFT,
        "title": "mcpz.lock",
        "description": "Digests of every catalog and dependency. Written by mcpz: run `mcpz lock` or `mcpz catalog update`",
        "type": "object",
        "required": ["version"],
        "additionalProperties": false,
        "properties": {
            "version": {"type": "integer", "enum": [1]},
            "catalog": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["server", "digest"],
                    "additionalProperties": false,
                    "properties": {
                        "server": name("The server, as sources name it"),
                        "path": name("The catalog file"),
                        "digest": digest("The catalog as it was pinned"),
                    },
                },
            },
            "dependency": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["name", "digest"],
                    "additionalProperties": false,
                    "properties": {
                        "name": name("The dependency, as sources name it"),
                        "digest": digest("The package as it was pinned"),
                    },
                },
            },
        },
    }))
}

fn digest(description: &str) -> Value {
    json!({"type": "string", "pattern": "^sha256:[0-9a-f]{64}$", "description": description})
}
