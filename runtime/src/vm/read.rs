//! Reading places, constants and collections.

use crate::data::ConstantRef;
use crate::json::{Document, Kind, NodeId};
use crate::natives::{Parser, parsed};
use crate::vm::context::Context;
use crate::vm::value::{Place, Stop, Value};
use mcpz_bytecode::ErrorCode;
use mcpz_bytecode::ids::{SymbolId, TypeId};
use mcpz_bytecode::image::{BundleImage, ConstantNode, TypeImage, UrlParts};
use mcpz_bytecode::limits::MAX_COLLECTION;
use mcpz_bytecode::value::{Decimal, net, path, time};

/// Reads the operand of a strict operator: absent and null are errors, a place is read as its type.
pub fn operand<'a>(cx: &Context<'a>, value: Value<'a>) -> Result<Value<'a>, Stop> {
    match value {
        Value::Absent | Value::Null => Err(Stop::Error(ErrorCode::Missing)),
        Value::Unknown => Err(Stop::Unknown),
        Value::Error(code) => Err(Stop::Error(code)),
        Value::Node(place) => read_place(cx, place),
        other => Ok(other),
    }
}

/// A branch that was chosen: absent and null stay, a place is read as its type.
pub fn chosen<'a>(cx: &Context<'a>, value: Value<'a>) -> Value<'a> {
    match value {
        Value::Node(place) => read_place(cx, place).into(),
        other => other,
    }
}

/// The type a JSON value is read as, optional and union resolved; `None` when no member fits.
pub fn resolve<'a>(
    image: &'a BundleImage,
    document: Document<'_>,
    node: NodeId,
    ty: TypeId,
) -> Option<(TypeId, &'a TypeImage)> {
    let mut id = ty;
    // INVARIANT: types only refer to earlier types, so this ends.
    loop {
        match image.types.get(id.index())? {
            TypeImage::Optional(of) => id = *of,
            TypeImage::Union(members) => {
                id = *members.iter().find(|member| json_fits(image, document, node, **member))?;
            }
            resolved => return Some((id, resolved)),
        }
    }
}

/// Whether a JSON value has the JSON type of a type: what `is` asks and how unions choose.
pub fn json_fits(image: &BundleImage, document: Document<'_>, node: NodeId, ty: TypeId) -> bool {
    let kind = document.kind(node);
    match image.types.get(ty.index()) {
        None => false,
        Some(TypeImage::Optional(of)) => kind == Kind::Null || json_fits(image, document, node, *of),
        Some(TypeImage::Union(members)) => members.iter().any(|member| json_fits(image, document, node, *member)),
        Some(TypeImage::Json) => true,
        Some(TypeImage::Null) => kind == Kind::Null,
        Some(TypeImage::Bool) => kind == Kind::Bool,
        Some(TypeImage::Decimal) => kind == Kind::Number,
        Some(TypeImage::Int) => integer(document, node).is_some(),
        Some(TypeImage::List(_) | TypeImage::Set(_)) => kind == Kind::Array,
        Some(TypeImage::Map(_) | TypeImage::Record(_)) => kind == Kind::Object,
        Some(_) => kind == Kind::String,
    }
}

/// Reads a place as its type. Collections stay places, with their type resolved.
pub fn read_place<'a>(cx: &Context<'a>, place: Place) -> Result<Value<'a>, Stop> {
    let (document, node) = (cx.document(place.source), place.node);
    let type_error = Err(Stop::Error(ErrorCode::Type));
    if document.is_null(node) {
        return Ok(Value::Null);
    }
    let Some((id, ty)) = resolve(cx.image(), document, node, place.ty) else {
        return type_error;
    };
    let collection = Ok(Value::Node(Place { ty: id, ..place }));
    match (ty, document.kind(node)) {
        (TypeImage::Json, Kind::Array | Kind::Object)
        | (TypeImage::List(_) | TypeImage::Set(_), Kind::Array)
        | (TypeImage::Map(_) | TypeImage::Record(_), Kind::Object) => collection,
        (TypeImage::Json | TypeImage::Bool, Kind::Bool) => Ok(document.bool(node).map_or(Value::Null, Value::Bool)),
        (TypeImage::Json | TypeImage::Decimal, Kind::Number) => number(document, node),
        (TypeImage::Int, Kind::Number) => match (number(document, node)?, integer(document, node)) {
            (value, Some(_)) => Ok(value),
            (Value::Number(value), None) if is_integral(value) => Err(Stop::Error(ErrorCode::Range)),
            _ => type_error,
        },
        (TypeImage::Json, Kind::String) => Ok(document.str(node).map_or(Value::Null, Value::Text)),
        (textual, Kind::String) => match document.str(node) {
            Some(text) => read_text(cx, text, textual),
            None => type_error,
        },
        _ => type_error,
    }
}

/// A number in the exact domain.
fn number<'a>(document: Document<'a>, node: NodeId) -> Result<Value<'a>, Stop> {
    let units = document.number(node).ok_or(Stop::Error(ErrorCode::Range))?;
    Decimal::from_units(units).map(Value::Number).map_err(|_| Stop::Error(ErrorCode::Range))
}

/// The integral value of a number that fits 64 bits.
pub fn integer(document: Document<'_>, node: NodeId) -> Option<i64> {
    document.integer(node).and_then(|whole| i64::try_from(whole).ok())
}

/// Whether a number has no fraction.
fn is_integral(value: Decimal) -> bool {
    value.units().checked_rem(mcpz_bytecode::value::decimal::ONE) == Some(0)
}

/// Reads text as a type that is written as a JSON string.
fn read_text<'a>(cx: &Context<'a>, text: &'a str, ty: &TypeImage) -> Result<Value<'a>, Stop> {
    let result = match ty {
        TypeImage::String | TypeImage::Enum(_) | TypeImage::Bytes => Ok(Value::Text(text)),
        TypeImage::Path => path::parse_path(text).map(Value::Path),
        TypeImage::Host => return parsed(cx, Parser::Host, text),
        TypeImage::Url => return parsed(cx, Parser::Url, text),
        TypeImage::Ip => net::parse_ip(text).map(Value::Ip),
        TypeImage::Net => net::parse_net(text).map(|(address, length)| Value::Net(address, length)),
        TypeImage::Instant => time::parse_instant(text).map(Value::Instant),
        TypeImage::Date => time::parse_date(text).map(Value::Date),
        TypeImage::Time => time::parse_time(text).map(Value::Time),
        TypeImage::Duration => time::parse_duration(text).map(Value::Duration),
        TypeImage::Weekday => time::parse_weekday(text).map(Value::Weekday),
        _ => Err(ErrorCode::Type),
    };
    result.map_err(Stop::Error)
}

/// The value of a JSON node as a place: null is null.
pub fn place_value<'a>(cx: &Context<'a>, place: Place) -> Value<'a> {
    if cx.document(place.source).is_null(place.node) { Value::Null } else { Value::Node(place) }
}

/// The value of a constant.
pub fn constant(reference: ConstantRef<'_>) -> Value<'_> {
    match reference.get() {
        ConstantNode::Null => Value::Null,
        ConstantNode::Bool(value) => Value::Bool(value),
        ConstantNode::Number(units) => Decimal::from_units(units).map_or_else(Value::Error, Value::Number),
        ConstantNode::String(text) | ConstantNode::Bytes(text) => Value::Text(text),
        ConstantNode::Duration(ms) => Value::Duration(ms),
        ConstantNode::Instant(ms) => Value::Instant(ms),
        ConstantNode::Date(days) => Value::Date(days),
        ConstantNode::Time(seconds) => Value::Time(seconds),
        ConstantNode::Weekday(day) => Value::Weekday(day),
        ConstantNode::Ip(ip) => Value::Ip(ip),
        ConstantNode::Net(address, length) => Value::Net(address, length),
        ConstantNode::Host(text) => Value::Host(text),
        ConstantNode::Url(parts) => Value::Url(parts),
        ConstantNode::Path(text) => Value::Path(text),
        ConstantNode::Segment(id) => Value::Segment(id),
        ConstantNode::Glob { pattern, path_like } => Value::Glob(pattern, path_like),
        ConstantNode::HostPattern(text) => Value::HostPattern(text),
        ConstantNode::Window(window) => Value::Window(window),
        ConstantNode::List(_) | ConstantNode::Set(_) | ConstantNode::Record(_) => Value::Constant(reference),
        // A range is only ever an operand of its own.
        ConstantNode::Range(_) => Value::Error(ErrorCode::Internal),
    }
}

/// `base.name`.
pub fn field<'a>(cx: &Context<'a>, base: Value<'a>, symbol: SymbolId) -> Value<'a> {
    let Some(name) = cx.image().symbols.get(symbol.index()) else {
        return Value::Error(ErrorCode::Internal);
    };
    match base {
        Value::Absent | Value::Null => Value::Absent,
        Value::Unknown | Value::Error(_) => base,
        Value::Node(place) => field_of_place(cx, place, symbol, name),
        other => field_of_value(other, name),
    }
}

/// A field of a JSON value.
fn field_of_place<'a>(cx: &Context<'a>, place: Place, symbol: SymbolId, name: &str) -> Value<'a> {
    let (image, document) = (cx.image(), cx.document(place.source));
    let resolved = resolve(image, document, place.node, place.ty);
    let record = matches!(resolved, Some((_, TypeImage::Json | TypeImage::Map(_) | TypeImage::Record(_))));
    if !record || document.kind(place.node) != Kind::Object {
        return match read_place(cx, place) {
            Ok(Value::Node(_)) => Value::Error(ErrorCode::Type),
            Ok(value) => field_of_value(value, name),
            Err(stop) => Err(stop).into(),
        };
    }
    let ty = match resolved {
        Some((_, TypeImage::Map(of))) => Some(*of),
        Some((_, TypeImage::Record(fields))) => fields.iter().find(|(of, _)| *of == symbol).map(|(_, ty)| *ty),
        Some((id, _)) => Some(id),
        None => None,
    };
    let Some(node) = document.get(place.node, name) else {
        return Value::Absent;
    };
    match ty.or_else(|| json_type(image)) {
        Some(ty) => place_value(cx, Place { node, ty, ..place }),
        None => untyped(document, node),
    }
}

/// The row of `json`, if the bundle has one.
pub fn json_type(image: &BundleImage) -> Option<TypeId> {
    image.types.iter().position(|ty| *ty == TypeImage::Json).map(TypeId::new)
}

/// An undeclared member in a bundle that knows no `json`: scalars as they are.
pub fn untyped<'a>(document: Document<'a>, node: NodeId) -> Value<'a> {
    match document.kind(node) {
        Kind::Null => Value::Null,
        Kind::Bool => document.bool(node).map_or(Value::Null, Value::Bool),
        Kind::Number => number(document, node).into(),
        Kind::String => document.str(node).map_or(Value::Null, Value::Text),
        Kind::Array | Kind::Object => Value::Error(ErrorCode::Type),
    }
}

/// A typed field of a value that is no JSON.
fn field_of_value<'a>(base: Value<'a>, name: &str) -> Value<'a> {
    let int = |value: i64| Value::Number(Decimal::from_int(value));
    match (base, name) {
        (Value::Constant(reference), _) => match reference.get() {
            ConstantNode::Record(fields) => match fields.binary_search_by(|(key, _)| key.as_str().cmp(name)) {
                Ok(at) => fields.get(at).map_or(Value::Absent, |(_, id)| constant(reference.row(*id))),
                Err(_) => Value::Absent,
            },
            _ => Value::Error(ErrorCode::Type),
        },
        (Value::Path(text), "name") => Value::Text(path::name(text)),
        (Value::Path(text), "extension") => Value::Text(path::extension(text)),
        (Value::Path(text), "parent") => Value::Path(path::parent(text)),
        (Value::Path(text), "depth") => int(path::depth(text)),
        (Value::Url(url), _) => url_field(url, name),
        (Value::Sql(facts), "read_only") => Value::Bool(facts.read_only),
        (Value::Sql(facts), "tables") => Value::Texts(&facts.tables),
        (Value::Sql(facts), "statements") => int(facts.statements),
        (Value::Sql(facts), "kind") => Value::Text(&facts.kind),
        _ => Value::Error(ErrorCode::Type),
    }
}

/// A field of a URL.
fn url_field<'a>(url: &'a UrlParts, name: &str) -> Value<'a> {
    match name {
        "scheme" => Value::Text(&url.scheme),
        "host" => url.host.as_deref().map_or(Value::Absent, Value::Host),
        "port" => url.port.map_or(Value::Absent, |port| Value::Number(Decimal::from_int(i64::from(port)))),
        "path" => Value::Text(&url.path),
        "query" => url.query.as_deref().map_or(Value::Absent, Value::Text),
        "username" => url.username.as_deref().map_or(Value::Absent, Value::Text),
        _ => Value::Error(ErrorCode::Type),
    }
}

/// What kind of collection a value that has been read is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Ordered elements.
    List,
    /// Elements of which order and number are of no account.
    Set,
    /// Named members.
    Record,
}

/// The shape and size of a collection; `None` when the value is none.
pub fn shape(cx: &Context<'_>, value: Value<'_>) -> Option<(Shape, usize)> {
    match value {
        Value::Node(place) => {
            let document = cx.document(place.source);
            let shape = match (cx.image().types.get(place.ty.index()), document.kind(place.node)) {
                (Some(TypeImage::Set(_)), Kind::Array) => Shape::Set,
                (_, Kind::Array) => Shape::List,
                (_, Kind::Object) => Shape::Record,
                _ => return None,
            };
            Some((shape, document.size(place.node)))
        }
        Value::Constant(reference) => match reference.get() {
            ConstantNode::List(rows) => Some((Shape::List, rows.len())),
            ConstantNode::Set(rows) => Some((Shape::Set, rows.len())),
            ConstantNode::Record(fields) => Some((Shape::Record, fields.len())),
            _ => None,
        },
        Value::Split(text, separator) => Some((Shape::List, text.split(separator.as_str()).count())),
        Value::Texts(texts) => Some((Shape::List, texts.len())),
        Value::Places(places) => Some((Shape::List, places.len())),
        Value::Run(_, count) => Some((Shape::List, count)),
        _ => None,
    }
}

/// Fails when a collection of the request is longer than the limit. What stands in the program or
/// its data is as long as its author made it.
pub fn bounded(value: Value<'_>, size: usize) -> Result<(), Stop> {
    let own = matches!(value, Value::Constant(_) | Value::Run(..));
    if own || size <= MAX_COLLECTION { Ok(()) } else { Err(Stop::Error(ErrorCode::TooLong)) }
}
