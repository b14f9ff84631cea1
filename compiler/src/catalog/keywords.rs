//! Which keyword is enforced, which is a pure annotation, and by which draft a schema is read.

use super::SchemaProblem;
use serde_json::{Map, Value};

/// A draft of JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Draft-07.
    Draft07,
    /// 2020-12: what a schema without `$schema` is read by.
    Draft202012,
}

/// The draft that `$schema` names.
pub(super) fn dialect(schema: &Value) -> Result<Dialect, SchemaProblem> {
    let Some(named) = schema.get("$schema") else {
        return Ok(Dialect::Draft202012);
    };
    let named = named.as_str().unwrap_or_default();
    match named.trim_end_matches('#').split_once("://").map(|(_, rest)| rest) {
        Some("json-schema.org/draft-07/schema") => Ok(Dialect::Draft07),
        Some("json-schema.org/draft/2020-12/schema") => Ok(Dialect::Draft202012),
        _ => Err(SchemaProblem {
            pointer: "/$schema".to_owned(),
            message: format!("schemas are read by draft-07 or 2020-12, not by `{}`", named.escape_debug()),
        }),
    }
}

const ANNOTATIONS: &[&str] = &[
    "$comment",
    "$defs",
    "$schema",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "default",
    "definitions",
    "deprecated",
    "description",
    "example",
    "examples",
    "format",
    "markdownDescription",
    "readOnly",
    "title",
    "writeOnly",
];

const ENFORCED: &[&str] = &[
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "contains",
    "else",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "if",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "oneOf",
    "pattern",
    "patternProperties",
    "properties",
    "propertyNames",
    "required",
    "then",
    "type",
    "uniqueItems",
];

/// Keywords of one draft that the other does not know.
fn of_dialect(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Draft07 => &["additionalItems", "dependencies"],
        Dialect::Draft202012 => &["dependentRequired", "dependentSchemas", "maxContains", "minContains", "prefixItems"],
    }
}

/// The keywords of a schema object that constrain nothing here although they may be meant to.
pub(super) fn unenforced(schema: &Map<String, Value>, dialect: Dialect, is_root: bool) -> impl Iterator<Item = &str> {
    // In draft-07 whatever stands beside `$ref` is passed over: report what would constrain.
    let beside_reference = dialect == Dialect::Draft07 && schema.contains_key("$ref");
    schema.keys().map(String::as_str).filter(move |keyword| {
        let annotation = ANNOTATIONS.contains(keyword) || keyword.starts_with("x-") || (is_root && *keyword == "$id");
        let enforced = ENFORCED.contains(keyword) || of_dialect(dialect).contains(keyword);
        !annotation && (!enforced || (beside_reference && *keyword != "$ref"))
    })
}
