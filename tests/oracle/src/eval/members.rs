//! Fields, membership and quantifiers.

use super::{Binding, Eval, Scope, as_eval, int, text, typed};
use crate::exact;
use crate::json::Json;
use crate::text::{address, clock, host, path};
use crate::truth::Truth;
use crate::value::{self, Datum, Item, Stop, Value, error};
use mcpz_compiler::hir::{Expr, ExprKind, Program, Quantifier, Root, SegmentId, VarId};
use mcpz_compiler::types::Type;
use mcpz_runtime::decision::ErrorCode;
use std::cmp::Ordering;

/// Longer collections are an error, unless they stand in the program or its data.
const MAX_COLLECTION: usize = 4096;

impl Scope<'_> {
    /// `base.name`.
    pub(super) fn field(&self, base: &Expr, name: &str) -> Eval {
        let Some(datum) = self.eval(base)? else {
            return Ok(None);
        };
        if datum.is_null() {
            return Ok(None);
        }
        match datum {
            Datum::Json(Json::Object(members)) if has_fields(&base.ty) => {
                Ok(members.into_iter().find(|(key, _)| key == name).map(|(_, value)| Datum::Json(value)))
            }
            datum => match datum.read(&base.ty)? {
                Value::Record(mut fields) => fields.remove(name).transpose().map(|found| found.map(Datum::Typed)),
                typed => field_of(&typed, name),
            },
        }
    }

    /// `[a, b]`: an absent or null element is an element in error.
    pub(super) fn list(&self, items: &[Expr]) -> Eval {
        typed(Ok(Value::List(items.iter().map(|item| self.operand(item)).collect())))
    }

    /// `a in b`.
    pub(super) fn contained(&self, a: &Expr, b: &Expr) -> Eval {
        let (item, collection) = self.operands(a, b)?;
        as_eval(member(self.world.program, &item, &collection, is_program_data(b)))
    }

    /// `a contains b`: membership turned round, or the substring test.
    pub(super) fn contains(&self, a: &Expr, b: &Expr) -> Eval {
        let (collection, item) = self.operands(a, b)?;
        match (value::text_of(&collection), value::text_of(&item)) {
            (Some(whole), Some(part)) => typed(Ok(Value::Bool(whole.contains(&part)))),
            (Some(_), None) => error(ErrorCode::Type),
            _ => as_eval(member(self.world.program, &item, &collection, is_program_data(a))),
        }
    }

    /// `count(xs)`.
    pub(super) fn count_of(&self, xs: &Expr) -> Item {
        let operand = self.operand(xs)?;
        let as_it_came = match &operand {
            Value::List(items) | Value::Set(items) => items.len(),
            Value::Record(fields) => fields.len(),
            _ => return error(ErrorCode::Type),
        };
        if as_it_came > MAX_COLLECTION && !is_program_data(xs) {
            return error(ErrorCode::TooLong);
        }
        let length = match operand {
            Value::Set(items) => distinct(&items)?,
            _ => as_it_came,
        };
        Ok(Value::Number(i128::try_from(length).unwrap_or(i128::MAX) * exact::ONE))
    }

    /// `all(x in xs: c)`, `any(x in xs: c)`.
    pub(super) fn quantified(&self, quantifier: Quantifier, var: VarId, over: &Expr, body: &Expr) -> Eval {
        let elements = self.elements(over)?;
        if elements.len() > MAX_COLLECTION {
            return error(ErrorCode::TooLong);
        }
        let truths = elements.into_iter().map(|element| self.bind(var, element).truth(body));
        as_eval(match quantifier {
            Quantifier::All => Truth::all(truths),
            Quantifier::Any => Truth::any(truths),
        })
    }

    /// The elements of a collection, each with where it comes from. JSON elements stay JSON: the
    /// binder's uses read them.
    pub(super) fn elements(&self, over: &Expr) -> Result<Vec<Binding>, Stop> {
        if let ExprKind::Collect(kind) = &over.kind {
            return self.collect(*kind);
        }
        let pointer = self.pointer(over);
        let below = |key: &str| pointer.as_ref().map(|base| super::collect::step(base, key));
        let binding = |key: &str, value: Eval| Binding { value, pointer: below(key) };
        let datum = self.eval(over)?.filter(|datum| !datum.is_null()).ok_or(Stop::Error(ErrorCode::Missing))?;
        match datum {
            Datum::Json(Json::Array(items)) if is_list(&over.ty) => Ok(items
                .into_iter()
                .enumerate()
                .map(|(at, item)| binding(&at.to_string(), Ok(Some(Datum::Json(item)))))
                .collect()),
            Datum::Json(Json::Object(members)) if has_fields(&over.ty) => {
                Ok(members.into_iter().map(|(key, item)| binding(&key, Ok(Some(Datum::Json(item))))).collect())
            }
            datum => match datum.read(&over.ty)? {
                Value::List(items) | Value::Set(items) => {
                    Ok(items.into_iter().enumerate().map(|(at, item)| binding(&at.to_string(), typed(item))).collect())
                }
                Value::Record(fields) => Ok(fields.into_iter().map(|(key, item)| binding(&key, typed(item))).collect()),
                _ => error(ErrorCode::Type),
            },
        }
    }
}

fn is_list(ty: &Type) -> bool {
    matches!(ty.required(), Type::List(_) | Type::Set(_) | Type::Json)
}

fn has_fields(ty: &Type) -> bool {
    match ty.required() {
        Type::Record(_) | Type::Map(_) | Type::Json => true,
        Type::Union(members) => members.iter().any(has_fields),
        _ => false,
    }
}

/// Literal collections and `data` are as long as their author made them.
fn is_program_data(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Literal(_) | ExprKind::List(_) | ExprKind::Root(Root::Data(_)))
}

/// Typed fields of values that are no records.
fn field_of(base: &Value, name: &str) -> Eval {
    let known = match (base, name) {
        (Value::Path(parts), "name") => Some(text(parts.last().cloned().unwrap_or_default())),
        (Value::Path(parts), "extension") => {
            Some(text(path::extension(parts.last().map_or("", String::as_str)).to_string()))
        }
        (Value::Path(parts), "parent") => {
            let above = parts.len().saturating_sub(1);
            Some(Datum::Typed(Value::Path(parts[..above].to_vec())))
        }
        (Value::Path(parts), "depth") => Some(int(i64::try_from(parts.len()).unwrap_or(i64::MAX))),
        (Value::Url(url), "scheme") => Some(text(url.scheme.clone())),
        (Value::Url(url), "host") => url.host.clone().map(|name| Datum::Typed(Value::Host(name))),
        (Value::Url(url), "port") => url.port.map(|port| int(i64::from(port))),
        (Value::Url(url), "path") => Some(text(url.path.clone())),
        (Value::Url(url), "query") => url.query.clone().map(text),
        (Value::Url(url), "username") => Some(url.username.clone()).filter(|name| !name.is_empty()).map(text),
        (Value::Sql(facts), "read_only") => Some(Datum::Typed(Value::Bool(facts.read_only))),
        (Value::Sql(facts), "tables") => {
            Some(Datum::Typed(Value::List(facts.tables.iter().map(|name| Ok(Value::Text(name.clone()))).collect())))
        }
        (Value::Sql(facts), "statements") => Some(int(facts.statements)),
        (Value::Sql(facts), "kind") => Some(text(facts.kind.clone())),
        _ => return error(ErrorCode::Type),
    };
    Ok(known)
}

/// Distinct elements of a set.
fn distinct(items: &[Item]) -> Result<usize, Stop> {
    let values = value::strict(items)?;
    let mut seen: Vec<&Value> = Vec::new();
    for candidate in &values {
        let mut known = false;
        for earlier in &seen {
            known |= value::equal(candidate, earlier)?;
        }
        if !known {
            seen.push(candidate);
        }
    }
    Ok(seen.len())
}

/// Whether an item belongs to a collection, a range, a network, a window or a segment.
fn member(program: &Program, item: &Value, collection: &Value, unbounded: bool) -> Truth {
    match collection {
        Value::List(elements) | Value::Set(elements) => {
            if elements.len() > MAX_COLLECTION && !unbounded {
                return Truth::Error(ErrorCode::TooLong);
            }
            Truth::any(elements.iter().map(|element| match element {
                Ok(element) => element_fits(program, item, element),
                Err(Stop::Error(code)) => Truth::Error(*code),
                Err(Stop::Unknown) => Truth::Unknown,
            }))
        }
        Value::Range(low, high, inclusive) => in_range(item, low.as_deref(), high.as_deref(), *inclusive),
        Value::Net(base, length) => in_net(item, (*base, *length)),
        Value::Segment(id) => in_segment(program, item, *id),
        Value::HostPattern(_) => element_fits(program, item, collection),
        Value::Window(window) => match item {
            Value::Instant(ms) => clock::in_window(*ms, window).map_or(Truth::Error(ErrorCode::Time), Truth::of),
            _ => Truth::Error(ErrorCode::Type),
        },
        _ => Truth::Error(ErrorCode::Type),
    }
}

/// An element that is a set of values itself (a network, a host pattern...) is asked; others are compared.
fn element_fits(program: &Program, item: &Value, element: &Value) -> Truth {
    match (item, element) {
        (Value::Net(..), Value::Net(..)) => truth(value::equal(item, element)),
        (_, Value::Net(base, length)) => in_net(item, (*base, *length)),
        (_, Value::Segment(id)) => in_segment(program, item, *id),
        (_, Value::Window(_) | Value::Range(..)) => member(program, item, element, false),
        (Value::Host(name), Value::HostPattern(pattern)) => Truth::of(host::matches(name, pattern)),
        _ => truth(value::equal(item, element)),
    }
}

fn in_net(item: &Value, net: (std::net::IpAddr, u8)) -> Truth {
    match item {
        Value::Ip(address) => Truth::of(address::in_net(*address, net)),
        Value::Host(name) => Truth::of(host::as_address(name).is_some_and(|address| address::in_net(address, net))),
        _ => Truth::Error(ErrorCode::Type),
    }
}

/// Whether an address is in some network of a segment.
fn in_segment(program: &Program, item: &Value, id: SegmentId) -> Truth {
    match (item, program.segments.get(id.index())) {
        (Value::Ip(address), Some(segment)) => {
            Truth::of(segment.networks.iter().any(|net| address::in_net(*address, *net)))
        }
        _ => Truth::Error(ErrorCode::Type),
    }
}

fn in_range(item: &Value, low: Option<&Value>, high: Option<&Value>, inclusive: bool) -> Truth {
    let above = low.map_or(Ok(true), |low| Ok(value::order(item, low)? != Ordering::Less));
    let below = high.map_or(Ok(true), |high| {
        let order = value::order(item, high)?;
        Ok(order == Ordering::Less || (inclusive && order == Ordering::Equal))
    });
    match value::both(above, below) {
        Ok((above, below)) => Truth::of(above && below),
        Err(stop) => truth(Err(stop)),
    }
}

fn truth(result: Result<bool, Stop>) -> Truth {
    match result {
        Ok(value) => Truth::of(value),
        Err(Stop::Error(code)) => Truth::Error(code),
        Err(Stop::Unknown) => Truth::Unknown,
    }
}
