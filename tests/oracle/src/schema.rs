//! Step 1d: arguments against the pinned schema, by the `jsonschema` crate and a few rules of our own.

use crate::exact;
use crate::json::Json;
use crate::world::World;
use jsonschema::Validator;
use mcpz_compiler::hir::{Action, Prompt, Tool};
use serde_json::{Map, Number, Value};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// JSON as `serde_json` has it; a number that is no 64-bit integer becomes a double.
pub fn to_serde(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(scaled) => Value::Number(to_number(*scaled)),
        Json::String(text) => Value::String(text.clone()),
        Json::Array(items) => Value::Array(items.iter().map(to_serde).collect()),
        Json::Object(members) => {
            Value::Object(members.iter().map(|(key, value)| (key.clone(), to_serde(value))).collect::<Map<_, _>>())
        }
    }
}

fn to_number(scaled: i128) -> Number {
    let whole = exact::integral(scaled);
    if let Some(signed) = whole.and_then(|whole| i64::try_from(whole).ok()) {
        return Number::from(signed);
    }
    if let Some(unsigned) = whole.and_then(|whole| u64::try_from(whole).ok()) {
        return Number::from(unsigned);
    }
    let double: f64 = exact::text(scaled).parse().unwrap_or(f64::MAX);
    Number::from_f64(double).unwrap_or_else(|| Number::from(0))
}

/// Whether a request's arguments fit what the catalog pins for its tool or prompt.
pub fn request_fits(world: &World<'_>) -> bool {
    let asked = &world.asked;
    let Some(server) = world.program.servers.get(asked.server.index()) else {
        return false;
    };
    let row = |index: u32| usize::try_from(index).unwrap_or(usize::MAX);
    match (asked.action, asked.tool, asked.prompt) {
        (Action::Call, Some(member), _) => {
            let tool = server.tools.get(row(member.index));
            tool.is_some_and(|tool| arguments_fit(tool, server.refuse_extra, &asked.arguments))
        }
        (Action::Get, _, Some(member)) => {
            let prompt = server.prompts.get(row(member.index));
            prompt.is_some_and(|prompt| prompt_fits(prompt, &asked.arguments))
        }
        _ => true,
    }
}

/// Arguments of a prompt are strings, those it names, with all that are required.
fn prompt_fits(prompt: &Prompt, arguments: &Json) -> bool {
    let Json::Object(members) = arguments else {
        return false;
    };
    let fields = &prompt.input.fields;
    members.iter().all(|(key, value)| fields.contains_key(key.as_str()) && matches!(value, Json::String(_)))
        && fields.iter().all(|(name, ty)| ty.is_optional() || arguments.get(name).is_some())
}

/// Whether arguments fit a tool.
pub fn arguments_fit(tool: &Tool, refuse_extra: bool, arguments: &Json) -> bool {
    let Some(known) = validator(&tool.raw_schema) else {
        return false;
    };
    let (schema, validator) = &*known;
    validator.is_valid(&to_serde(arguments))
        && integers_fit(schema, arguments, schema, 0)
        && !(refuse_extra && has_extra(schema, arguments))
}

/// A schema and what validates against it.
type Compiled = Rc<(Value, Validator)>;

thread_local! {
    /// Schemas by text, with their validators.
    static VALIDATORS: RefCell<HashMap<String, Option<Compiled>>> = RefCell::new(HashMap::new());
}

/// A schema and its validator; `None` when the text is no schema.
fn validator(text: &str) -> Option<Rc<(Value, Validator)>> {
    VALIDATORS.with_borrow_mut(|known| {
        let make = || {
            let schema: Value = serde_json::from_str(text).ok()?;
            let validator = jsonschema::options().should_validate_formats(false).build(&schema).ok()?;
            Some(Rc::new((schema, validator)))
        };
        known.entry(text.to_string()).or_insert_with(make).clone()
    })
}

/// A parameter that the root of the schema does not name.
fn has_extra(schema: &Value, arguments: &Json) -> bool {
    let Json::Object(members) = arguments else {
        return true;
    };
    let explicit = !matches!(schema.get("additionalProperties"), None | Some(Value::Bool(false)));
    let named = |key: &str| schema.get("properties").is_some_and(|properties| properties.get(key).is_some());
    let patterned = |key: &str| match schema.get("patternProperties") {
        Some(Value::Object(patterns)) => patterns.keys().any(|pattern| {
            jsonschema::is_valid(&serde_json::json!({ "pattern": pattern }), &Value::String(key.to_string()))
        }),
        _ => false,
    };
    !explicit && members.iter().any(|(key, _)| !named(key) && !patterned(key))
}

/// Integers beyond 2^53-1 only where the schema's own bounds reach beyond it.
fn integers_fit(schema: &Value, json: &Json, root: &Value, depth: usize) -> bool {
    if depth > 32 {
        return true;
    }
    let below = |inner: &Value, value: &Json| integers_fit(inner, value, root, depth + 1);
    if let Some(target) = schema.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix('#')) {
        return root.pointer(target).is_none_or(|inner| below(inner, json));
    }
    let branches = ["anyOf", "oneOf"].iter().find_map(|word| schema.get(word)).and_then(Value::as_array);
    if let Some(branches) = branches {
        let fits = |branch: &Value| {
            let target = branch.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix('#'));
            let branch = target.and_then(|target| root.pointer(target)).unwrap_or(branch);
            let valid = validator(&branch.to_string()).is_some_and(|known| known.1.is_valid(&to_serde(json)));
            valid && below(branch, json)
        };
        return branches.iter().any(fits);
    }
    match json {
        Json::Number(scaled) => match (is_integer(schema), exact::integral(*scaled)) {
            (true, Some(whole)) => in_bounds(schema, whole),
            _ => true,
        },
        Json::Array(items) => schema.get("items").is_none_or(|inner| items.iter().all(|item| below(inner, item))),
        Json::Object(members) => members.iter().all(|(key, value)| {
            let named = schema.get("properties").and_then(|properties| properties.get(key));
            named.or_else(|| schema.get("additionalProperties")).is_none_or(|inner| below(inner, value))
        }),
        _ => true,
    }
}

fn is_integer(schema: &Value) -> bool {
    match schema.get("type") {
        Some(Value::String(name)) => name == "integer",
        Some(Value::Array(names)) => {
            names.iter().any(|name| name == "integer") && !names.iter().any(|name| name == "number")
        }
        _ => false,
    }
}

fn in_bounds(schema: &Value, whole: i128) -> bool {
    if whole.abs() <= exact::SAFE_INTEGER {
        return true;
    }
    let bound = |names: [&str; 2]| {
        names.iter().any(|name| {
            let number = schema.get(*name).and_then(Value::as_i64);
            number.is_some_and(|bound| i128::from(bound).abs() > exact::SAFE_INTEGER)
        })
    };
    let reaches =
        if whole > 0 { bound(["maximum", "exclusiveMaximum"]) } else { bound(["minimum", "exclusiveMinimum"]) };
    reaches && i64::try_from(whole).is_ok()
}
