//! The text of a generated package: manifest, lock, catalogs, data, policy.

use super::model::{self, DataKind, Field, Model, Server, Tool, Ty, WORDS, after_dot};
use super::rng::Rng;
use super::{guard, pools, rules};
use sha2::Digest;
use std::collections::BTreeMap;

/// A generated package.
#[derive(Debug, Clone)]
pub struct GeneratedPackage {
    /// What it was made from.
    pub model: Model,
    /// Declarations.
    pub declarations: String,
    /// Rules and grants, one text each.
    pub rules: Vec<String>,
    /// Rules of a guard package that this one depends on; none when there is no such package.
    pub guard: Vec<String>,
}

/// Makes a package.
pub fn package(rng: &mut Rng) -> GeneratedPackage {
    let model = model::model(rng);
    package_of(rng, model)
}

/// Makes a package over a model.
pub fn package_of(rng: &mut Rng, model: Model) -> GeneratedPackage {
    let declarations = declarations(rng, &model);
    let rules = rules::rules(rng, &model);
    let guard = if rng.chance(25) { guard::rules(rng) } else { Vec::new() };
    GeneratedPackage { model, declarations, rules, guard }
}

impl GeneratedPackage {
    /// All files of the package by path; the lock pins the catalogs.
    pub fn files(&self) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        let mut lock = "version = 1\n".to_string();
        for server in &self.model.servers {
            let (path, text) = (format!("catalog/{}.json", server.name), catalog(server));
            lock.push_str(&pin(&server.name, &path, &text));
            files.insert(path, text);
        }
        for (name, kind) in &self.model.data {
            files.insert(format!("data/{name}.json"), data_file(*kind).to_string());
        }
        if let Some(guard) = self.guard_files() {
            let bytes = guard.iter().map(|(path, text)| (path.as_str(), text.as_bytes()));
            let digest = mcpz_compiler::package::lock::package_digest(bytes);
            lock.push_str(&format!("\n[[dependency]]\nname = \"guard\"\ndigest = \"{digest}\"\n"));
        }
        files.insert("mcpz.lock".to_string(), lock);
        files.insert("mcpz.toml".to_string(), self.manifest());
        let half = self.half();
        files.insert("policy/a_declarations.mcpz".to_string(), self.declarations.clone());
        files.insert("policy/b_rules.mcpz".to_string(), self.rules[..half].join("\n\n") + "\n");
        files.insert("policy/c_rules.mcpz".to_string(), self.rules[half..].join("\n\n") + "\n");
        files
    }
}

impl GeneratedPackage {
    fn manifest(&self) -> String {
        let depends = "\n[dependencies]\nguard = { path = \"guard\" }\n";
        format!("{MANIFEST}{}", if self.guard.is_empty() { "" } else { depends })
    }

    /// The files of the guard package, when there is one.
    pub fn guard_files(&self) -> Option<BTreeMap<String, String>> {
        let manifest = MANIFEST.replace("generated", "guard") + "authority = \"guard\"\n";
        let policy = format!("{}{}\n", guard::DECLARATIONS, self.guard.join("\n\n"));
        let files = [("mcpz.toml", manifest), ("policy/guard.mcpz", policy)];
        (!self.guard.is_empty()).then(|| files.map(|(path, text)| (path.to_string(), text)).into())
    }

    fn half(&self) -> usize {
        self.rules.len() / 2
    }

    /// The rule that stands at an offset of a file (paths as in [`GeneratedPackage::files`]).
    pub fn rule_at(&self, path: &str, offset: usize) -> Option<usize> {
        let (first, rules) = match path.ends_with("b_rules.mcpz") {
            true => (0, &self.rules[..self.half()]),
            false if path.ends_with("c_rules.mcpz") => (self.half(), &self.rules[self.half()..]),
            false => return None,
        };
        let mut end = 0;
        rules
            .iter()
            .position(|rule| {
                end += rule.len() + 2;
                offset < end
            })
            .map(|at| first + at)
    }
}

/// The entry of a lock file that pins a server's catalog as it is.
pub fn pin(server: &str, path: &str, text: &str) -> String {
    let digest: String = sha2::Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\n[[catalog]]\nserver = \"{server}\"\npath = \"{path}\"\ndigest = \"sha256:{digest}\"\n")
}

/// The manifest of every package here.
pub const MANIFEST: &str = "[package]\nname = \"generated\"\nversion = \"1.0.0\"\nedition = \"2026\"\n";

/// Everything but the rules.
pub fn declarations(rng: &mut Rng, model: &Model) -> String {
    let mut out = String::new();
    out.push_str(
        "issuer corp {\n  url \"https://id.acme.example\"\n  audience \"https://mcp.acme.example\"\n  claims {\n",
    );
    for claim in &model.claims {
        out.push_str(&format!("    {}: {}{}\n", claim.name, claim_type(&claim.ty), optional_mark(claim)));
    }
    out.push_str("  }\n}\n");
    for class in &model.classes {
        out.push_str(&class.text);
        out.push('\n');
    }
    for server in &model.servers {
        out.push_str(&server_block(server, model));
    }
    for (name, network) in &model.segments {
        out.push_str(&format!("segment {name} {{ networks \"{network}\" }}\n"));
    }
    out.push_str(&flows(rng, model));
    out.push_str("context {\n");
    for field in &model.context {
        out.push_str(&format!("  {}: {}{}\n", field.name, written_type(&field.ty), optional_mark(field)));
    }
    out.push_str("}\n");
    for (name, kind) in &model.data {
        out.push_str(&format!("data {name}: {} from \"data/{name}.json\"\n", data_type(*kind)));
    }
    out.push_str(&labels(rng, model));
    out.push_str(&tags(rng, model));
    out.push_str("predicate small(n: int) = n <= 10\n");
    out.push_str("predicate inside(p: path) = p under \"/w\" and not (p under \"/w/prod\")\n");
    out.push_str("predicate known(s: string) = s in names or s like \"c?\"\n");
    out.push_str("predicate calm(most: int) = has context.device and context.device.risk < most\n");
    out.push_str("const office = window(zone: \"Europe/Berlin\", days: [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"], hours: 09:00..17:00)\n");
    out.push_str("const night = window(zone: \"America/New_York\", days: [\"mon\", \"sun\"], hours: 22:00..06:00)\n");
    out.push_str("const top = 100\n");
    out
}

fn optional_mark(field: &Field) -> &'static str {
    if field.is_optional() { "?" } else { "" }
}

fn claim_type(ty: &Ty) -> String {
    match ty {
        Ty::List(element) => format!("set<{}>", written_type(element)),
        other => written_type(other),
    }
}

/// A type as the language writes it.
fn written_type(ty: &Ty) -> String {
    match ty {
        Ty::Bool => "bool".to_string(),
        Ty::Int => "int".to_string(),
        Ty::Decimal => "decimal".to_string(),
        Ty::Text => "string".to_string(),
        Ty::Words => WORDS.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" | "),
        Ty::Path => "path".to_string(),
        Ty::Url => "url".to_string(),
        Ty::Host => "host".to_string(),
        Ty::Ip => "ip".to_string(),
        Ty::Instant => "instant".to_string(),
        Ty::Clock(clock) => clock.word().to_string(),
        Ty::List(element) => format!("list<{}>", written_type(element)),
        Ty::Map(element) => format!("map<{}>", written_type(element)),
        Ty::Record(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|field| format!("{}: {}{}", after_dot(&field.name), written_type(&field.ty), optional_mark(field)))
                .collect();
            format!("{{ {} }}", fields.join(", "))
        }
        Ty::TextOrInt => "string | int".to_string(),
        Ty::Open => "json".to_string(),
    }
}

fn server_block(server: &Server, model: &Model) -> String {
    let mut out = format!(
        "server {} {{\n  endpoint \"https://{}.internal/mcp\"\n  catalog \"catalog/{}.json\"\n",
        server.name, server.name, server.name
    );
    if let Some(segment) = server.segment.and_then(|at| model.segments.get(at)) {
        out.push_str(&format!("  segment {}\n", segment.0));
    }
    if server.ignores_extra {
        out.push_str("  extra ignore\n");
    }
    if let Some((tool, other_server)) = server.unwraps {
        let place = if other_server { "args.server, " } else { "" };
        let tool = after_dot(&server.tools[tool].name);
        out.push_str(&format!("  unwraps {tool} to {place}args.name, args.arguments\n"));
    }
    let mut overlay = String::new();
    for tool in &server.tools {
        for param in tool.params.iter().filter(|param| model::is_overlaid(&param.ty)) {
            let (tool, name) = (after_dot(&tool.name), after_dot(&param.name));
            overlay.push_str(&format!("    {tool}.{name}: {}\n", written_type(&param.ty)));
        }
    }
    if !overlay.is_empty() {
        out.push_str(&format!("  overlay {{\n{overlay}  }}\n"));
    }
    out.push_str("}\n");
    out
}

fn flows(rng: &mut Rng, model: &Model) -> String {
    let mut out = String::new();
    for from in 0..model.segments.len() {
        for to in 0..model.segments.len() {
            if from == to {
                continue;
            }
            if rng.chance(12) {
                out.push_str(&format!("forbid flow {} -> {}\n", model.segments[from].0, model.segments[to].0));
            }
            if !rng.chance(70) {
                continue;
            }
            let server = rng.pick(&model.servers);
            let tool = rng.pick(&server.tools);
            let only =
                if rng.chance(30) { format!(" only {}.{}", server.name, after_dot(&tool.name)) } else { String::new() };
            out.push_str(&format!("flow {} -> {}{only}\n", model.segments[from].0, model.segments[to].0));
        }
    }
    out
}

fn data_type(kind: DataKind) -> &'static str {
    match kind {
        DataKind::Texts => "set<string>",
        DataKind::Ints => "list<int>",
        DataKind::Decimals => "set<decimal>",
        DataKind::Nets => "list<net>",
        DataKind::Paths => "set<path>",
        DataKind::Settings => "{ limit: int, names: set<string>, note: string? }",
    }
}

fn data_file(kind: DataKind) -> &'static str {
    match kind {
        DataKind::Texts => r#"["alice", "bob", "c1", "12", "é"]"#,
        DataKind::Ints => "[1, 5, 100, 1000]",
        DataKind::Decimals => "[0.1, 10.5, 500]",
        DataKind::Nets => r#"["10.0.0.0/8", "::1/128"]"#,
        DataKind::Paths => r#"["/w/a", "/etc"]"#,
        DataKind::Settings => r#"{ "limit": 10, "names": ["a", "alice"] }"#,
    }
}

fn tool_path(server: &Server, at: usize) -> String {
    format!("{}.{}", server.name, after_dot(&server.tools[at].name))
}

fn labels(rng: &mut Rng, model: &Model) -> String {
    let mut out = String::new();
    for label in &model.labels {
        let server = rng.pick(&model.servers);
        let mut sources = vec![tool_path(server, 0)];
        if rng.chance(50) {
            sources.push(format!("{}: result.messages[*].body", tool_path(server, 1)));
        }
        out.push_str(&format!("label {label} from {}\n", sources.join(", ")));
        if rng.chance(30) {
            out.push_str(&format!("declassify {label} in {}\n", tool_path(server, rng.below(server.tools.len()))));
        }
        for (at, tool) in server.tools.iter().enumerate() {
            let key = tool.params.iter().find(|param| matches!(param.ty, Ty::Text | Ty::Path | Ty::Int));
            if let Some(param) = key.filter(|_| rng.chance(30)) {
                let place = after_dot(&param.name);
                out.push_str(&format!("stores {label} in {} by args.{place}\n", tool_path(server, at)));
            }
        }
    }
    out
}

fn tags(rng: &mut Rng, model: &Model) -> String {
    let server = rng.pick(&model.servers);
    let mut out = format!("tag some = {}, {}\n", tool_path(server, 0), tool_path(server, 1));
    out.push_str("tag risky = tools where hints.destructive\n");
    out
}

/// The catalog file of a server.
fn catalog(server: &Server) -> String {
    let tools: Vec<serde_json::Value> = server
        .tools
        .iter()
        .enumerate()
        .map(|(at, tool)| {
            serde_json::json!({
                "name": tool.name,
                "description": "generated",
                "inputSchema": tool_schema(tool),
                "annotations": { "destructiveHint": at % 2 == 0 }
            })
        })
        .collect();
    let prompts: Vec<serde_json::Value> = server
        .prompts
        .iter()
        .map(|prompt| {
            let arguments: Vec<serde_json::Value> = prompt
                .params
                .iter()
                .map(|param| serde_json::json!({ "name": param.name, "required": param.required }))
                .collect();
            serde_json::json!({ "name": prompt.name, "arguments": arguments })
        })
        .collect();
    let resources: Vec<serde_json::Value> =
        server.resources.iter().map(|uri| serde_json::json!({ "uri": uri, "name": uri })).collect();
    let templates: Vec<serde_json::Value> =
        server.templates.iter().map(|uri| serde_json::json!({ "uriTemplate": uri, "name": uri })).collect();
    let catalog = serde_json::json!({
        "tools": tools, "prompts": prompts, "resources": resources, "resourceTemplates": templates
    });
    format!("{catalog:#}\n")
}

/// The input schema of a tool. Its style says some things by reference, as one of several, or twice.
fn tool_schema(tool: &Tool) -> serde_json::Value {
    let mut schema = object_schema(&tool.params, tool.additional);
    let mut definitions = serde_json::Map::new();
    for param in &tool.params {
        let name = param.name.as_str();
        if tool.style & 1 != 0 && matches!(param.ty, Ty::Record(_) | Ty::Words | Ty::List(_)) {
            let key = format!("D{}", definitions.len());
            definitions.insert(key.clone(), schema["properties"][name].take());
            schema["properties"][name] = serde_json::json!({ "$ref": format!("#/$defs/{key}") });
        } else if let Some(more) = constraint(&param.ty, tool.style).filter(|_| !param.nullable) {
            schema["properties"][name] = more;
        }
    }
    if !definitions.is_empty() {
        schema["$defs"] = serde_json::Value::Object(definitions);
    }
    schema
}

/// Another way to say a type, with keywords beside `type`.
fn constraint(ty: &Ty, style: u8) -> Option<serde_json::Value> {
    let string = |key: &str, value: &str| serde_json::json!({ "type": "string", key: value });
    match ty {
        Ty::TextOrInt if style & 2 != 0 => Some(
            serde_json::json!({ "oneOf": [{ "type": "string", "minLength": 1 }, { "type": "integer", "minimum": 0 }] }),
        ),
        Ty::TextOrInt if style & 4 != 0 => {
            Some(serde_json::json!({ "anyOf": [{ "type": "string" }, { "type": "integer" }] }))
        }
        Ty::Text if style & 8 != 0 => Some(string("pattern", "^[^*]*$")),
        Ty::Text if style & 16 != 0 => Some(serde_json::json!({ "type": "string", "maxLength": 12 })),
        Ty::Ip if style & 32 != 0 => Some(string("format", "ipv4")),
        Ty::Instant if style & 32 != 0 => Some(string("format", "date-time")),
        Ty::Url if style & 32 != 0 => Some(string("format", "uri")),
        Ty::Int if style & 64 != 0 => Some(serde_json::json!({ "type": "integer", "minimum": -1, "maximum": 1000 })),
        Ty::Decimal if style & 64 != 0 => {
            Some(serde_json::json!({ "type": "number", "exclusiveMinimum": -1, "maximum": 1000 }))
        }
        Ty::List(element) if style & 128 != 0 => {
            Some(serde_json::json!({ "type": "array", "items": type_schema(element), "minItems": 1 }))
        }
        _ => None,
    }
}

fn object_schema(fields: &[Field], additional: Option<bool>) -> serde_json::Value {
    let properties: serde_json::Map<String, serde_json::Value> =
        fields.iter().map(|field| (field.name.clone(), field_schema(field))).collect();
    let required: Vec<&str> = fields.iter().filter(|field| field.required).map(|field| field.name.as_str()).collect();
    let mut schema = serde_json::json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        schema["required"] = serde_json::json!(required);
    }
    if let Some(additional) = additional {
        schema["additionalProperties"] = serde_json::json!(additional);
    }
    schema
}

fn field_schema(field: &Field) -> serde_json::Value {
    let mut schema = type_schema(&field.ty);
    if !field.nullable {
        return schema;
    }
    match schema.get("type").cloned() {
        Some(serde_json::Value::String(name)) if schema.get("enum").is_none() => {
            schema["type"] = serde_json::json!([name, "null"]);
            schema
        }
        _ => serde_json::json!({ "anyOf": [schema, { "type": "null" }] }),
    }
}

fn type_schema(ty: &Ty) -> serde_json::Value {
    match ty {
        Ty::Bool => serde_json::json!({ "type": "boolean" }),
        Ty::Int => serde_json::json!({ "type": "integer" }),
        Ty::Decimal => serde_json::json!({ "type": "number" }),
        Ty::Text | Ty::Path | Ty::Url | Ty::Host | Ty::Ip | Ty::Instant | Ty::Clock(_) => {
            serde_json::json!({ "type": "string" })
        }
        Ty::Words => serde_json::json!({ "type": "string", "enum": WORDS }),
        Ty::List(element) => serde_json::json!({ "type": "array", "items": type_schema(element) }),
        Ty::Map(element) => {
            serde_json::json!({ "type": "object", "additionalProperties": type_schema(element) })
        }
        Ty::Record(fields) => object_schema(fields, Some(false)),
        Ty::TextOrInt => serde_json::json!({ "type": ["string", "integer"] }),
        Ty::Open => serde_json::json!({ "type": "object" }),
    }
}

/// A window or a few dates, as an expression.
pub fn window(rng: &mut Rng) -> String {
    match rng.below(4) {
        0 => "office".to_string(),
        1 => "night".to_string(),
        2 => "dates(2026-03-01..=2026-03-31)".to_string(),
        _ => format!(
            "window(zone: \"{}\", days: [\"mon\", \"sun\"], hours: {}..{})",
            rng.pick(pools::ZONES),
            rng.pick(&["00:00", "08:30", "22:00"]),
            rng.pick(&["06:00", "12:00", "23:59"])
        ),
    }
}
