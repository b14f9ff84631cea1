//! The functions of the language: name, parameters, result. One table.

use crate::hir::{Native, ParameterKind, SqlDialect};
use crate::types::Type;

/// What a function takes beside its subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Second {
    /// Nothing.
    None,
    /// A separator: a non-empty string literal.
    Separator,
    /// An IANA time zone.
    Zone,
    /// A dialect of SQL, as a bare word.
    Dialect,
}

/// One function.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Function {
    /// Its name.
    pub name: &'static str,
    /// How it is written, for help.
    pub signature: &'static str,
    /// What it is given.
    pub subject: Subject,
    /// What else.
    pub second: Second,
}

/// The type of a function's subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// Text of any kind.
    Text,
    /// A string that is parsed.
    Parsed,
    /// An instant.
    Instant,
    /// A list, set or map.
    Collection,
    /// The word `args`.
    Arguments(ParameterKind),
    /// Named arguments only: `window`, `dates`.
    Named,
}

const fn row(name: &'static str, signature: &'static str, subject: Subject, second: Second) -> Function {
    Function { name, signature, subject, second }
}

/// Every function, by name.
pub(crate) const FUNCTIONS: [Function; 21] = [
    row("count", "count(collection)", Subject::Collection, Second::None),
    row("date", "date(instant, \"Zone/City\")", Subject::Instant, Second::Zone),
    row("dates", "dates(2026-03-01..=2026-03-31, zone: \"Zone/City\")", Subject::Named, Second::None),
    row("host", "host(string)", Subject::Parsed, Second::None),
    row("hosts", "hosts(args)", Subject::Arguments(ParameterKind::Hosts), Second::None),
    row("instant", "instant(string)", Subject::Parsed, Second::None),
    row("ip", "ip(string)", Subject::Parsed, Second::None),
    row("len", "len(string)", Subject::Text, Second::None),
    row("lower", "lower(string)", Subject::Text, Second::None),
    row("path", "path(string)", Subject::Parsed, Second::None),
    row("paths", "paths(args)", Subject::Arguments(ParameterKind::Paths), Second::None),
    row("split", "split(string, \"separator\")", Subject::Text, Second::Separator),
    row("sql", "sql(string, postgres)", Subject::Parsed, Second::Dialect),
    row("strings", "strings(args)", Subject::Arguments(ParameterKind::Strings), Second::None),
    row("time", "time(instant, \"Zone/City\")", Subject::Instant, Second::Zone),
    row("trim", "trim(string)", Subject::Text, Second::None),
    row("upper", "upper(string)", Subject::Text, Second::None),
    row("url", "url(string)", Subject::Parsed, Second::None),
    row("urls", "urls(args)", Subject::Arguments(ParameterKind::Urls), Second::None),
    row("weekday", "weekday(instant, \"Zone/City\")", Subject::Instant, Second::Zone),
    row("window", "window(zone: \"Zone/City\", days: [\"mon\"], hours: 09:00..17:00)", Subject::Named, Second::None),
];

/// The function of this name.
pub(crate) fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// What a function of one subject makes, and of which type. `second` is its other argument.
pub(crate) fn native(name: &str, second: Option<String>, dialect: SqlDialect) -> Option<(Native, Type)> {
    let second = second.unwrap_or_default();
    Some(match name {
        "len" => (Native::Len, Type::Int),
        "lower" => (Native::Lower, Type::String),
        "upper" => (Native::Upper, Type::String),
        "trim" => (Native::Trim, Type::String),
        "split" => (Native::Split(second), Type::List(Box::new(Type::String))),
        "path" => (Native::Path, Type::Path),
        "url" => (Native::Url, Type::Url),
        "host" => (Native::Host, Type::Host),
        "ip" => (Native::Ip, Type::Ip),
        "instant" => (Native::Instant, Type::Instant),
        "weekday" => (Native::Weekday(second), Type::Weekday),
        "date" => (Native::Date(second), Type::Date),
        "time" => (Native::Time(second), Type::Time),
        "sql" => (Native::Sql(dialect), Type::Sql),
        _ => return None,
    })
}

/// The SQL dialects by name.
pub(crate) const DIALECTS: [(&str, SqlDialect); 4] = [
    ("ansi", SqlDialect::Ansi),
    ("mysql", SqlDialect::Mysql),
    ("postgres", SqlDialect::Postgres),
    ("sqlite", SqlDialect::Sqlite),
];
