//! `paths(args)` and the like, and where below `args` a value comes from.

use super::{Binding, Eval, Scope, typed};
use crate::json::Json;
use crate::value::{Datum, Stop, Value};
use mcpz_compiler::hir::{Expr, ExprKind, ParameterKind, Root};
use mcpz_compiler::types::{RecordType, Type};
use std::collections::BTreeSet;

/// One step of a JSON pointer.
pub(super) fn step(base: &str, key: &str) -> String {
    format!("{base}/{}", key.replace('~', "~0").replace('/', "~1"))
}

impl Scope<'_> {
    /// Every value of a kind in the arguments, in document order.
    pub(super) fn collect(&self, kind: ParameterKind) -> Result<Vec<Binding>, Stop> {
        if self.listing {
            return Err(Stop::Unknown);
        }
        let asked = &self.world.asked;
        let mut found = Vec::new();
        let wanted = match kind {
            ParameterKind::Strings => None,
            ParameterKind::Paths => Some(Type::Path),
            ParameterKind::Urls => Some(Type::Url),
            ParameterKind::Hosts => Some(Type::Host),
        };
        match wanted {
            None => {
                let mut declared = BTreeSet::new();
                if let Some(input) = self.input_type() {
                    names(&Type::Record(input.clone()), &mut declared);
                }
                strings(&asked.arguments, "", &declared, &mut found);
            }
            Some(wanted) => {
                if let Some(input) = self.input_type() {
                    places(&asked.arguments, &Type::Record(input.clone()), &wanted, "", &mut found);
                }
            }
        }
        Ok(found)
    }

    fn input_type(&self) -> Option<&RecordType> {
        let member = self.world.asked.tool?;
        let server = self.world.program.servers.get(member.server.index())?;
        server.tools.get(usize::try_from(member.index).ok()?).map(|tool| &tool.input)
    }

    /// The same as a list, each element read as its kind.
    pub(super) fn collected(&self, kind: ParameterKind) -> Eval {
        let ty = match kind {
            ParameterKind::Strings => Type::String,
            ParameterKind::Paths => Type::Path,
            ParameterKind::Urls => Type::Url,
            ParameterKind::Hosts => Type::Host,
        };
        let elements = self.collect(kind)?;
        let read = |binding: Binding| match binding.value {
            Ok(Some(datum)) => datum.read(&ty),
            Ok(None) => Ok(Value::Null),
            Err(stop) => Err(stop),
        };
        typed(Ok(Value::List(elements.into_iter().map(read).collect())))
    }

    /// The JSON pointer below `args` of the place that an expression names, if it is one.
    pub(super) fn pointer(&self, expr: &Expr) -> Option<String> {
        match &expr.kind {
            ExprKind::Root(Root::Args) => Some(String::new()),
            ExprKind::Root(Root::Var(var)) => self.vars.get(var)?.pointer.clone(),
            ExprKind::Field(base, name) => Some(step(&self.pointer(base)?, name)),
            ExprKind::Coalesce(a, b) => match self.eval(a) {
                Ok(Some(datum)) if !datum.is_null() => self.pointer(a),
                _ => self.pointer(b),
            },
            ExprKind::If(c, a, b) => match self.truth(c) {
                crate::truth::Truth::True => self.pointer(a),
                _ => self.pointer(b),
            },
            _ => None,
        }
    }
}

fn found(json: &Json, pointer: &str) -> Binding {
    Binding { value: Ok(Some(Datum::Json(json.clone()))), pointer: Some(pointer.to_string()) }
}

/// Every name that a type declares, at any depth.
fn names(ty: &Type, out: &mut BTreeSet<String>) {
    match ty {
        Type::Record(record) => {
            for (name, field) in &record.fields {
                out.insert(name.to_string());
                names(field, out);
            }
        }
        Type::Optional(of) | Type::List(of) | Type::Set(of) | Type::Map(of) => names(of, out),
        Type::Union(members) => members.iter().for_each(|member| names(member, out)),
        _ => {}
    }
}

/// Every string anywhere, and every member name that is not declared.
fn strings(json: &Json, pointer: &str, declared: &BTreeSet<String>, out: &mut Vec<Binding>) {
    match json {
        Json::String(_) => out.push(found(json, pointer)),
        Json::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                strings(item, &step(pointer, &at.to_string()), declared, out);
            }
        }
        Json::Object(members) => {
            for (key, item) in members {
                let below = step(pointer, key);
                if !declared.contains(key) {
                    out.push(found(&Json::String(key.clone()), &below));
                }
                strings(item, &below, declared, out);
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// Every non-null value at a place of the wanted type.
fn places(json: &Json, ty: &Type, wanted: &Type, pointer: &str, out: &mut Vec<Binding>) {
    if *json == Json::Null {
        return;
    }
    let ty = ty.required();
    match (json, ty) {
        _ if ty == wanted => out.push(found(json, pointer)),
        (_, Type::Union(members)) => {
            let before = out.len();
            for member in members {
                if out.len() == before {
                    places(json, member, wanted, pointer, out);
                }
            }
        }
        (Json::Array(items), Type::List(element) | Type::Set(element)) => {
            for (at, item) in items.iter().enumerate() {
                places(item, element, wanted, &step(pointer, &at.to_string()), out);
            }
        }
        (Json::Object(members), Type::Map(element)) => {
            for (key, item) in members {
                places(item, element, wanted, &step(pointer, key), out);
            }
        }
        (Json::Object(members), Type::Record(record)) => {
            for (key, item) in members {
                if let Some(field) = record.fields.get(key.as_str()) {
                    places(item, field, wanted, &step(pointer, key), out);
                }
            }
        }
        _ => {}
    }
}
