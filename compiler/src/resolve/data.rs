//! `data`: typed values from JSON files, checked element by element.

use super::items::Items;
use super::json::{self, Json};
use super::{Place, Placed, issuers, types};
use crate::check::literal;
use crate::diagnostics::codes::{e0207, e0212, e0213};
use crate::diagnostics::{Diagnostic, suggest};
use crate::hir::{Data, Literal, Span};
use crate::package::{Loaded, limits, stays_inside};
use crate::source::ReadError;
use crate::types::{RecordType, Type};
use mcpz_syntax::ast::{self, AstNode, StringLiteral};
use smol_str::SmolStr;

/// Reads every data declaration with its file.
pub fn read(items: &Items, loaded: &Loaded, sink: &mut Vec<Diagnostic>) -> Vec<Data> {
    items.data.iter().map(|item| data(item, loaded, sink)).collect()
}

/// One declaration.
fn data(item: &Placed<ast::Data>, loaded: &Loaded, sink: &mut Vec<Diagnostic>) -> Data {
    let place = item.place;
    let (name, span) = issuers::name_span(place, item.ast.name(), &item.ast);
    let written = item.ast.ty();
    let ty = written.as_ref().map_or(Type::Error, |ty| types::type_of(place, ty, sink));
    let file = item.ast.file();
    let path = file.as_ref().map(|file| file.text().to_owned()).unwrap_or_default();
    let mut data = Data { name, package: place.package, ty, path, value: Literal::Null, span };
    let Some(file) = file else { return data };
    let Some(bytes) = read_file(place, &file, "data", loaded, sink) else { return data };
    let ty_span = written.map_or(span, |ty| place.span(ty.range()));
    let file_span = place.span(file.range);
    if let Some(value) = value(&bytes, &data.ty, file.text(), (file_span, ty_span), sink) {
        data.value = value;
    }
    data
}

/// The value of a file, checked against its type.
fn value(bytes: &[u8], ty: &Type, path: &str, spans: (Span, Span), sink: &mut Vec<Diagnostic>) -> Option<Literal> {
    let (file_span, ty_span) = spans;
    let Ok(text) = std::str::from_utf8(bytes) else {
        sink.push(e0212::data_malformed(file_span, path, "it is not UTF-8"));
        return None;
    };
    let json = match json::parse(text) {
        Ok(json) => json,
        Err(message) => {
            sink.push(e0212::data_malformed(file_span, path, &message));
            return None;
        }
    };
    match typed(&json, ty, &mut Pointer::default()) {
        Ok(value) => Some(value),
        Err(fault) => {
            sink.push(e0213::data_type(ty_span, path, &fault.pointer, &fault.message));
            None
        }
    }
}

/// Reads a file that a declaration names, or reports why not.
pub fn read_file(
    place: Place,
    file: &StringLiteral,
    kind: &str,
    loaded: &Loaded,
    sink: &mut Vec<Diagnostic>,
) -> Option<Vec<u8>> {
    let span = place.span(file.range);
    let path = file.text();
    let package = loaded.packages.get(place.package.index())?;
    let near = |folder: &str| {
        let files = package.provider.list(folder).unwrap_or_default();
        suggest::nearest(path, files)
    };
    if !stays_inside(path) {
        sink.push(e0207::file_missing(span, kind, path, "is not inside the package", None));
        return None;
    }
    match package.provider.read(path) {
        Ok(bytes) if bytes.len() <= limits::MAX_DATA_BYTES => Some(bytes),
        Ok(_) => {
            sink.push(e0207::file_missing(span, kind, path, "is too large", None));
            None
        }
        Err(ReadError::NotFound) => {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let near = near(folder).or_else(|| near(if kind == "catalog" { "catalog" } else { "data" }));
            sink.push(e0207::file_missing(span, kind, path, "is not there", near.as_deref()));
            None
        }
        Err(ReadError::Failed(reason)) => {
            sink.push(e0207::file_missing(span, kind, path, &format!("could not be read: {reason}"), None));
            None
        }
    }
}

/// A value that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// Where: a JSON pointer.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
}

/// The way to a value.
#[derive(Default)]
pub struct Pointer(Vec<String>);

impl Pointer {
    fn inside<T>(&mut self, step: String, run: impl FnOnce(&mut Pointer) -> T) -> T {
        self.0.push(step);
        let result = run(self);
        self.0.pop();
        result
    }

    fn misfit(&self, message: String) -> Misfit {
        let escaped = self.0.iter().map(|step| step.replace('~', "~0").replace('/', "~1"));
        Misfit { pointer: escaped.map(|step| format!("/{step}")).collect(), message }
    }
}

/// The literal that a JSON value is at a place of a type.
pub fn typed(json: &Json, ty: &Type, at: &mut Pointer) -> Result<Literal, Misfit> {
    match (json, ty) {
        (_, Type::Error) => Ok(Literal::Null),
        (_, Type::Json) => untyped(json, at),
        (Json::Null, Type::Null | Type::Optional(_)) => Ok(Literal::Null),
        (_, Type::Optional(inner)) => typed(json, inner, at),
        (_, Type::Union(members)) => one_of(json, members, at),
        (Json::Bool(value), Type::Bool) => Ok(Literal::Bool(*value)),
        (Json::Number(token), Type::Int | Type::Decimal) => number(token, ty, at),
        (Json::String(text), _) if ty.is_text_place() => text_value(text, ty, at),
        (Json::Array(items), Type::List(element)) => elements(items, element, at).map(Literal::List),
        (Json::Array(items), Type::Set(element)) => {
            let mut values = elements(items, element, at)?;
            let mut seen = std::collections::BTreeSet::new();
            values.retain(|value| seen.insert(value.clone()));
            Ok(Literal::List(values))
        }
        (Json::Object(members), Type::Map(element)) => {
            let member = |(key, value): (&String, &Json)| {
                let value = at.inside(key.clone(), |at| typed(value, element, at))?;
                Ok((SmolStr::new(key), value))
            };
            members.iter().map(member).collect::<Result<_, _>>().map(Literal::Record)
        }
        (Json::Object(members), Type::Record(record)) => record_value(members, record, at),
        _ => Err(at.misfit(format!("{} is wanted, and this is {}", wanted(ty), json.word()))),
    }
}

/// A type with its article.
fn wanted(ty: &Type) -> String {
    let text = ty.to_string();
    let vowel = text.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} `{text}`", if vowel { "an" } else { "a" })
}

/// The elements of an array.
fn elements(items: &[Json], element: &Type, at: &mut Pointer) -> Result<Vec<Literal>, Misfit> {
    items.iter().enumerate().map(|(index, item)| at.inside(index.to_string(), |at| typed(item, element, at))).collect()
}

/// The first member of a union that fits.
fn one_of(json: &Json, members: &[Type], at: &mut Pointer) -> Result<Literal, Misfit> {
    let fits = members.iter().find_map(|member| typed(json, member, at).ok());
    fits.ok_or_else(|| {
        let words: Vec<String> = members.iter().map(ToString::to_string).collect();
        at.misfit(format!("`{}` is wanted, and this is {}", words.join(" | "), json.word()))
    })
}

/// An exact number.
fn number(token: &str, ty: &Type, at: &Pointer) -> Result<Literal, Misfit> {
    let Some(scaled) = json::scaled(token) else {
        return Err(
            at.misfit(format!("`{token}` is outside the exact numbers: 18 digits after the point, below 10^20"))
        );
    };
    if *ty == Type::Decimal {
        return Ok(Literal::Decimal(scaled));
    }
    let unit = 10_i128.pow(18);
    let whole = (scaled % unit == 0).then(|| i64::try_from(scaled / unit).ok()).flatten();
    whole.map(Literal::Int).ok_or_else(|| at.misfit(format!("an `int` is wanted, and `{token}` is none")))
}

/// A string at a place of a type.
fn text_value(text: &str, ty: &Type, at: &Pointer) -> Result<Literal, Misfit> {
    literal::parse(text, ty).map_err(|error| at.misfit(error.message))
}

/// The fields of a record; absent optional ones are left out.
fn record_value(
    members: &std::collections::BTreeMap<String, Json>,
    record: &RecordType,
    at: &mut Pointer,
) -> Result<Literal, Misfit> {
    if let Some(extra) = members.keys().find(|key| !record.fields.contains_key(key.as_str()) && !record.open) {
        let near = suggest::nearest(extra, record.fields.keys());
        let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        return Err(at.misfit(format!("the type has no field `{extra}`{hint}")));
    }
    let mut fields = Vec::new();
    for (name, ty) in &record.fields {
        match members.get(name.as_str()) {
            Some(value) => {
                let value = at.inside(name.to_string(), |at| typed(value, ty, at))?;
                fields.push((name.clone(), value));
            }
            None if ty.is_optional() => {}
            None => return Err(at.misfit(format!("field `{name}` is missing"))),
        }
    }
    Ok(Literal::Record(fields))
}

/// A value as it is.
fn untyped(json: &Json, at: &mut Pointer) -> Result<Literal, Misfit> {
    match json {
        Json::Null => Ok(Literal::Null),
        Json::Bool(value) => Ok(Literal::Bool(*value)),
        Json::Number(token) => number(token, &Type::Int, at).or_else(|_| number(token, &Type::Decimal, at)),
        Json::String(text) => Ok(Literal::String(text.clone())),
        Json::Array(items) => elements(items, &Type::Json, at).map(Literal::List),
        Json::Object(members) => {
            let member = |(key, value): (&String, &Json)| {
                Ok((SmolStr::new(key), at.inside(key.clone(), |at| untyped(value, at))?))
            };
            members.iter().map(member).collect::<Result<_, _>>().map(Literal::Record)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(text: &str, ty: &Type) -> Result<Literal, Misfit> {
        typed(&json::parse(text).unwrap(), ty, &mut Pointer::default())
    }

    #[test]
    fn values_take_the_type_of_their_place() {
        let set = Type::Set(Box::new(Type::String));
        let list = Literal::List(vec![Literal::String("a".into()), Literal::String("b".into())]);
        assert_eq!(fit("[\"a\", \"b\", \"a\"]", &set), Ok(list));
        assert_eq!(fit("[1.0]", &Type::List(Box::new(Type::Int))), Ok(Literal::List(vec![Literal::Int(1)])));
        let fields = [(SmolStr::new("owner"), Type::String), (SmolStr::new("note"), Type::String.optional())];
        let record = Type::Record(RecordType { fields: fields.into_iter().collect(), open: false });
        let owner = Literal::Record(vec![("owner".into(), Literal::String("x".into()))]);
        assert_eq!(fit("{\"owner\": \"x\"}", &record), Ok(owner));
    }

    #[test]
    fn misfits_say_where() {
        let set = Type::Set(Box::new(Type::Int));
        let misfit = fit("[443, \"8443\"]", &set).unwrap_err();
        assert_eq!(
            (misfit.pointer.as_str(), misfit.message.as_str()),
            ("/1", "an `int` is wanted, and this is a string")
        );
    }
}
