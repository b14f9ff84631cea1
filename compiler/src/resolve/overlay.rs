//! `overlay`: what a schema cannot say. It gives string parameters their meaning as types.

use super::places::Step;
use super::{Place, places, types};
use crate::diagnostics::codes::{e0125, e0126};
use crate::diagnostics::{Diagnostic, suggest};
use crate::hir::{PathStep, Server};
use crate::types::{RecordType, Type};
use mcpz_syntax::ast::{self, FieldStep};
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// What to do about a tool or parameter that the catalog lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// It is an error.
    Report,
    /// A profile's overlay over another catalog: pass it over.
    Skip,
}

/// Applies an overlay to the types of a server's tools.
pub fn apply(
    place: Place,
    overlay: &ast::OverlayEntry,
    server: &mut Server,
    missing: Missing,
    sink: &mut Vec<Diagnostic>,
) {
    for rule in overlay.rules() {
        // A profile's types were reported where the profile is read.
        let mut silent = Vec::new();
        let types_sink = if missing == Missing::Skip { &mut silent } else { &mut *sink };
        let Some(ty) = rule.ty().map(|ty| types::type_of(place, &ty, types_sink)) else { continue };
        if ty == Type::Error {
            continue;
        }
        for pattern in rule.patterns() {
            apply_pattern(place, &pattern, &ty, server, missing, sink);
        }
    }
}

/// Applies `tool.a.b: T` or `*.a: T`.
fn apply_pattern(
    place: Place,
    pattern: &ast::OverlayPattern,
    ty: &Type,
    server: &mut Server,
    missing: Missing,
    sink: &mut Vec<Diagnostic>,
) {
    let steps = steps(place, &pattern.parameter());
    let tool = pattern.tool();
    let wanted = |name: &SmolStr| tool.as_ref().is_none_or(|tool| tool.text == name.as_str());
    if let Some(tool) = &tool
        && !server.tools.iter().any(|known| known.name == tool.text)
    {
        if missing == Missing::Report {
            report_tool(place, tool, server, sink);
        }
        return;
    }
    let mut found = false;
    let mut known = BTreeSet::new();
    for target in server.tools.iter_mut().filter(|target| wanted(&target.name)) {
        match refine(&target.input, &steps, ty) {
            Refined::Done(input) => {
                target.input = input;
                found = true;
            }
            Refined::Absent(fields) => known.extend(fields),
            Refined::Unfit(schema) => {
                found = true;
                let parameter = format!("{}.{}", target.name, dotted(&steps));
                sink.push(e0126::overlay_type(place.of(pattern), &parameter, &schema.to_string(), &ty.to_string()));
            }
        }
    }
    if !found && missing == Missing::Report {
        report_parameter(pattern, &steps, &known, server, sink);
    }
}

/// Reports a tool that the catalog lacks.
fn report_tool(place: Place, tool: &ast::Ident, server: &Server, sink: &mut Vec<Diagnostic>) {
    let names = || server.tools.iter().map(|tool| &tool.name);
    let near = suggest::nearest(&tool.text, names()).map(|near| suggest::as_written(&near));
    let error = crate::diagnostics::codes::e0103::unknown_member(
        place.span(tool.range),
        &server.name,
        "tool",
        &tool.text,
        near.as_deref(),
        &suggest::listing(names()),
    );
    sink.push(error);
}

/// Reports a parameter that no tool has.
fn report_parameter(
    pattern: &ast::OverlayPattern,
    steps: &[Step],
    known: &BTreeSet<SmolStr>,
    server: &Server,
    sink: &mut Vec<Diagnostic>,
) {
    let tools = match pattern.tool() {
        Some(tool) => format!("tool `{}`", tool.text),
        None => format!("server `{}`", server.name),
    };
    let missing = steps.iter().rev().find_map(|step| match step {
        (PathStep::Field(name), span) => Some((name.clone(), *span)),
        (PathStep::Each, _) => None,
    });
    let Some((name, span)) = missing else { return };
    let near = suggest::nearest(&name, known).map(|near| suggest::as_written(&near));
    sink.push(e0125::overlay_parameter(span, &dotted(steps), &tools, near.as_deref()));
}

/// Steps of a pattern.
fn steps(place: Place, steps: &[FieldStep]) -> Vec<Step> {
    let step = |step: &FieldStep| match step {
        FieldStep::Name(ident) => (PathStep::Field(SmolStr::new(&ident.text)), place.span(ident.range)),
        FieldStep::All(range) => (PathStep::Each, place.span(*range)),
    };
    steps.iter().map(step).collect()
}

/// Steps as written.
fn dotted(steps: &[Step]) -> String {
    let mut text = String::new();
    for (step, _) in steps {
        match step {
            PathStep::Field(name) if text.is_empty() => text.push_str(name),
            PathStep::Field(name) => text.push_str(&format!(".{name}")),
            PathStep::Each => text.push_str("[*]"),
        }
    }
    text
}

/// What became of a record.
enum Refined {
    /// The record with the type in its place.
    Done(RecordType),
    /// The parameter is not there; these are.
    Absent(Vec<SmolStr>),
    /// It is there with a type that cannot be narrowed so.
    Unfit(Type),
}

/// Puts a type at a place of a record.
fn refine(record: &RecordType, steps: &[Step], ty: &Type) -> Refined {
    if let Err((_, _, fields)) = places::walk(record, steps) {
        return Refined::Absent(fields);
    }
    let mut whole = Type::Record(record.clone());
    match set(&mut whole, steps, ty) {
        Ok(()) => match whole {
            Type::Record(record) => Refined::Done(record),
            other => Refined::Unfit(other),
        },
        Err(schema) => Refined::Unfit(schema),
    }
}

/// Narrows the type at a place; gives the schema's type when it does not fit.
fn set(at: &mut Type, steps: &[Step], ty: &Type) -> Result<(), Type> {
    if let Type::Optional(inner) = at {
        return set(inner, steps, ty);
    }
    let Some(((step, _), rest)) = steps.split_first() else {
        *at = narrowed(at, ty).ok_or_else(|| at.clone())?;
        return Ok(());
    };
    match (step, &mut *at) {
        (PathStep::Field(name), Type::Record(record)) => match record.fields.get_mut(name) {
            Some(field) => set(field, rest, ty),
            None => Ok(()),
        },
        (PathStep::Field(_), Type::Map(inner)) | (PathStep::Each, Type::List(inner) | Type::Set(inner)) => {
            set(inner, rest, ty)
        }
        // Inside of what the schema leaves open there is no place to put a type.
        (_, other) => Err(other.clone()),
    }
}

/// The narrowed type, when the schema's type leaves room for it: strings, and collections of them.
fn narrowed(schema: &Type, wanted: &Type) -> Option<Type> {
    match (schema, wanted) {
        (Type::Json, wanted) => Some(wanted.clone()),
        (schema, Type::Optional(wanted)) => narrowed(schema, wanted).map(Type::optional),
        (Type::Optional(schema), wanted) => narrowed(schema, wanted).map(Type::optional),
        (Type::List(schema), Type::List(wanted) | Type::Set(wanted)) => {
            narrowed(schema, wanted).map(|ty| Type::List(Box::new(ty)))
        }
        (Type::Set(schema), Type::List(wanted) | Type::Set(wanted)) => {
            narrowed(schema, wanted).map(|ty| Type::Set(Box::new(ty)))
        }
        (Type::Map(schema), Type::Map(wanted)) => narrowed(schema, wanted).map(|ty| Type::Map(Box::new(ty))),
        (Type::Union(members), wanted) if wanted.is_text_place() => {
            let others = members.iter().filter(|member| !member.is_text_place()).cloned();
            let text = members.iter().find_map(|member| narrowed(member, wanted))?;
            Some(Type::union(others.chain([text])))
        }
        (schema, wanted) if schema == wanted => Some(wanted.clone()),
        (schema, wanted) if schema.is_text_place() && wanted.is_text_place() && !matches!(schema, Type::Enum(_)) => {
            Some(wanted.clone())
        }
        _ => None,
    }
}
