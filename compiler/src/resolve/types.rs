//! Types as authors write them.

use super::{Name, Place};
use crate::diagnostics::codes::{e0111, e0133};
use crate::diagnostics::{Diagnostic, suggest};
use crate::types::{RecordType, Type};
use mcpz_syntax::ast::{self, AstNode};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// Types that are one word.
const NAMED: &[(&str, Type)] = &[
    ("bool", Type::Bool),
    ("int", Type::Int),
    ("decimal", Type::Decimal),
    ("string", Type::String),
    ("bytes", Type::Bytes),
    ("duration", Type::Duration),
    ("instant", Type::Instant),
    ("date", Type::Date),
    ("time", Type::Time),
    ("weekday", Type::Weekday),
    ("ip", Type::Ip),
    ("net", Type::Net),
    ("host", Type::Host),
    ("url", Type::Url),
    ("path", Type::Path),
    ("json", Type::Json),
    ("null", Type::Null),
    ("segment", Type::Segment),
];

/// Nesting beyond which a type is given up; the parser has its own, lower limit.
const MAX_DEPTH: usize = 200;

/// The type that a piece of syntax means. Unknown names are reported and give [`Type::Error`].
pub fn type_of(place: Place, ty: &ast::Type, sink: &mut Vec<Diagnostic>) -> Type {
    read(place, ty, sink, 0)
}

/// The record that fields of `claims`, `context` or a record type make.
pub fn record_of(place: Place, fields: &[ast::TypeField], sink: &mut Vec<Diagnostic>) -> RecordType {
    read_fields(place, fields, sink, 0)
}

fn read(place: Place, ty: &ast::Type, sink: &mut Vec<Diagnostic>, depth: usize) -> Type {
    if depth > MAX_DEPTH {
        return Type::Error;
    }
    let inner = |ty: Option<ast::Type>, sink: &mut Vec<Diagnostic>| {
        ty.map_or(Type::Error, |ty| read(place, &ty, sink, depth + 1))
    };
    match ty {
        ast::Type::Name(name) => named(place, name.name(), sink),
        ast::Type::Generic(generic) => {
            let element = inner(generic.element(), sink);
            collection(place, generic.name(), element, sink)
        }
        ast::Type::Record(record) => Type::Record(read_fields(place, &record.fields(), sink, depth + 1)),
        ast::Type::String(value) => {
            Type::Enum(value.string().map(|string| SmolStr::new(string.text())).into_iter().collect())
        }
        ast::Type::Optional(optional) => inner(optional.inner(), sink).optional(),
        ast::Type::Union(union) => {
            let members: Vec<Type> =
                union.members().iter().map(|member| read(place, member, sink, depth + 1)).collect();
            Type::union(members)
        }
    }
}

/// A type of one word.
fn named(place: Place, name: Option<ast::Ident>, sink: &mut Vec<Diagnostic>) -> Type {
    let Some(ident) = name else { return Type::Error };
    if let Some((_, ty)) = NAMED.iter().find(|(word, _)| *word == ident.text) {
        return ty.clone();
    }
    let name = Name::new(place, &ident);
    let near = alias(&name.text)
        .map(SmolStr::new_static)
        .or_else(|| suggest::nearest(&name.text, NAMED.iter().map(|(word, _)| *word)));
    sink.push(e0133::unknown_type(name.span, &name.text, near.as_deref()));
    Type::Error
}

/// What other languages call these types.
fn alias(word: &str) -> Option<&'static str> {
    Some(match word {
        "str" | "String" | "text" | "varchar" => "string",
        "integer" | "i64" | "i32" | "long" => "int",
        "boolean" => "bool",
        "float" | "double" | "number" | "numeric" => "decimal",
        "datetime" | "timestamp" => "instant",
        "cidr" | "network" => "net",
        "uri" => "url",
        "hostname" | "domain" => "host",
        "any" | "object" | "dict" => "json",
        _ => return None,
    })
}

/// `list<T>`, `set<T>`, `map<T>`.
fn collection(place: Place, name: Option<ast::Ident>, element: Type, sink: &mut Vec<Diagnostic>) -> Type {
    let Some(ident) = name else { return Type::Error };
    let element = Box::new(element);
    match ident.text.as_str() {
        "list" => Type::List(element),
        "set" => Type::Set(element),
        "map" => Type::Map(element),
        other => {
            let near = match other {
                "array" | "vec" => Some(SmolStr::new_static("list")),
                other => suggest::nearest(other, ["list", "set", "map"]),
            };
            sink.push(e0133::unknown_type(place.span(ident.range), other, near.as_deref()));
            Type::Error
        }
    }
}

/// The fields of a record; one that stands twice is reported.
fn read_fields(place: Place, fields: &[ast::TypeField], sink: &mut Vec<Diagnostic>, depth: usize) -> RecordType {
    let mut record = RecordType::default();
    let mut first = BTreeMap::new();
    for field in fields {
        let Some(ident) = field.name() else { continue };
        let name = Name::new(place, &ident);
        let ty = field.ty().map_or(Type::Error, |ty| read(place, &ty, sink, depth + 1));
        if let Some(span) = first.get(&name.text) {
            sink.push(e0111::duplicate_entry(name.span, &name.text, *span));
            continue;
        }
        first.insert(name.text.clone(), place.span(field.range()));
        record.fields.insert(name.text, ty);
    }
    record
}
