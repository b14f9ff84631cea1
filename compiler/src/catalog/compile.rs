//! A JSON Schema to a [`SchemaImage`].
//!
//! Each subschema becomes one node, found again by its JSON pointer, so that recursive references
//! end. A keyword whose value the image cannot hold exactly (a regex with lookaround, a bound of
//! more than 18 digits) is listed as not enforced, like a keyword that is not known.

use super::keywords::{self, Dialect};
use super::number::{Units, units};
use super::reference::{below, resolve};
use super::{MAX_SCHEMA_DEPTH, MAX_SCHEMA_NODES, SchemaProblem, pattern};
use mcpz_bytecode::schema::{
    Bound, Check, Combinator, Constant, MAX_CONSTANT_DEPTH, Parameters, SchemaImage, Size, types,
};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

const ONE: i128 = 1_000_000_000_000_000_000;
/// 2^53 - 1: beyond it JSON readers that use doubles disagree.
const SAFE: i128 = 9_007_199_254_740_991 * ONE;

/// Compiles a schema; also lists what is not enforced (pointer and keyword, sorted).
pub(super) fn compile(root: &Value, dialect: Dialect) -> Result<(SchemaImage, Vec<(String, String)>), SchemaProblem> {
    let mut compiler = Compiler {
        root,
        dialect,
        image: SchemaImage { nodes: Vec::new(), ..SchemaImage::default() },
        by_pointer: BTreeMap::new(),
        by_pattern: BTreeMap::new(),
        unenforced: BTreeSet::new(),
    };
    compiler.image.root = compiler.node(root, "", 0)?;
    refuse_endless(&compiler.image)?;
    let mut names = BTreeSet::new();
    compiler.parameters(root, "", &mut names, 0);
    compiler.image.parameters.names = names.into_iter().collect();
    Ok((compiler.image, compiler.unenforced.into_iter().collect()))
}

struct Compiler<'a> {
    root: &'a Value,
    dialect: Dialect,
    image: SchemaImage,
    by_pointer: BTreeMap<String, u32>,
    /// Rows of the automata; `None` for a pattern that cannot be enforced.
    by_pattern: BTreeMap<String, Option<u32>>,
    unenforced: BTreeSet<(String, String)>,
}

type Object = Map<String, Value>;
type Compiled<T> = Result<T, SchemaProblem>;

impl<'a> Compiler<'a> {
    /// The node of a subschema, compiled when it is met first.
    fn node(&mut self, schema: &'a Value, pointer: &str, depth: usize) -> Compiled<u32> {
        if let Some(node) = self.by_pointer.get(pointer) {
            return Ok(*node);
        }
        if depth > MAX_SCHEMA_DEPTH || self.image.nodes.len() >= MAX_SCHEMA_NODES {
            return Err(problem(pointer, "the schema is too deep or too large"));
        }
        let row = u32::try_from(self.image.nodes.len()).map_err(|_| problem(pointer, "the schema is too large"))?;
        self.image.nodes.push(Vec::new());
        self.by_pointer.insert(pointer.to_owned(), row);
        let checks = match schema {
            Value::Bool(true) => Vec::new(),
            Value::Bool(false) => vec![Check::Never],
            Value::Object(object) => self.object(object, pointer, depth + 1)?,
            _ => return Err(problem(pointer, "a schema is an object or a boolean")),
        };
        if let Some(place) = self.image.nodes.get_mut(index(row)) {
            *place = checks;
        }
        Ok(row)
    }

    fn object(&mut self, schema: &'a Object, pointer: &str, depth: usize) -> Compiled<Vec<Check>> {
        if !pointer.is_empty() && (schema.contains_key("$id") || schema.contains_key("$schema")) {
            return Err(problem(pointer, "a subschema with `$id` or `$schema` of its own is not supported"));
        }
        for keyword in keywords::unenforced(schema, self.dialect, pointer.is_empty()) {
            self.unenforced.insert((pointer.to_owned(), keyword.to_owned()));
        }
        let mut checks = Vec::new();
        if let Some(reference) = schema.get("$ref") {
            let (target, found) = resolve(self.root, reference, pointer)?;
            checks.push(Check::Ref(self.node(found, &target, depth)?));
            if self.dialect == Dialect::Draft07 {
                return Ok(checks);
            }
        }
        values(schema, pointer, &mut checks)?;
        self.numbers(schema, pointer, &mut checks)?;
        self.strings(schema, pointer, &mut checks)?;
        self.arrays(schema, pointer, depth, &mut checks)?;
        self.members(schema, pointer, depth, &mut checks)?;
        self.dependencies(schema, pointer, depth, &mut checks)?;
        self.combinators(schema, pointer, depth, &mut checks)?;
        Ok(checks)
    }

    fn numbers(&mut self, schema: &Object, pointer: &str, checks: &mut Vec<Check>) -> Compiled<()> {
        let bounds = [
            ("minimum", Bound::Minimum),
            ("maximum", Bound::Maximum),
            ("exclusiveMinimum", Bound::ExclusiveMinimum),
            ("exclusiveMaximum", Bound::ExclusiveMaximum),
            ("multipleOf", Bound::MultipleOf),
        ];
        let mut range = (-SAFE, SAFE);
        for (keyword, bound) in bounds {
            let Some(value) = schema.get(keyword) else {
                continue;
            };
            let Value::Number(number) = value else {
                return Err(problem(pointer, &format!("`{keyword}` is not a number")));
            };
            let is_upper = matches!(bound, Bound::Maximum | Bound::ExclusiveMaximum);
            let limit = units(number);
            match limit {
                Units::Exact(value) if bound == Bound::MultipleOf && value <= 0 => {
                    return Err(problem(pointer, "`multipleOf` is not above zero"));
                }
                Units::Exact(value) => checks.push(Check::Bound(bound, value)),
                // Every number of the language is within such a bound, or none is.
                Units::TooLarge if is_upper => {}
                Units::TooSmall if !is_upper && bound != Bound::MultipleOf => {}
                Units::TooLarge | Units::TooSmall if bound != Bound::MultipleOf => checks.push(no_number()),
                _ => {
                    self.unenforced.insert((pointer.to_owned(), keyword.to_owned()));
                }
            }
            let beyond = match limit {
                Units::Exact(value) => value.abs() > SAFE,
                Units::TooLarge | Units::TooSmall => true,
                Units::Inexact => false,
            };
            if beyond && is_upper {
                range.1 = i128::from(i64::MAX) * ONE;
            } else if beyond && bound != Bound::MultipleOf {
                range.0 = i128::from(i64::MIN) * ONE;
            }
        }
        if names_integer(schema) {
            checks.push(Check::IntegerRange(range.0, range.1));
        }
        Ok(())
    }

    fn strings(&mut self, schema: &Object, pointer: &str, checks: &mut Vec<Check>) -> Compiled<()> {
        size(schema, pointer, "minLength", Size::MinLength, checks)?;
        size(schema, pointer, "maxLength", Size::MaxLength, checks)?;
        if let Some(value) = schema.get("pattern") {
            let Some(text) = value.as_str() else {
                return Err(problem(pointer, "`pattern` is not a string"));
            };
            match self.automaton(text) {
                Some(row) => checks.push(Check::Pattern(row)),
                None => {
                    self.unenforced.insert((pointer.to_owned(), "pattern".to_owned()));
                }
            }
        }
        Ok(())
    }

    fn automaton(&mut self, text: &str) -> Option<u32> {
        if let Some(known) = self.by_pattern.get(text) {
            return *known;
        }
        let row = pattern::compile(text).and_then(|bytes| {
            let row = u32::try_from(self.image.automata.len()).ok()?;
            self.image.automata.push(bytes);
            Some(row)
        });
        self.by_pattern.insert(text.to_owned(), row);
        row
    }

    fn arrays(&mut self, schema: &'a Object, pointer: &str, depth: usize, checks: &mut Vec<Check>) -> Compiled<()> {
        size(schema, pointer, "minItems", Size::MinItems, checks)?;
        size(schema, pointer, "maxItems", Size::MaxItems, checks)?;
        let (prefix_keyword, rest_keyword) = match (self.dialect, schema.get("items")) {
            (Dialect::Draft07, Some(Value::Array(_))) => ("items", "additionalItems"),
            (Dialect::Draft07, _) => ("", "items"),
            (Dialect::Draft202012, _) => ("prefixItems", "items"),
        };
        let prefix = self.list(schema, prefix_keyword, pointer, depth)?;
        let rest = self.optional(schema, rest_keyword, pointer, depth)?;
        if prefix.is_some() || rest.is_some() {
            checks.push(Check::Items { prefix: prefix.unwrap_or_default(), rest });
        }
        if let Some(node) = self.optional(schema, "contains", pointer, depth)? {
            let bounded = self.dialect == Dialect::Draft202012;
            let count = |keyword| {
                if bounded { natural(schema, pointer, keyword) } else { Ok(None) }
            };
            checks.push(Check::Contains { node, min: count("minContains")?.unwrap_or(1), max: count("maxContains")? });
        }
        match schema.get("uniqueItems") {
            None | Some(Value::Bool(false)) => {}
            Some(Value::Bool(true)) => checks.push(Check::UniqueItems),
            Some(_) => return Err(problem(pointer, "`uniqueItems` is not a boolean")),
        }
        Ok(())
    }

    fn members(&mut self, schema: &'a Object, pointer: &str, depth: usize, checks: &mut Vec<Check>) -> Compiled<()> {
        size(schema, pointer, "minProperties", Size::MinProperties, checks)?;
        size(schema, pointer, "maxProperties", Size::MaxProperties, checks)?;
        if let Some(value) = schema.get("required") {
            checks.push(Check::Required(names(value, pointer, "required")?));
        }
        let mut properties = Vec::new();
        for (name, subschema) in object_at(schema, pointer, "properties")? {
            let place = below(&below(pointer, "properties"), name);
            properties.push((name.clone(), self.node(subschema, &place, depth)?));
        }
        properties.sort();
        let mut patterns = Vec::new();
        let mut all_patterns_known = true;
        for (text, subschema) in object_at(schema, pointer, "patternProperties")? {
            let place = below(&below(pointer, "patternProperties"), text);
            let node = self.node(subschema, &place, depth)?;
            match self.automaton(text) {
                Some(automaton) => patterns.push((automaton, node)),
                None => all_patterns_known = false,
            }
        }
        let mut additional = self.optional(schema, "additionalProperties", pointer, depth)?;
        if !all_patterns_known {
            // Which members are additional cannot be told either.
            self.unenforced.insert((pointer.to_owned(), "patternProperties".to_owned()));
            if additional.take().is_some() {
                self.unenforced.insert((pointer.to_owned(), "additionalProperties".to_owned()));
            }
        }
        if !properties.is_empty() || !patterns.is_empty() || additional.is_some() {
            checks.push(Check::Members { properties, patterns, additional });
        }
        if let Some(node) = self.optional(schema, "propertyNames", pointer, depth)? {
            checks.push(Check::PropertyNames(node));
        }
        Ok(())
    }

    fn dependencies(
        &mut self,
        schema: &'a Object,
        pointer: &str,
        depth: usize,
        checks: &mut Vec<Check>,
    ) -> Compiled<()> {
        let keywords: &[&str] = match self.dialect {
            Dialect::Draft07 => &["dependencies"],
            Dialect::Draft202012 => &["dependentRequired", "dependentSchemas"],
        };
        for keyword in keywords {
            for (name, value) in object_at(schema, pointer, keyword)? {
                let place = below(&below(pointer, keyword), name);
                if value.is_array() && *keyword != "dependentSchemas" {
                    checks.push(Check::DependentRequired(name.clone(), names(value, &place, keyword)?));
                } else if *keyword != "dependentRequired" {
                    checks.push(Check::DependentSchema(name.clone(), self.node(value, &place, depth)?));
                } else {
                    return Err(problem(&place, "`dependentRequired` holds lists of names"));
                }
            }
        }
        Ok(())
    }

    fn combinators(
        &mut self,
        schema: &'a Object,
        pointer: &str,
        depth: usize,
        checks: &mut Vec<Check>,
    ) -> Compiled<()> {
        let combinators = [("allOf", Combinator::All), ("anyOf", Combinator::Any), ("oneOf", Combinator::One)];
        for (keyword, combinator) in combinators {
            if let Some(nodes) = self.list(schema, keyword, pointer, depth)? {
                checks.push(Check::Combine(combinator, nodes));
            }
        }
        if let Some(node) = self.optional(schema, "not", pointer, depth)? {
            checks.push(Check::Not(node));
        }
        if let Some(condition) = self.optional(schema, "if", pointer, depth)? {
            let then = self.optional(schema, "then", pointer, depth)?;
            let otherwise = self.optional(schema, "else", pointer, depth)?;
            checks.push(Check::If { condition, then, otherwise });
        }
        Ok(())
    }

    fn optional(&mut self, schema: &'a Object, keyword: &str, pointer: &str, depth: usize) -> Compiled<Option<u32>> {
        match schema.get(keyword) {
            Some(subschema) => Ok(Some(self.node(subschema, &below(pointer, keyword), depth)?)),
            None => Ok(None),
        }
    }

    fn list(&mut self, schema: &'a Object, keyword: &str, pointer: &str, depth: usize) -> Compiled<Option<Vec<u32>>> {
        let Some(value) = schema.get(keyword) else {
            return Ok(None);
        };
        let place = below(pointer, keyword);
        let Some(subschemas) = value.as_array() else {
            return Err(problem(&place, "this is a list of schemas"));
        };
        let mut nodes = Vec::new();
        for (index, subschema) in subschemas.iter().enumerate() {
            nodes.push(self.node(subschema, &below(&place, &index.to_string()), depth)?);
        }
        Ok(Some(nodes))
    }

    /// Collects the parameters that the root names, in itself and in the schemas that it applies to
    /// the same object.
    fn parameters(&mut self, schema: &'a Value, pointer: &str, names: &mut BTreeSet<String>, depth: usize) {
        let Some(object) = schema.as_object().filter(|_| depth <= MAX_SCHEMA_DEPTH) else {
            return;
        };
        let members = |keyword: &str| object.get(keyword).and_then(Value::as_object).into_iter().flatten();
        names.extend(members("properties").map(|(name, _)| name.clone()));
        for (text, _) in members("patternProperties") {
            if let Some(row) = self.automaton(text) {
                push_distinct(&mut self.image.parameters, row);
            }
        }
        self.image.parameters.any |=
            object.get("additionalProperties").is_some_and(|value| *value != Value::Bool(false));
        if let Some(reference) = object.get("$ref")
            && let Ok((target, found)) = resolve(self.root, reference, pointer)
        {
            self.parameters(found, &target, names, depth + 1);
        }
        for keyword in ["allOf", "anyOf", "oneOf"] {
            for branch in object.get(keyword).and_then(Value::as_array).into_iter().flatten() {
                self.parameters(branch, pointer, names, depth + 1);
            }
        }
        for keyword in ["if", "then", "else"] {
            if let Some(branch) = object.get(keyword) {
                self.parameters(branch, pointer, names, depth + 1);
            }
        }
    }
}

fn push_distinct(parameters: &mut Parameters, row: u32) {
    if !parameters.patterns.contains(&row) {
        parameters.patterns.push(row);
    }
}

/// No number passes; everything else does.
fn no_number() -> Check {
    Check::Type(types::ALL & !(types::NUMBER | types::INTEGER))
}

/// `type`, `enum`, `const`.
fn values(schema: &Object, pointer: &str, checks: &mut Vec<Check>) -> Compiled<()> {
    if let Some(value) = schema.get("type") {
        let mut mask = 0;
        for name in type_names(value) {
            mask |= type_bit(name).ok_or_else(|| problem(pointer, "`type` names no type of JSON Schema"))?;
        }
        if mask == 0 {
            return Err(problem(pointer, "`type` names no type of JSON Schema"));
        }
        checks.push(Check::Type(mask));
    }
    if let Some(value) = schema.get("enum") {
        let Some(values) = value.as_array() else {
            return Err(problem(pointer, "`enum` is not a list"));
        };
        checks.push(Check::Enum(values.iter().filter_map(|value| constant(value, MAX_CONSTANT_DEPTH)).collect()));
    }
    if let Some(value) = schema.get("const") {
        checks.push(Check::Enum(constant(value, MAX_CONSTANT_DEPTH).into_iter().collect()));
    }
    Ok(())
}

/// The names of a `type`, whether one or several; something that is no name gives an empty one.
pub(super) fn type_names(value: &Value) -> impl Iterator<Item = &str> {
    let list = match value {
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    list.iter().map(|name| name.as_str().unwrap_or_default())
}

fn type_bit(name: &str) -> Option<u32> {
    Some(match name {
        "null" => types::NULL,
        "boolean" => types::BOOLEAN,
        "number" => types::NUMBER,
        "integer" => types::INTEGER,
        "string" => types::STRING,
        "array" => types::ARRAY,
        "object" => types::OBJECT,
        _ => return None,
    })
}

/// Whether numbers are integers here, so that doubles must not blur them.
fn names_integer(schema: &Object) -> bool {
    let Some(value) = schema.get("type") else {
        return false;
    };
    type_names(value).any(|name| name == "integer") && !type_names(value).any(|name| name == "number")
}

/// A value to compare with. One that holds a number outside the domain, or is deeper than any
/// document, equals nothing: `None`.
fn constant(value: &Value, depth: u32) -> Option<Constant> {
    let deeper = depth.checked_sub(1)?;
    Some(match value {
        Value::Null => Constant::Null,
        Value::Bool(value) => Constant::Bool(*value),
        Value::Number(number) => match units(number) {
            Units::Exact(value) => Constant::Number(value),
            _ => return None,
        },
        Value::String(text) => Constant::String(text.clone()),
        Value::Array(elements) => {
            Constant::Array(elements.iter().map(|element| constant(element, deeper)).collect::<Option<_>>()?)
        }
        Value::Object(members) => {
            let members = members.iter().map(|(key, value)| Some((key.clone(), constant(value, deeper)?)));
            Constant::Object(members.collect::<Option<_>>()?)
        }
    })
}

fn size(schema: &Object, pointer: &str, keyword: &str, size: Size, checks: &mut Vec<Check>) -> Compiled<()> {
    if let Some(limit) = natural(schema, pointer, keyword)? {
        checks.push(Check::Size(size, limit));
    }
    Ok(())
}

/// A count; one beyond 32 bits is beyond every document, so that the greatest count serves.
fn natural(schema: &Object, pointer: &str, keyword: &str) -> Compiled<Option<u32>> {
    let Some(value) = schema.get(keyword) else {
        return Ok(None);
    };
    let count = match value {
        Value::Number(number) => match units(number) {
            Units::Exact(value) if value >= 0 && value % ONE == 0 => {
                Some(u32::try_from(value / ONE).unwrap_or(u32::MAX - 1))
            }
            Units::TooLarge => Some(u32::MAX - 1),
            _ => None,
        },
        _ => None,
    };
    count.map(Some).ok_or_else(|| problem(pointer, &format!("`{keyword}` is not a whole number from zero up")))
}

fn names(value: &Value, pointer: &str, keyword: &str) -> Compiled<Vec<String>> {
    let list = value.as_array().into_iter().flatten().map(|name| name.as_str().map(str::to_owned));
    match (value, list.collect::<Option<Vec<String>>>()) {
        (Value::Array(_), Some(names)) => Ok(names),
        _ => Err(problem(pointer, &format!("`{keyword}` is not a list of names"))),
    }
}

fn object_at<'a>(
    schema: &'a Object,
    pointer: &str,
    keyword: &str,
) -> Compiled<impl Iterator<Item = (&'a String, &'a Value)>> {
    match schema.get(keyword) {
        None | Some(Value::Object(_)) => Ok(schema.get(keyword).and_then(Value::as_object).into_iter().flatten()),
        Some(_) => Err(problem(pointer, &format!("`{keyword}` is not an object"))),
    }
}

/// Refuses a schema that refers to itself without looking further into the value.
fn refuse_endless(image: &SchemaImage) -> Compiled<()> {
    const OPEN: u8 = 1;
    const DONE: u8 = 2;
    let mut state = vec![0_u8; image.nodes.len()];
    for start in 0..image.nodes.len() {
        let mut stack = vec![(start, same_instance(image, start))];
        if state[start] == DONE {
            continue;
        }
        state[start] = OPEN;
        while let Some((node, pending)) = stack.last_mut() {
            match pending.pop() {
                Some(next) if state[next] == OPEN => {
                    return Err(problem("", "the schema refers to itself without end"));
                }
                Some(next) if state[next] == 0 => {
                    state[next] = OPEN;
                    stack.push((next, same_instance(image, next)));
                }
                Some(_) => {}
                None => {
                    state[*node] = DONE;
                    stack.pop();
                }
            }
        }
    }
    Ok(())
}

/// The nodes that a node applies to the very value it is applied to.
fn same_instance(image: &SchemaImage, node: usize) -> Vec<usize> {
    let mut nodes = Vec::new();
    for check in image.nodes.get(node).into_iter().flatten() {
        match check {
            Check::Ref(node) | Check::Not(node) | Check::DependentSchema(_, node) => nodes.push(*node),
            Check::Combine(_, list) => nodes.extend(list),
            Check::If { condition, then, otherwise } => {
                nodes.extend([Some(*condition), *then, *otherwise].into_iter().flatten())
            }
            _ => {}
        }
    }
    nodes.into_iter().map(index).collect()
}

fn index(row: u32) -> usize {
    usize::try_from(row).unwrap_or(usize::MAX)
}

fn problem(pointer: &str, message: &str) -> SchemaProblem {
    SchemaProblem { pointer: pointer.to_owned(), message: message.to_owned() }
}
