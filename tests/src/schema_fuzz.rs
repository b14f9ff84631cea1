//! Our schema compiler and validator against the `jsonschema` crate.
//!
//! [`fuzz_schema`] makes schemas and values; both must say the same of each pair. Schemas that are not
//! enforced in full are passed over, and counted. Known differences that the generator stays clear
//! of: `jsonschema` computes with doubles (so `multipleOf` is a dyadic fraction here), and integers
//! beyond 2^53-1 are refused by us on purpose.

use crate::seeded::Random;
use mcpz_bytecode::schema::{SchemaImage, VerifiedSchema};
use mcpz_compiler::catalog::{self, compile_schema};
use mcpz_runtime::json::{Buffers, Limits};
use mcpz_runtime::schema::validate;
use serde_json::{Map, Value, json};

/// What a run looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Pairs that were compared.
    pub compared: u64,
    /// Of those, values that fit.
    pub valid: u64,
    /// Schemas that were passed over.
    pub skipped: u64,
}

/// Values tried with each schema.
const VALUES_PER_SCHEMA: usize = 8;

/// Compares `runs` generated schemas; the error names the seed that replays the difference in one run.
pub fn fuzz_schema(runs: u64, seed: u64) -> Result<Counts, String> {
    let mut counts = Counts::default();
    for run in 0..runs {
        let seed = seed.wrapping_add(run);
        let mut random = Random::new(seed);
        let schema = root_schema(&mut random);
        let values: Vec<Value> = (0..VALUES_PER_SCHEMA).map(|_| value_for(&schema, &mut random, 0)).collect();
        compare(&schema, &values, &mut counts).map_err(|error| format!("{error}\nreplay: fuzz_schema(1, {seed})"))?;
    }
    Ok(counts)
}

/// Compares generated values on every tool of a catalog file.
pub fn compare_catalog(bytes: &[u8], values: usize, seed: u64) -> Result<Counts, String> {
    let parsed = catalog::parse(bytes).map_err(|error| error.to_string())?;
    if let Some(problem) = parsed.problems.first() {
        return Err(format!("{:?} {}: {}", problem.tool, problem.pointer, problem.message));
    }
    if let Some(found) = parsed.unenforced.first() {
        return Err(format!("{} {}: `{}` is not enforced", found.tool, found.pointer, found.keyword));
    }
    let mut random = Random::new(seed);
    let mut counts = Counts::default();
    for tool in &parsed.tools {
        let schema: Value = serde_json::from_str(&tool.raw_schema).map_err(|error| error.to_string())?;
        let values: Vec<Value> = (0..values).map(|_| value_for(&schema, &mut random, 0)).collect();
        compare(&schema, &values, &mut counts).map_err(|error| format!("tool `{}`: {error}", tool.name))?;
    }
    Ok(counts)
}

fn compare(schema: &Value, values: &[Value], counts: &mut Counts) -> Result<(), String> {
    let compiled =
        compile_schema(schema).map_err(|problem| format!("{schema}: {} {}", problem.pointer, problem.message))?;
    if !compiled.unenforced.is_empty() {
        counts.skipped += 1;
        return Ok(());
    }
    let theirs = jsonschema::options()
        .should_validate_formats(false)
        .build(schema)
        .map_err(|error| format!("{schema}: jsonschema says {error}"))?;
    let mut bytes = Vec::new();
    compiled.image.encode(&mut bytes);
    let verified = VerifiedSchema::verify(&bytes).map_err(|error| format!("{schema}: {error}"))?;
    for value in values {
        let expected = theirs.is_valid(value);
        let found = is_valid(value, &verified, &bytes)?;
        if expected != found.is_none() {
            return Err(format!("schema {schema}\nvalue {value}\njsonschema: {expected}, ours: {found:?}"));
        }
        counts.compared += 1;
        counts.valid += u64::from(expected);
    }
    Ok(())
}

/// The keyword that a value fails.
fn is_valid(value: &Value, verified: &VerifiedSchema, bytes: &[u8]) -> Result<Option<&'static str>, String> {
    let text = value.to_string();
    let mut buffers = Buffers::new();
    let document = buffers.read(text.as_bytes(), &Limits::DEFAULT).map_err(|fault| format!("{text}: {fault}"))?;
    Ok(validate(document, document.root(), &verified.view(bytes)).err().map(|fault| fault.keyword))
}

/// Whether a value fits an image: for tests that hold one already.
pub fn fits(image: &SchemaImage, value: &Value) -> Result<Option<&'static str>, String> {
    let mut bytes = Vec::new();
    image.encode(&mut bytes);
    let verified = VerifiedSchema::verify(&bytes).map_err(|error| error.to_string())?;
    is_valid(value, &verified, &bytes)
}

const NAMES: [&str; 6] = ["a", "b", "c", "ab", "x-1", "é"];
const TEXTS: [&str; 9] = ["", "a", "ab", "abc", "😀😀", "1", "a b", "é", "inv_7"];
const PATTERNS: [&str; 7] = ["^a", "b$", "^[a-c]+$", r"\d", r"^\S*$", "^.{2}$", "a|é"];
const TYPES: [&str; 7] = ["null", "boolean", "number", "integer", "string", "array", "object"];

/// A schema of either draft with definitions that it may refer to.
fn root_schema(random: &mut Random) -> Value {
    let draft07 = random.one_in(3);
    let mut root = match schema(random, 0, draft07) {
        Value::Object(object) => object,
        other => return other,
    };
    if draft07 {
        root.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
    }
    let definitions = if draft07 { "definitions" } else { "$defs" };
    let definitions_body = json!({ "one": leaf(random), "two": {
        "type": ["object", "string"],
        "properties": { "a": { "$ref": format!("#/{definitions}/two") }, "b": { "$ref": format!("#/{definitions}/one") } },
    }});
    root.insert(definitions.to_owned(), definitions_body);
    let refers = random.one_in(4) && !root.contains_key("$ref");
    if refers {
        let target = format!("#/{definitions}/{}", random.pick(&["one", "two"]));
        let properties = root.entry("properties").or_insert_with(|| json!({}));
        if let Some(properties) = properties.as_object_mut() {
            properties.insert("a".to_owned(), json!({ "$ref": target }));
        }
    }
    Value::Object(root)
}

fn leaf(random: &mut Random) -> Value {
    let mut object = Map::new();
    object.insert("type".to_owned(), json!(random.pick(&TYPES)));
    Value::Object(object)
}

fn schema(random: &mut Random, depth: usize, draft07: bool) -> Value {
    if random.one_in(12) {
        return Value::Bool(!random.one_in(4));
    }
    let mut object = Map::new();
    if !random.one_in(4) {
        let mut names: Vec<&str> = vec![random.pick(&TYPES)];
        if random.one_in(3) {
            let second = random.pick(&TYPES);
            if !names.contains(&second) {
                names.push(second);
            }
        }
        let ty = if names.len() == 1 { json!(names[0]) } else { json!(names) };
        object.insert("type".to_owned(), ty);
    }
    for _ in 0..random.below(4) {
        let (keyword, value) = match random.below(3) {
            0 => simple_keyword(random, draft07),
            _ if depth >= 3 => simple_keyword(random, draft07),
            1 => container_keyword(random, depth, draft07),
            _ => combining_keyword(random, depth, draft07),
        };
        object.insert(keyword.to_owned(), value);
    }
    Value::Object(object)
}

fn simple_keyword(random: &mut Random, draft07: bool) -> (&'static str, Value) {
    let small = random.below(4);
    let bound = json!(f64::from(u32::try_from(random.below(25)).unwrap_or(0)) / 4.0 - 3.0);
    match random.below(if draft07 { 15 } else { 16 }) {
        0 => ("minimum", bound),
        1 => ("maximum", bound),
        2 => ("exclusiveMinimum", bound),
        3 => ("exclusiveMaximum", bound),
        4 => ("multipleOf", random.pick(&[json!(1), json!(2), json!(3), json!(0.5), json!(0.25)])),
        5 => ("minLength", json!(small)),
        6 => ("maxLength", json!(small)),
        7 => ("pattern", json!(random.pick(&PATTERNS))),
        8 => ("minItems", json!(small)),
        9 => ("maxItems", json!(small)),
        10 => ("uniqueItems", json!(!random.one_in(4))),
        11 => ("minProperties", json!(small)),
        12 => ("maxProperties", json!(small)),
        13 => ("required", names(random)),
        14 if random.one_in(2) => ("const", value(random, 1)),
        14 => ("enum", json!([value(random, 1), value(random, 2), "a", 1])),
        _ => ("dependentRequired", json!({ random.pick(&NAMES): names(random) })),
    }
}

fn names(random: &mut Random) -> Value {
    let mut chosen: Vec<&str> = (0..random.below(3)).map(|_| random.pick(&NAMES)).collect();
    chosen.sort_unstable();
    chosen.dedup();
    json!(chosen)
}

fn container_keyword(random: &mut Random, depth: usize, draft07: bool) -> (&'static str, Value) {
    let inner = |random: &mut Random| schema(random, depth + 1, draft07);
    match random.below(9) {
        0 | 1 => {
            let members = (0..=random.below(3)).map(|_| (random.pick(&NAMES).to_owned(), inner(random)));
            ("properties", Value::Object(members.collect::<Vec<_>>().into_iter().collect()))
        }
        2 => ("additionalProperties", inner(random)),
        3 => ("patternProperties", json!({ random.pick(&PATTERNS): inner(random) })),
        4 => ("propertyNames", inner(random)),
        5 => ("items", inner(random)),
        6 if draft07 => ("items", json!([inner(random), inner(random)])),
        6 => ("prefixItems", json!([inner(random), inner(random)])),
        7 if draft07 => ("additionalItems", inner(random)),
        7 => ("dependentSchemas", json!({ random.pick(&NAMES): inner(random) })),
        _ if draft07 => ("dependencies", json!({ random.pick(&NAMES): inner(random), "zz": ["a"] })),
        _ => ("contains", inner(random)),
    }
}

fn combining_keyword(random: &mut Random, depth: usize, draft07: bool) -> (&'static str, Value) {
    let inner = |random: &mut Random| schema(random, depth + 1, draft07);
    match random.below(6) {
        0 => ("allOf", json!([inner(random), inner(random)])),
        1 => ("anyOf", json!([inner(random), inner(random)])),
        2 => ("oneOf", json!([inner(random), inner(random)])),
        3 => ("not", inner(random)),
        4 => ("if", inner(random)),
        _ => ("then", inner(random)),
    }
}

/// Any small value.
fn value(random: &mut Random, depth: usize) -> Value {
    match random.below(if depth >= 3 { 6 } else { 9 }) {
        0 => Value::Null,
        1 => Value::Bool(random.one_in(2)),
        2 => json!(random.below(7)),
        3 => json!(f64::from(u32::try_from(random.below(33)).unwrap_or(0)) / 4.0 - 4.0),
        4 | 5 => json!(random.pick(&TEXTS)),
        6 => Value::Array((0..random.below(4)).map(|_| value(random, depth + 1)).collect()),
        _ => {
            let members = (0..random.below(4)).map(|_| (random.pick(&NAMES).to_owned(), value(random, depth + 1)));
            Value::Object(members.collect::<Vec<_>>().into_iter().collect())
        }
    }
}

/// A value that has a fair chance to fit the schema.
fn value_for(schema: &Value, random: &mut Random, depth: usize) -> Value {
    let Some(object) = schema.as_object().filter(|_| depth < 6 && !random.one_in(8)) else {
        return value(random, depth);
    };
    if let Some(values) = object.get("enum").and_then(Value::as_array).filter(|values| !values.is_empty()) {
        return random.pick(values);
    }
    if let Some(constant) = object.get("const") {
        return constant.clone();
    }
    for keyword in ["anyOf", "oneOf", "allOf"] {
        if let Some(branches) = object.get(keyword).and_then(Value::as_array).filter(|list| !list.is_empty()) {
            return value_for(&random.pick(branches), random, depth + 1);
        }
    }
    let names: Vec<&str> = match object.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        _ if object.contains_key("properties") => vec!["object"],
        _ => vec![],
    };
    if names.is_empty() {
        return value(random, depth);
    }
    match random.pick(&names) {
        "null" => Value::Null,
        "boolean" => Value::Bool(random.one_in(2)),
        "integer" => json!(random.below(9)),
        "number" => json!(f64::from(u32::try_from(random.below(33)).unwrap_or(0)) / 4.0 - 4.0),
        "string" => json!(random.pick(&TEXTS)),
        "array" => {
            let item = object.get("items").cloned().unwrap_or(Value::Bool(true));
            Value::Array((0..random.below(4)).map(|_| value_for(&item, random, depth + 1)).collect())
        }
        _ => object_for(object, random, depth),
    }
}

fn object_for(schema: &Map<String, Value>, random: &mut Random, depth: usize) -> Value {
    let mut members = Map::new();
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        if !random.one_in(4) {
            members.insert(name.clone(), value_for(property, random, depth + 1));
        }
    }
    for name in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        if !random.one_in(5) && !members.contains_key(name) {
            members.insert(name.to_owned(), value(random, depth + 1));
        }
    }
    if random.one_in(4) {
        members.insert(random.pick(&NAMES).to_owned(), value(random, depth + 1));
    }
    Value::Object(members)
}
