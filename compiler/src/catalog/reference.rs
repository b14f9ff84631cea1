//! `$ref`: found within the same document or nowhere.

use super::SchemaProblem;
use serde_json::Value;

/// The subschema that a reference names, and its JSON pointer.
pub(super) fn resolve<'a>(
    root: &'a Value,
    reference: &Value,
    pointer: &str,
) -> Result<(String, &'a Value), SchemaProblem> {
    let problem = |message: String| SchemaProblem { pointer: format!("{pointer}/$ref"), message };
    let Some(text) = reference.as_str() else {
        return Err(problem("`$ref` is not a string".to_owned()));
    };
    let shown = text.escape_debug();
    let Some(fragment) = text.strip_prefix('#') else {
        return Err(problem(format!("`{shown}` is in another document, and schemas are never fetched")));
    };
    let target = percent_decoded(fragment).ok_or_else(|| problem(format!("`{shown}` is not a valid reference")))?;
    if !target.is_empty() && !target.starts_with('/') {
        return Err(problem(format!("`{shown}` names an anchor; only `#` and JSON pointers are followed")));
    }
    match root.pointer(&target) {
        Some(found) if found.is_object() || found.is_boolean() => Ok((target, found)),
        Some(_) => Err(problem(format!("`{shown}` does not lead to a schema"))),
        None => Err(problem(format!("`{shown}` leads nowhere"))),
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        if *first == b'%' {
            let (digits, tail) = tail.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = tail;
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

/// Appends a step to a JSON pointer.
pub(super) fn below(pointer: &str, step: &str) -> String {
    format!("{pointer}/{}", step.replace('~', "~0").replace('/', "~1"))
}
