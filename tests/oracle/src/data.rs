//! Data that replaces what a bundle was built with, read by its declared type.
//!
//! A text that is no JSON or does not fit leaves the data unfit: whatever reads it is the error `data`.

use crate::json::{self, Json};
use crate::value::{Value, read};
use mcpz_compiler::hir::{DataId, Program};
use mcpz_compiler::types::Type;
use std::collections::BTreeMap;

/// Replaced data: the value, or `None` where the replacement is unfit.
pub type Replaced = BTreeMap<DataId, Option<Value>>;

/// Reads replacements, given as JSON texts by name; later ones of a name win.
pub fn replaced(program: &Program, texts: &[(String, String)]) -> Replaced {
    let row = |name: &str| program.data.iter().position(|data| data.name == name);
    let found = texts.iter().filter_map(|(name, text)| Some((row(name)?, text)));
    found
        .map(|(at, text)| {
            let json = json::read(text.as_bytes()).ok();
            (DataId::new(at), json.and_then(|json| typed(&json, &program.data[at].ty)))
        })
        .collect()
}

/// The value of a type that JSON has, all the way down; `None` when it has not.
fn typed(json: &Json, ty: &Type) -> Option<Value> {
    let each = |items: &[Json], element: &Type| -> Option<Vec<_>> {
        items.iter().map(|item| typed(item, element).map(Ok)).collect()
    };
    match (ty, json) {
        (Type::Optional(_) | Type::Null, Json::Null) => Some(Value::Null),
        (Type::Optional(inner), _) => typed(json, inner),
        (Type::Union(members), _) => members.iter().find_map(|member| typed(json, member)),
        (Type::Json, _) => read(json, ty).ok(),
        (Type::List(element), Json::Array(items)) => each(items, element).map(Value::List),
        (Type::Set(element), Json::Array(items)) => each(items, element).map(Value::Set),
        (Type::Map(element), Json::Object(members)) => {
            let fields = members.iter().map(|(name, value)| Some((name.clone(), Ok(typed(value, element)?))));
            fields.collect::<Option<_>>().map(Value::Record)
        }
        (Type::Record(record), Json::Object(members)) => {
            let whole = record.fields.iter().all(|(name, field)| field.is_optional() || json.get(name).is_some());
            let fields = members.iter().map(|(name, value)| {
                let field = record.fields.get(name.as_str())?;
                Some((name.clone(), Ok(typed(value, field)?)))
            });
            fields.collect::<Option<_>>().filter(|_| whole).map(Value::Record)
        }
        (Type::Enum(words), Json::String(text)) => {
            words.iter().any(|word| word == text).then(|| Value::Text(text.clone()))
        }
        (_, Json::Null) | (Type::Enum(_) | Type::List(_) | Type::Set(_) | Type::Map(_) | Type::Record(_), _) => None,
        (scalar, _) => read(json, scalar).ok(),
    }
}
