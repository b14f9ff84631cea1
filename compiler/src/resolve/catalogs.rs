//! The catalog of a server, as the passes here see it.

use crate::hir::{Prompt, Tool};

/// What a catalog file declares.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// Tools, their types without overlay.
    pub tools: Vec<Tool>,
    /// Prompts.
    pub prompts: Vec<Prompt>,
    /// Resource URIs.
    pub resources: Vec<String>,
    /// Resource URI templates.
    pub resource_templates: Vec<String>,
}

/// What is wrong with a catalog file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogFault {
    /// The tool, when it is one tool's.
    pub tool: Option<String>,
    /// A schema keyword that is neither enforced nor acknowledged.
    pub keyword: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// Reads a catalog file.
pub fn parse(text: &str) -> (Catalog, Vec<CatalogFault>) {
    basic::parse(text)
}

/// A reader that knows names and plain types, until the catalog module reads whole schemas.
mod basic {
    use super::{Catalog, CatalogFault};
    use crate::catalog::ToolSchema;
    use crate::hir::{Prompt, Tool, ToolHints};
    use crate::types::{RecordType, Type};
    use mcpz_bytecode::schema::SchemaImage;
    use serde_json::Value;
    use smol_str::SmolStr;

    pub fn parse(text: &str) -> (Catalog, Vec<CatalogFault>) {
        let fault = |message: &str| CatalogFault { tool: None, keyword: None, message: message.to_owned(), help: None };
        let Ok(json) = serde_json::from_str::<Value>(text) else {
            return (Catalog::default(), vec![fault("it is not JSON")]);
        };
        let list = |key: &str| json.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let mut catalog = Catalog::default();
        let mut faults = Vec::new();
        for tool in list("tools") {
            match text(&tool, "name") {
                Some(name) => catalog.tools.push(read_tool(&tool, &name)),
                None => faults.push(fault("a tool has no name")),
            }
        }
        catalog.resources = list("resources").iter().filter_map(|value| text(value, "uri")).collect();
        catalog.resource_templates =
            list("resourceTemplates").iter().filter_map(|value| text(value, "uriTemplate")).collect();
        for prompt in list("prompts") {
            let mut input = RecordType::default();
            for argument in prompt.get("arguments").and_then(Value::as_array).into_iter().flatten() {
                let required = argument.get("required").and_then(Value::as_bool).unwrap_or(false);
                let ty = if required { Type::String } else { Type::String.optional() };
                input.fields.insert(SmolStr::new(text(argument, "name").unwrap_or_default()), ty);
            }
            catalog.prompts.push(Prompt { name: SmolStr::new(text(&prompt, "name").unwrap_or_default()), input });
        }
        (catalog, faults)
    }

    fn read_tool(tool: &Value, name: &str) -> Tool {
        let schema = tool.get("inputSchema").cloned().unwrap_or(Value::Bool(true));
        let hint = |key: &str, default: bool| {
            tool.get("annotations").and_then(|hints| hints.get(key)).and_then(Value::as_bool).unwrap_or(default)
        };
        Tool {
            name: SmolStr::new(name),
            description: tool.get("description").and_then(Value::as_str).unwrap_or_default().to_owned(),
            input: record(&schema, 0),
            output: None,
            schema: ToolSchema { image: SchemaImage::default() },
            raw_schema: schema.to_string(),
            hints: ToolHints {
                read_only: hint("readOnlyHint", false),
                destructive: hint("destructiveHint", true),
                idempotent: hint("idempotentHint", false),
                open_world: hint("openWorldHint", true),
            },
        }
    }

    fn record(schema: &Value, depth: usize) -> RecordType {
        let mut record = RecordType::default();
        let required: Vec<&str> =
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let ty = ty(property, depth + 1);
            let ty = if required.contains(&name.as_str()) { ty } else { ty.optional() };
            record.fields.insert(SmolStr::new(name), ty);
        }
        record.open = schema.get("additionalProperties").and_then(Value::as_bool) != Some(false);
        record
    }

    fn ty(schema: &Value, depth: usize) -> Type {
        if depth > 20 {
            return Type::Json;
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            let mut names: Vec<SmolStr> = values.iter().filter_map(Value::as_str).map(SmolStr::new).collect();
            names.sort();
            return Type::Enum(names);
        }
        match schema.get("type").and_then(Value::as_str) {
            Some("string") => Type::String,
            Some("integer") => Type::Int,
            Some("number") => Type::Decimal,
            Some("boolean") => Type::Bool,
            Some("array") => Type::List(Box::new(schema.get("items").map_or(Type::Json, |items| ty(items, depth + 1)))),
            Some("object") if schema.get("properties").is_some() => Type::Record(record(schema, depth)),
            Some("object") => Type::Map(Box::new(Type::Json)),
            _ => Type::Json,
        }
    }
}
