//! Tools and prompts in words: what their parameters are, which constraints the schema has, what their hints say.

use crate::Package;
use crate::markup::{Markup, code};
use mcpz_compiler::diagnostics::suggest::as_written;
use mcpz_compiler::hir::{Member, Prompt, Server, Tool, ToolHints};
use mcpz_compiler::types::Type;
use serde_json::Value;

/// The server of a member.
pub fn server(package: &Package, member: Member) -> Option<&Server> {
    package.index.program.servers.get(member.server.index())
}

/// A tool.
pub fn tool(package: &Package, member: Member) -> Option<&Tool> {
    server(package, member)?.tools.get(usize::try_from(member.index).ok()?)
}

/// A prompt.
pub fn prompt(package: &Package, member: Member) -> Option<&Prompt> {
    server(package, member)?.prompts.get(usize::try_from(member.index).ok()?)
}

/// `server.tool`, as a policy writes it.
pub fn tool_name(package: &Package, member: Member) -> String {
    let name = tool(package, member).map_or(String::new(), |tool| as_written(&tool.name));
    format!("{}.{name}", server(package, member).map_or("", |server| server.name.as_str()))
}

/// `server.prompt`, as a policy writes it.
pub fn prompt_name(package: &Package, member: Member) -> String {
    let name = prompt(package, member).map_or(String::new(), |prompt| as_written(&prompt.name));
    format!("{}.{name}", server(package, member).map_or("", |server| server.name.as_str()))
}

/// What a schema says of one parameter.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its type, overlay applied.
    pub ty: Option<Type>,
    /// Whether the schema requires it.
    pub is_required: bool,
    /// What else the schema demands: `1..=100`, `at most 64 characters`.
    pub constraints: Vec<String>,
    /// The server's own words.
    pub description: String,
}

/// The parameters of a tool, required ones first.
pub fn parameters(tool: &Tool) -> Vec<Parameter> {
    let schema: Value = serde_json::from_str(&tool.raw_schema).unwrap_or(Value::Null);
    let mut parameters: Vec<Parameter> =
        tool.input.fields.iter().map(|(name, ty)| parameter(name, ty, schema.pointer("/properties"))).collect();
    parameters.sort_by_key(|parameter| (!parameter.is_required, parameter.name.clone()));
    parameters
}

/// One parameter; `properties` of the schema say what the type does not.
fn parameter(name: &str, ty: &Type, properties: Option<&Value>) -> Parameter {
    let schema = properties.and_then(|properties| properties.get(name)).unwrap_or(&Value::Null);
    Parameter {
        name: name.to_owned(),
        ty: Some(ty.required().clone()),
        is_required: !ty.is_optional(),
        constraints: constraints(schema),
        description: schema.get("description").and_then(Value::as_str).unwrap_or_default().to_owned(),
    }
}

/// A schema's demands in words.
fn constraints(schema: &Value) -> Vec<String> {
    let number = |key: &str| schema.get(key).filter(|value| value.is_number()).map(ToString::to_string);
    let mut found = Vec::new();
    match (number("minimum"), number("maximum")) {
        (Some(low), Some(high)) => found.push(format!("{low}..={high}")),
        (Some(low), None) => found.push(format!("at least {low}")),
        (None, Some(high)) => found.push(format!("at most {high}")),
        (None, None) => {}
    }
    found.extend(number("exclusiveMinimum").map(|low| format!("above {low}")));
    found.extend(number("exclusiveMaximum").map(|high| format!("below {high}")));
    for (low, high, unit) in [("minLength", "maxLength", "characters"), ("minItems", "maxItems", "elements")] {
        match (number(low), number(high)) {
            (Some(low), Some(high)) => found.push(format!("{low} to {high} {unit}")),
            (Some(low), None) => found.push(format!("at least {low} {unit}")),
            (None, Some(high)) => found.push(format!("at most {high} {unit}")),
            (None, None) => {}
        }
    }
    if let Some(pattern) = schema.get("pattern").and_then(Value::as_str) {
        found.push(format!("matches {pattern}"));
    }
    if let Some(format) = schema.get("format").and_then(Value::as_str) {
        found.push(format!("format {format}"));
    }
    found
}

/// The hints of a tool in words, as the server gives them.
pub fn hint_words(hints: &ToolHints) -> String {
    let mut words = Vec::new();
    words.push(if hints.read_only { "read-only" } else { "may change things" });
    if !hints.read_only {
        words.push(if hints.destructive { "destructive" } else { "not destructive" });
        words.push(if hints.idempotent { "idempotent" } else { "not idempotent" });
    }
    words.push(if hints.open_world { "open world" } else { "closed world" });
    words.join(", ")
}

/// The page of a tool: what the server says, its hints, its parameters.
pub fn page(package: &Package, member: Member) -> Option<Markup> {
    let tool = tool(package, member)?;
    let mut markup = Markup::new();
    markup.text(format!("tool {}", code(&tool_name(package, member))));
    markup.server_words(&tool.description);
    markup.text(format!("Hints (the server's claims): {}.", hint_words(&tool.hints)));
    let rows = parameters(tool).iter().map(parameter_row).collect::<Vec<_>>();
    if rows.is_empty() {
        markup.text("No parameters.");
    }
    markup.table(&["parameter", "type", "", "constraints", "the server says"], rows);
    if let Some(output) = &tool.output {
        markup.text(format!("Result: {}", code(&output.to_string())));
    }
    Some(markup)
}

fn parameter_row(parameter: &Parameter) -> Vec<String> {
    vec![
        parameter.name.clone(),
        parameter.ty.as_ref().map_or(String::new(), ToString::to_string),
        if parameter.is_required { "required" } else { "optional" }.to_owned(),
        parameter.constraints.join(", "),
        parameter.description.clone(),
    ]
}
