//! A type as an author would write it: `{owner: string, name: string?}`, `"a" | "b"`, `list<int>`.
//!
//! Types that have no spelling in the language (they are only ever inferred) get a plain word.

use super::{RecordType, Type};
use std::fmt::{Display, Formatter, Result, Write};

impl Display for Type {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Type::Enum(names) => write_separated(f, names, " | ", |f, name| write_quoted(f, name)),
            Type::Union(members) if members.is_empty() => f.write_str("null"),
            Type::Union(members) => write_separated(f, members, " | ", |f, member| member.fmt(f)),
            Type::List(inner) => write!(f, "list<{inner}>"),
            Type::Set(inner) => write!(f, "set<{inner}>"),
            Type::Map(inner) => write!(f, "map<{inner}>"),
            Type::Range(inner) => write!(f, "range<{inner}>"),
            Type::Record(record) => record.fmt(f),
            Type::Optional(inner) if needs_parentheses(inner) => write!(f, "({inner})?"),
            Type::Optional(inner) => write!(f, "{inner}?"),
            simple => f.write_str(simple.word()),
        }
    }
}

impl Display for RecordType {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_char('{')?;
        write_separated(f, &self.fields, ", ", |f, (name, ty)| {
            if is_identifier(name) {
                f.write_str(name)?;
            } else {
                write_quoted(f, name)?;
            }
            write!(f, ": {ty}")
        })?;
        f.write_char('}')
    }
}

impl Type {
    /// The word for the type, without its parameters: what `is` takes and messages use.
    pub fn word(&self) -> &'static str {
        match self {
            Type::Bool => "bool",
            Type::Int => "int",
            Type::Decimal => "decimal",
            Type::String => "string",
            Type::Bytes => "bytes",
            Type::Duration => "duration",
            Type::Instant => "instant",
            Type::Date => "date",
            Type::Time => "time",
            Type::Weekday => "weekday",
            Type::Ip => "ip",
            Type::Net => "net",
            Type::Host => "host",
            Type::Url => "url",
            Type::Path => "path",
            Type::Segment => "segment",
            Type::Window => "window",
            Type::Sql => "sql",
            Type::Json => "json",
            Type::Null => "null",
            Type::Enum(_) => "enum",
            Type::List(_) => "list",
            Type::Set(_) => "set",
            Type::Map(_) => "map",
            Type::Range(_) => "range",
            Type::Record(_) => "record",
            Type::Union(_) => "union",
            Type::Optional(inner) => inner.word(),
            Type::Error => "unknown",
        }
    }
}

fn needs_parentheses(inner: &Type) -> bool {
    match inner {
        Type::Union(members) => members.len() > 1,
        Type::Enum(names) => names.len() > 1,
        _ => false,
    }
}

fn write_separated<T>(
    f: &mut Formatter<'_>,
    items: impl IntoIterator<Item = T>,
    separator: &str,
    mut write_item: impl FnMut(&mut Formatter<'_>, T) -> Result,
) -> Result {
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            f.write_str(separator)?;
        }
        write_item(f, item)?;
    }
    Ok(())
}

fn write_quoted(f: &mut Formatter<'_>, text: &str) -> Result {
    write!(f, "\"{}\"", text.escape_debug())
}

fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|other| other.is_ascii_alphanumeric() || other == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_read_as_an_author_writes_them() {
        let mode = Type::Enum(vec!["a".into(), "b".into()]);
        assert_eq!(mode.to_string(), r#""a" | "b""#);
        assert_eq!(mode.optional().to_string(), r#"("a" | "b")?"#);
        assert_eq!(Type::List(Box::new(Type::Path)).optional().to_string(), "list<path>?");
        assert_eq!(Type::Union(vec![Type::Int, Type::String]).to_string(), "int | string");
        let mut repository = RecordType::default();
        repository.fields.insert("owner".into(), Type::String);
        repository.fields.insert("a-b".into(), Type::Int.optional());
        assert_eq!(Type::Record(repository).to_string(), r#"{"a-b": int?, owner: string}"#);
    }
}
