//! A catalog file to a [`Catalog`].
//!
//! The file is what `mcpz catalog add` writes, or a plain answer to `tools/list`. A tool whose schema
//! cannot be used keeps its name (so that the checker need not report it as unknown) and has a
//! [`CatalogProblem`], which stops the build.

use super::{ToolSchema, compile_schema, definition_digest, file_digest, strict};
use crate::hir::{Prompt, Tool, ToolHints};
use crate::types::{RecordType, Type};
use mcpz_bytecode::schema::{Check, SchemaImage};
use serde_json::Value;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Display, Formatter};
use std::sync::Arc;

/// Most tools, resources, templates or prompts of one catalog.
const MAX_ENTRIES: usize = 10_000;
/// Longest name, in bytes.
const MAX_NAME_BYTES: usize = 512;

/// What a server declared.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Catalog {
    /// Tools in the order of the file, their types without overlay.
    pub tools: Vec<Tool>,
    /// Digest of each tool's normalised definition, in the order of `tools`.
    pub definitions: Vec<String>,
    /// Prompts.
    pub prompts: Vec<Prompt>,
    /// Resource URIs.
    pub resources: Vec<String>,
    /// Resource URI templates.
    pub resource_templates: Vec<String>,
    /// Digest of the file: sha-256 in lower-case hex.
    pub digest: String,
    /// Keywords that are neither enforced nor acknowledged. Each stops the build.
    pub unenforced: Vec<UnenforcedKeyword>,
    /// Entries that cannot be used. Each stops the build.
    pub problems: Vec<CatalogProblem>,
}

/// A keyword of a tool's schema that the validator does not enforce.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnenforcedKeyword {
    /// The tool.
    pub tool: SmolStr,
    /// JSON pointer of the schema that has it, below `inputSchema`.
    pub pointer: String,
    /// The keyword.
    pub keyword: String,
}

/// What is wrong with an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogProblem {
    /// The tool, when it is one tool's.
    pub tool: Option<SmolStr>,
    /// JSON pointer into its schema, when it is there.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
}

/// Why a file is no catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogError {
    /// What is wrong.
    pub message: String,
}

impl Display for CatalogError {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CatalogError {}

/// Reads a catalog file.
pub fn parse(bytes: &[u8]) -> Result<Catalog, CatalogError> {
    let file = strict::read(bytes).map_err(|message| CatalogError { message })?;
    if !file.is_object() {
        return Err(CatalogError { message: "it is not a JSON object".to_owned() });
    }
    let acknowledged = acknowledged(&file)?;
    let mut catalog = Catalog { digest: file_digest(bytes), ..Catalog::default() };
    let mut names = BTreeSet::new();
    for tool in entries(&file, "tools")? {
        match name_of(tool) {
            Ok(name) if !names.insert(name.clone()) => catalog.problem(Some(&name), "the tool is there twice"),
            Ok(name) => catalog.add_tool(name, tool, &acknowledged),
            Err(message) => catalog.problem(None, &format!("a tool {message}")),
        }
    }
    let mut prompt_names = BTreeSet::new();
    for prompt in entries(&file, "prompts")? {
        match name_of(prompt) {
            Ok(name) if !prompt_names.insert(name.clone()) => {
                catalog.problem(None, &format!("the prompt `{}` is there twice", name.escape_debug()));
            }
            Ok(name) => catalog.prompts.push(read_prompt(name, prompt)),
            Err(message) => catalog.problem(None, &format!("a prompt {message}")),
        }
    }
    catalog.resources = texts(&file, "resources", "uri")?;
    catalog.resource_templates = texts(&file, "resourceTemplates", "uriTemplate")?;
    Ok(catalog)
}

impl Catalog {
    fn problem(&mut self, tool: Option<&SmolStr>, message: &str) {
        let tool = tool.cloned();
        self.problems.push(CatalogProblem { tool, pointer: String::new(), message: message.to_owned() });
    }

    fn add_tool(&mut self, name: SmolStr, tool: &Value, acknowledged: &BTreeMap<SmolStr, Vec<String>>) {
        let known = acknowledged.get(&name).map_or(&[][..], Vec::as_slice);
        let (input, image) = self.read_input(&name, tool, known);
        let output = tool.get("outputSchema").and_then(|schema| match compile_schema(schema) {
            Ok(compiled) => Some(compiled.ty),
            Err(problem) => {
                let pointer = format!("/outputSchema{}", problem.pointer);
                self.problems.push(CatalogProblem { tool: Some(name.clone()), pointer, message: problem.message });
                None
            }
        });
        self.definitions.push(definition_digest(tool));
        self.tools.push(Tool {
            name,
            description: tool.get("description").and_then(Value::as_str).unwrap_or_default().to_owned(),
            input,
            deprecated: tool.get("inputSchema").map(deprecated).unwrap_or_default(),
            output,
            schema: ToolSchema { image: Arc::new(image) },
            raw_schema: tool.get("inputSchema").map(Value::to_string).unwrap_or_default().into(),
            hints: read_hints(tool),
        });
    }

    /// The type of `args` and the image; a schema that cannot be used lets nothing pass.
    fn read_input(&mut self, name: &SmolStr, tool: &Value, acknowledged: &[String]) -> (RecordType, SchemaImage) {
        let nothing = || {
            let image = SchemaImage { nodes: vec![vec![Check::Never]], ..SchemaImage::default() };
            (RecordType { open: true, ..RecordType::default() }, image)
        };
        let Some(schema) = tool.get("inputSchema") else {
            self.problem(Some(name), "the tool has no `inputSchema`");
            return nothing();
        };
        match compile_schema(schema) {
            Ok(compiled) => {
                let open = compiled.unenforced.into_iter().filter(|(_, keyword)| !acknowledged.contains(keyword));
                self.unenforced.extend(open.map(|(pointer, keyword)| UnenforcedKeyword {
                    tool: name.clone(),
                    pointer,
                    keyword,
                }));
                (record_of(compiled.ty), compiled.image)
            }
            Err(problem) => {
                let pointer = format!("/inputSchema{}", problem.pointer);
                self.problems.push(CatalogProblem { tool: Some(name.clone()), pointer, message: problem.message });
                nothing()
            }
        }
    }
}

/// Arguments are an object whatever the schema calls them.
fn record_of(ty: Type) -> RecordType {
    match ty {
        Type::Record(record) => record,
        Type::Optional(inner) => record_of(*inner),
        Type::Union(members) => members
            .into_iter()
            .find_map(|member| if let Type::Record(record) = member { Some(record) } else { None })
            .unwrap_or(RecordType { open: true, ..RecordType::default() }),
        _ => RecordType { open: true, ..RecordType::default() },
    }
}

/// The places that a schema marks as deprecated: properties, and properties of these.
fn deprecated(schema: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![(String::new(), schema)];
    while let Some((place, schema)) = open.pop() {
        if schema.get("deprecated").and_then(Value::as_bool) == Some(true) && !place.is_empty() {
            found.insert(place.clone());
        }
        for (name, inner) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            open.push((if place.is_empty() { name.clone() } else { format!("{place}.{name}") }, inner));
        }
    }
    found
}

fn read_hints(tool: &Value) -> ToolHints {
    let hint = |key: &str, default: bool| {
        tool.get("annotations").and_then(|hints| hints.get(key)).and_then(Value::as_bool).unwrap_or(default)
    };
    ToolHints {
        read_only: hint("readOnlyHint", false),
        destructive: hint("destructiveHint", true),
        idempotent: hint("idempotentHint", false),
        open_world: hint("openWorldHint", true),
    }
}

fn read_prompt(name: SmolStr, prompt: &Value) -> Prompt {
    let mut input = RecordType::default();
    for argument in prompt.get("arguments").and_then(Value::as_array).into_iter().flatten() {
        let required = argument.get("required").and_then(Value::as_bool).unwrap_or(false);
        let ty = if required { Type::String } else { Type::String.optional() };
        if let Some(name) = argument.get("name").and_then(Value::as_str) {
            input.fields.insert(SmolStr::new(name), ty);
        }
    }
    Prompt { name, input }
}

fn acknowledged(file: &Value) -> Result<BTreeMap<SmolStr, Vec<String>>, CatalogError> {
    let wrong = || CatalogError { message: "`acknowledged` is not an object of keyword lists by tool".to_owned() };
    let mut by_tool = BTreeMap::new();
    let Some(value) = file.get("acknowledged") else {
        return Ok(by_tool);
    };
    for (tool, keywords) in value.as_object().ok_or_else(wrong)? {
        let keywords = keywords.as_array().ok_or_else(wrong)?;
        let keywords = keywords.iter().map(|keyword| keyword.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
        by_tool.insert(SmolStr::new(tool), keywords.ok_or_else(wrong)?);
    }
    Ok(by_tool)
}

fn entries<'a>(file: &'a Value, key: &str) -> Result<&'a [Value], CatalogError> {
    match file.get(key) {
        None => Ok(&[]),
        Some(Value::Array(list)) if list.len() <= MAX_ENTRIES => Ok(list),
        Some(Value::Array(_)) => Err(CatalogError { message: format!("`{key}` has more than {MAX_ENTRIES} entries") }),
        Some(_) => Err(CatalogError { message: format!("`{key}` is not a list") }),
    }
}

fn texts(file: &Value, key: &str, member: &str) -> Result<Vec<String>, CatalogError> {
    let wrong = || CatalogError { message: format!("an entry of `{key}` has no `{member}`") };
    entries(file, key)?
        .iter()
        .map(|entry| entry.get(member).and_then(Value::as_str).map(str::to_owned).ok_or_else(wrong))
        .collect()
}

fn name_of(entry: &Value) -> Result<SmolStr, &'static str> {
    match entry.get("name").and_then(Value::as_str) {
        None | Some("") => Err("has no name"),
        Some(name) if name.len() > MAX_NAME_BYTES => Err("has a name that is too long"),
        Some(name) if name.chars().any(char::is_control) => Err("has a control character in its name"),
        Some(name) => Ok(SmolStr::new(name)),
    }
}
