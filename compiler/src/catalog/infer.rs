//! A JSON Schema to a [`Type`].
//!
//! A type says what the checker may rely on; the image enforces the rest. Where a schema says
//! nothing, or recurs, the type is `json`.

use super::MAX_SCHEMA_DEPTH;
use super::compile::type_names;
use super::keywords::Dialect;
use super::reference::resolve;
use crate::types::{RecordType, Type};
use serde_json::{Map, Value};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// Most subschemas that are looked at: references can make a small schema mean a huge type.
const MAX_VISITS: usize = 20_000;

/// The type of the values that fit a schema which was compiled without a problem.
pub(super) fn infer(root: &Value, dialect: Dialect) -> Type {
    Inference { root, dialect, open: Vec::new(), visits: 0 }.schema(root, 0)
}

struct Inference<'a> {
    root: &'a Value,
    dialect: Dialect,
    /// Pointers of the references that are being followed.
    open: Vec<String>,
    visits: usize,
}

type Object = Map<String, Value>;

impl Inference<'_> {
    fn schema(&mut self, schema: &Value, depth: usize) -> Type {
        self.visits += 1;
        if depth > MAX_SCHEMA_DEPTH || self.visits > MAX_VISITS {
            return Type::Json;
        }
        match schema {
            Value::Bool(false) => Type::Null,
            Value::Object(object) => self.object(object, depth + 1),
            _ => Type::Json,
        }
    }

    fn object(&mut self, schema: &Object, depth: usize) -> Type {
        let mut ty = match schema.get("$ref") {
            Some(reference) => self.reference(reference, depth),
            None => Type::Json,
        };
        if schema.contains_key("$ref") && self.dialect == Dialect::Draft07 {
            return ty;
        }
        if let Some(named) = self.named(schema, depth) {
            ty = both(&ty, &named);
        }
        let values = list(schema, "enum");
        if !values.is_empty() {
            ty = both(&ty, &Type::union(values.iter().map(type_of_value)));
        }
        if let Some(value) = schema.get("const") {
            ty = both(&ty, &type_of_value(value));
        }
        for branch in list(schema, "allOf") {
            let branch = self.schema(branch, depth);
            ty = both(&ty, &branch);
        }
        for keyword in ["anyOf", "oneOf"] {
            let branches: Vec<Type> = list(schema, keyword).iter().map(|branch| self.schema(branch, depth)).collect();
            if !branches.is_empty() {
                ty = both(&ty, &Type::union(branches));
            }
        }
        ty
    }

    fn reference(&mut self, reference: &Value, depth: usize) -> Type {
        let Ok((target, found)) = resolve(self.root, reference, "") else {
            return Type::Json;
        };
        if self.open.contains(&target) {
            return Type::Json;
        }
        self.open.push(target);
        let ty = self.schema(found, depth);
        self.open.pop();
        ty
    }

    /// What `type` says; without it, what the other keywords are about.
    fn named(&mut self, schema: &Object, depth: usize) -> Option<Type> {
        if let Some(value) = schema.get("type") {
            let names: Vec<&str> = type_names(value).collect();
            return Some(Type::union(names.into_iter().map(|name| self.kind(name, schema, depth)).collect::<Vec<_>>()));
        }
        let has = |keywords: &[&str]| keywords.iter().any(|keyword| schema.contains_key(*keyword));
        if has(&["properties", "required", "additionalProperties", "patternProperties", "propertyNames"]) {
            Some(self.kind("object", schema, depth))
        } else if has(&["items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems"]) {
            Some(self.kind("array", schema, depth))
        } else if has(&["pattern", "minLength", "maxLength"]) {
            Some(Type::String)
        } else if has(&["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]) {
            Some(Type::Decimal)
        } else {
            None
        }
    }

    fn kind(&mut self, name: &str, schema: &Object, depth: usize) -> Type {
        match name {
            "null" => Type::Null,
            "boolean" => Type::Bool,
            "integer" => Type::Int,
            "number" => Type::Decimal,
            "string" => Type::String,
            "array" => self.array(schema, depth),
            "object" => self.record_or_map(schema, depth),
            _ => Type::Json,
        }
    }

    fn array(&mut self, schema: &Object, depth: usize) -> Type {
        let (prefix, rest) = match (self.dialect, schema.get("items")) {
            (Dialect::Draft07, Some(Value::Array(_))) => ("items", "additionalItems"),
            (Dialect::Draft07, _) => ("", "items"),
            (Dialect::Draft202012, _) => ("prefixItems", "items"),
        };
        let mut elements: Vec<Type> = list(schema, prefix).iter().map(|item| self.schema(item, depth)).collect();
        match schema.get(rest) {
            Some(Value::Bool(false)) => {}
            Some(item) => elements.push(self.schema(item, depth)),
            None => elements.push(Type::Json),
        }
        Type::List(Box::new(if elements.is_empty() { Type::Json } else { Type::union(elements) }))
    }

    fn record_or_map(&mut self, schema: &Object, depth: usize) -> Type {
        let required: Vec<&str> = list(schema, "required").iter().filter_map(Value::as_str).collect();
        let properties = schema.get("properties").and_then(Value::as_object);
        let additional = schema.get("additionalProperties");
        let names_nothing = required.is_empty() && properties.is_none_or(Map::is_empty);
        if names_nothing && additional != Some(&Value::Bool(false)) {
            let value = additional.filter(|_| !schema.contains_key("patternProperties"));
            return Type::Map(Box::new(value.map_or(Type::Json, |value| self.schema(value, depth))));
        }
        let mut fields = BTreeMap::new();
        for (name, property) in properties.into_iter().flatten() {
            let ty = self.schema(property, depth);
            let ty = if required.contains(&name.as_str()) { ty } else { ty.optional() };
            fields.insert(SmolStr::new(name), ty);
        }
        for name in required {
            fields.entry(SmolStr::new(name)).or_insert(Type::Json);
        }
        Type::Record(RecordType { fields: fields.into(), open: additional != Some(&Value::Bool(false)) })
    }
}

/// What fits both; where nothing can, the first stands: the image refuses every value.
fn both(first: &Type, second: &Type) -> Type {
    first.meet(second).unwrap_or_else(|| first.clone())
}

fn list<'s>(schema: &'s Object, keyword: &str) -> &'s [Value] {
    schema.get(keyword).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn type_of_value(value: &Value) -> Type {
    match value {
        Value::Null => Type::Null,
        Value::Bool(_) => Type::Bool,
        Value::Number(number) if number.is_f64() => Type::Decimal,
        Value::Number(_) => Type::Int,
        Value::String(text) => Type::Enum(vec![SmolStr::new(text)]),
        Value::Array(elements) if elements.is_empty() => Type::List(Box::new(Type::Json)),
        Value::Array(elements) => Type::List(Box::new(Type::union(elements.iter().map(type_of_value)))),
        Value::Object(_) => Type::Map(Box::new(Type::Json)),
    }
}
