//! Values, how JSON is read as them, and how they compare (docs/semantics.md, sections 2 and 3).

use crate::exact;
use crate::json::Json;
use crate::text::web::WebUrl;
use crate::text::{address, clock, host, path, sql::SqlFacts, web};
use mcpz_compiler::hir::{Literal, SegmentId, Window};
use mcpz_compiler::types::Type;
use mcpz_runtime::decision::ErrorCode;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Why there is no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It could not be evaluated.
    Error(ErrorCode),
    /// It is not known at list time.
    Unknown,
}

impl Stop {
    /// What remains when two operands stop: the least error, else unknown.
    pub fn merge(self, other: Stop) -> Stop {
        match (self, other) {
            (Stop::Error(a), Stop::Error(b)) => Stop::Error(a.min(b)),
            (Stop::Error(code), _) | (_, Stop::Error(code)) => Stop::Error(code),
            (Stop::Unknown, Stop::Unknown) => Stop::Unknown,
        }
    }
}

/// The value of one element: elements stop one by one.
pub type Item = Result<Value, Stop>;

/// A value as operators see it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`, only inside other values.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number times 10^18.
    Number(i128),
    /// A string or an enum.
    Text(String),
    /// Milliseconds.
    Duration(i64),
    /// Milliseconds since the epoch.
    Instant(i64),
    /// Days since the epoch.
    Date(i32),
    /// Seconds since midnight.
    Time(u32),
    /// 0 is Monday.
    Weekday(u8),
    /// An address, unwrapped.
    Ip(IpAddr),
    /// A network.
    Net(IpAddr, u8),
    /// A host, canonical.
    Host(String),
    /// A URL.
    Url(Box<WebUrl>),
    /// The components of a path.
    Path(Vec<String>),
    /// A segment.
    Segment(SegmentId),
    /// A glob; `true` when `*` stops at `/`.
    Glob(String, bool),
    /// A host pattern.
    HostPattern(String),
    /// A regular expression.
    Regex(String),
    /// A time window.
    Window(Window),
    /// A list.
    List(Vec<Item>),
    /// A set.
    Set(Vec<Item>),
    /// A record or map.
    Record(BTreeMap<String, Item>),
    /// A range.
    Range(Option<Box<Value>>, Option<Box<Value>>, bool),
    /// What `sql` made of a statement.
    Sql(SqlFacts),
}

/// What stands at a place: JSON not read yet, or a value that was typed from the start.
#[derive(Debug, Clone, PartialEq)]
pub enum Datum {
    /// As it came.
    Json(Json),
    /// As made by the program.
    Typed(Value),
}

impl Datum {
    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Datum::Json(Json::Null) | Datum::Typed(Value::Null))
    }

    /// The value of the place's type.
    pub fn read(&self, ty: &Type) -> Item {
        match self {
            Datum::Typed(value) => Ok(value.clone()),
            Datum::Json(json) => read(json, ty),
        }
    }
}

/// An error stop.
pub fn error<T>(code: ErrorCode) -> Result<T, Stop> {
    Err(Stop::Error(code))
}

/// Reads JSON as a value of a type. Null inside other values stays null.
pub fn read(json: &Json, ty: &Type) -> Item {
    if *json == Json::Null {
        return Ok(Value::Null);
    }
    match ty.required() {
        Type::Json => read_any(json),
        Type::Union(members) => match members.iter().find(|member| json_type_fits(json, member)) {
            Some(member) => read(json, member),
            None => error(ErrorCode::Type),
        },
        Type::Bool => match json {
            Json::Bool(value) => Ok(Value::Bool(*value)),
            _ => error(ErrorCode::Type),
        },
        Type::Int | Type::Decimal => read_number(json, ty.required()),
        Type::List(element) => read_array(json, element).map(Value::List),
        Type::Set(element) => read_array(json, element).map(Value::Set),
        Type::Map(_) | Type::Record(_) => read_object(json, ty.required()),
        textual => match json {
            Json::String(text) => read_text(text, textual),
            _ => error(ErrorCode::Type),
        },
    }
}

fn read_any(json: &Json) -> Item {
    match json {
        Json::Null => Ok(Value::Null),
        Json::Bool(value) => Ok(Value::Bool(*value)),
        Json::Number(scaled) => Ok(Value::Number(*scaled)),
        Json::String(text) => Ok(Value::Text(text.clone())),
        Json::Array(_) => read_array(json, &Type::Json).map(Value::List),
        Json::Object(_) => read_object(json, &Type::Map(Box::new(Type::Json))),
    }
}

fn read_number(json: &Json, ty: &Type) -> Item {
    let Json::Number(scaled) = json else {
        return error(ErrorCode::Type);
    };
    if *ty == Type::Decimal {
        return Ok(Value::Number(*scaled));
    }
    let Some(whole) = exact::integral(*scaled) else {
        return error(ErrorCode::Type);
    };
    if i64::try_from(whole).is_err() {
        return error(ErrorCode::Range);
    }
    Ok(Value::Number(*scaled))
}

fn read_array(json: &Json, element: &Type) -> Result<Vec<Item>, Stop> {
    match json {
        Json::Array(items) => Ok(items.iter().map(|item| read(item, element)).collect()),
        _ => error(ErrorCode::Type),
    }
}

fn read_object(json: &Json, ty: &Type) -> Item {
    let Json::Object(members) = json else {
        return error(ErrorCode::Type);
    };
    let field = |name: &str| match ty {
        Type::Map(element) => (**element).clone(),
        Type::Record(record) => record.fields.get(name).cloned().unwrap_or(Type::Json),
        _ => Type::Json,
    };
    Ok(Value::Record(members.iter().map(|(name, value)| (name.clone(), read(value, &field(name)))).collect()))
}

/// Types that are written as JSON strings.
fn read_text(text: &str, ty: &Type) -> Item {
    let (value, code) = match ty {
        Type::String | Type::Enum(_) | Type::Bytes => (Some(Value::Text(text.to_string())), ErrorCode::Type),
        Type::Path => (path::parse(text).map(Value::Path), ErrorCode::Path),
        Type::Url => (web::parse(text).map(|url| Value::Url(Box::new(url))), ErrorCode::Url),
        Type::Host => (host::parse(text).map(Value::Host), ErrorCode::Host),
        Type::Ip => (address::parse(text).map(Value::Ip), ErrorCode::Ip),
        Type::Net => (address::parse_net(text).map(|(base, length)| Value::Net(base, length)), ErrorCode::Ip),
        Type::Instant => (clock::parse_instant(text).map(Value::Instant), ErrorCode::Time),
        Type::Date => (clock::parse_date(text).map(Value::Date), ErrorCode::Time),
        Type::Time => (clock::parse_time(text).map(Value::Time), ErrorCode::Time),
        Type::Duration => (clock::parse_duration(text).map(Value::Duration), ErrorCode::Time),
        Type::Weekday => (clock::parse_weekday(text).map(Value::Weekday), ErrorCode::Time),
        _ => (None, ErrorCode::Type),
    };
    value.ok_or(Stop::Error(code))
}

/// Whether a JSON value has the JSON type of a type: what `is` asks and how unions choose.
pub fn json_type_fits(json: &Json, ty: &Type) -> bool {
    match ty {
        Type::Optional(inner) => *json == Json::Null || json_type_fits(json, inner),
        Type::Union(members) => members.iter().any(|member| json_type_fits(json, member)),
        Type::Json => true,
        Type::Null => *json == Json::Null,
        Type::Bool => matches!(json, Json::Bool(_)),
        Type::Decimal => matches!(json, Json::Number(_)),
        Type::Int => match json {
            Json::Number(scaled) => exact::integral(*scaled).is_some_and(|whole| i64::try_from(whole).is_ok()),
            _ => false,
        },
        Type::List(_) | Type::Set(_) => matches!(json, Json::Array(_)),
        Type::Map(_) | Type::Record(_) => matches!(json, Json::Object(_)),
        _ => matches!(json, Json::String(_)),
    }
}

/// The value of a literal. A literal list is a set when its type says so.
pub fn from_literal(literal: &Literal, ty: &Type) -> Value {
    match literal {
        Literal::Null => Value::Null,
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Int(value) => Value::Number(exact::from_int(*value)),
        Literal::Decimal(scaled) => Value::Number(*scaled),
        Literal::String(text) => Value::Text(text.clone()),
        Literal::Duration(ms) => Value::Duration(*ms),
        Literal::Instant(ms) => Value::Instant(*ms),
        Literal::Date(days) => Value::Date(*days),
        Literal::Time(seconds) => Value::Time(*seconds),
        Literal::Weekday(day) => Value::Weekday(*day),
        Literal::Ip(ip) => Value::Ip(address::unwrap(*ip)),
        Literal::Net(base, length) => Value::Net(*base, *length),
        Literal::Host(text) => Value::Host(text.clone()),
        Literal::Url(text) => web::parse(text).map_or(Value::Null, |url| Value::Url(Box::new(url))),
        Literal::Path(text) => path::parse(text).map_or(Value::Null, Value::Path),
        Literal::Segment(id) => Value::Segment(*id),
        Literal::Glob { pattern, path_like } => Value::Glob(pattern.clone(), *path_like),
        Literal::HostPattern(text) => Value::HostPattern(text.clone()),
        Literal::Regex(text) => Value::Regex(text.clone()),
        Literal::Window(window) => Value::Window(window.clone()),
        Literal::List(items) => literal_list(items, ty),
        Literal::Record(fields) => literal_record(fields, ty),
    }
}

fn literal_list(items: &[Literal], ty: &Type) -> Value {
    match ty.required() {
        Type::Set(element) => Value::Set(items.iter().map(|item| Ok(from_literal(item, element))).collect()),
        Type::List(element) => Value::List(items.iter().map(|item| Ok(from_literal(item, element))).collect()),
        _ => Value::List(items.iter().map(|item| Ok(from_literal(item, &Type::Json))).collect()),
    }
}

fn literal_record(fields: &[(smol_str::SmolStr, Literal)], ty: &Type) -> Value {
    let field = |name: &str| match ty.required() {
        Type::Map(element) => (**element).clone(),
        Type::Record(record) => record.fields.get(name).cloned().unwrap_or(Type::Json),
        _ => Type::Json,
    };
    Value::Record(
        fields.iter().map(|(name, value)| (name.to_string(), Ok(from_literal(value, &field(name))))).collect(),
    )
}

/// Equality. Values of different kinds are unequal; elements in error stop it.
pub fn equal(a: &Value, b: &Value) -> Result<bool, Stop> {
    match (a, b) {
        (Value::List(left), Value::List(right)) => {
            let (left, right) = both(strict(left), strict(right))?;
            all_equal(&left, &right)
        }
        (Value::List(left) | Value::Set(left), Value::List(right) | Value::Set(right)) => {
            let (left, right) = both(strict(left), strict(right))?;
            Ok(subset(&left, &right)? && subset(&right, &left)?)
        }
        (Value::Record(left), Value::Record(right)) => {
            let (left_values, right_values) = both(strict(left.values()), strict(right.values()))?;
            Ok(left.keys().eq(right.keys()) && all_equal(&left_values, &right_values)?)
        }
        (Value::Text(_), _) | (_, Value::Text(_)) => Ok(text_of(a).is_some() && text_of(a) == text_of(b)),
        _ => Ok(a == b),
    }
}

/// The text of a value that is text: a string, or a path, host or URL in canonical form.
pub fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) | Value::Host(text) => Some(text.clone()),
        Value::Path(parts) => Some(path::text(parts)),
        Value::Url(url) => Some(url.text.clone()),
        _ => None,
    }
}

/// `is` of a value that was typed from the start.
pub fn kind_fits(value: &Value, ty: &Type) -> bool {
    match ty {
        Type::Optional(inner) => *value == Value::Null || kind_fits(value, inner),
        Type::Union(members) => members.iter().any(|member| kind_fits(value, member)),
        Type::Json => true,
        Type::Null => *value == Value::Null,
        Type::Bool => matches!(value, Value::Bool(_)),
        Type::Decimal => matches!(value, Value::Number(_)),
        Type::Int => match value {
            Value::Number(scaled) => exact::integral(*scaled).is_some_and(|whole| i64::try_from(whole).is_ok()),
            _ => false,
        },
        Type::List(_) | Type::Set(_) => matches!(value, Value::List(_) | Value::Set(_)),
        Type::Map(_) | Type::Record(_) => matches!(value, Value::Record(_)),
        Type::Duration => matches!(value, Value::Duration(_)),
        Type::Instant => matches!(value, Value::Instant(_)),
        _ => text_of(value).is_some(),
    }
}

fn all_equal(left: &[Value], right: &[Value]) -> Result<bool, Stop> {
    let mut same = left.len() == right.len();
    for (a, b) in left.iter().zip(right) {
        same &= equal(a, b)?;
    }
    Ok(same)
}

fn subset(inner: &[Value], outer: &[Value]) -> Result<bool, Stop> {
    for item in inner {
        let mut found = false;
        for candidate in outer {
            found |= equal(item, candidate)?;
        }
        if !found {
            return Ok(false);
        }
    }
    Ok(true)
}

/// All elements, or the merged stop of those that have no value. Errors nested deeper surface too.
pub fn strict<'a>(items: impl IntoIterator<Item = &'a Item>) -> Result<Vec<Value>, Stop> {
    let mut values = Vec::new();
    let mut stop: Option<Stop> = None;
    for item in items {
        match item {
            Ok(value) => match nested_stop(value) {
                None => values.push(value.clone()),
                Some(found) => stop = Some(stop.map_or(found, |before| before.merge(found))),
            },
            Err(found) => stop = Some(stop.map_or(*found, |before| before.merge(*found))),
        }
    }
    stop.map_or(Ok(values), Err)
}

fn nested_stop(value: &Value) -> Option<Stop> {
    match value {
        Value::List(items) | Value::Set(items) => strict(items).err(),
        Value::Record(fields) => strict(fields.values()).err(),
        _ => None,
    }
}

/// Both results, or the merged stop.
pub fn both<A, B>(a: Result<A, Stop>, b: Result<B, Stop>) -> Result<(A, B), Stop> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(a), Err(b)) => Err(a.merge(b)),
        (Err(stop), _) | (_, Err(stop)) => Err(stop),
    }
}

/// Order of two values of one ordered kind.
pub fn order(a: &Value, b: &Value) -> Result<Ordering, Stop> {
    Ok(match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.cmp(b),
        (Value::Duration(a), Value::Duration(b)) | (Value::Instant(a), Value::Instant(b)) => a.cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Time(a), Value::Time(b)) => a.cmp(b),
        (Value::Weekday(a), Value::Weekday(b)) => a.cmp(b),
        _ => match (text_of(a), text_of(b)) {
            (Some(a), Some(b)) => a.chars().cmp(b.chars()),
            _ => return error(ErrorCode::Type),
        },
    })
}
