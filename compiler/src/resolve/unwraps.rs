//! `unwraps call_tool to args.server, args.name, args.arguments`: meta-tools.

use super::{Place, places};
use crate::diagnostics::codes::{e0103, e0128};
use crate::diagnostics::{Diagnostic, suggest};
use crate::hir::{PathStep, Server, Span, Tool, Unwraps};
use crate::types::Type;
use mcpz_syntax::ast;
use smol_str::SmolStr;

/// Reads one entry; its paths are parameters of the meta-tool.
pub fn read(place: Place, entry: &ast::UnwrapsEntry, server: &Server, sink: &mut Vec<Diagnostic>) -> Option<Unwraps> {
    let ident = entry.tool()?;
    let Some(row) = server.tools.iter().position(|tool| tool.name == ident.text) else {
        let names = || server.tools.iter().map(|tool| &tool.name);
        let near = suggest::nearest(&ident.text, names()).map(|near| suggest::as_written(&near));
        let known = suggest::listing(names());
        let span = place.span(ident.range);
        sink.push(e0103::unknown_member(span, &server.name, "tool", &ident.text, near.as_deref(), &known));
        return None;
    };
    let tool = server.tools.get(row)?;
    let server_path = entry.server_param().map(|path| parameter(place, &path, tool, Wanted::Text, sink));
    let name = entry.tool_param().and_then(|path| parameter(place, &path, tool, Wanted::Text, sink));
    let arguments = entry.args_param().and_then(|path| parameter(place, &path, tool, Wanted::Object, sink));
    let server = match server_path {
        Some(found) => Some(found?),
        None => None,
    };
    Some(Unwraps { tool: u32::try_from(row).ok()?, server, name: name?, arguments: arguments? })
}

/// What a parameter of a meta-tool holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Text,
    Object,
}

/// The path below `args` of a parameter, checked.
fn parameter(
    place: Place,
    path: &ast::FieldPath,
    tool: &Tool,
    wanted: Wanted,
    sink: &mut Vec<Diagnostic>,
) -> Option<Vec<SmolStr>> {
    let (root, root_span, steps) = places::field_path(place, path)?;
    if root != "args" {
        sink.push(e0128::unwraps(root_span, format!("a parameter starts with `args`, not `{root}`"), Some("args")));
        return None;
    }
    let ty = match places::walk(&tool.input, &steps) {
        Ok(ty) => ty,
        Err((name, span, fields)) => {
            let near = suggest::nearest(&name, &fields).map(|near| suggest::as_written(&near));
            sink.push(e0128::unwraps(span, format!("tool `{}` has no parameter `{name}`", tool.name), near.as_deref()));
            return None;
        }
    };
    let fits = match wanted {
        Wanted::Text => ty.required().is_text_place() || matches!(ty.required(), Type::Json),
        Wanted::Object => matches!(ty.required(), Type::Record(_) | Type::Map(_) | Type::Json),
    };
    let whole: Span = steps.last().map_or(root_span, |(_, last)| Span { end: last.end, ..root_span });
    if !fits {
        let kind = if wanted == Wanted::Text { "a string" } else { "an object" };
        sink.push(e0128::unwraps(whole, format!("{kind} is wanted here, and this is `{ty}`"), None));
        return None;
    }
    let fields = steps.iter().map(|(step, span)| match step {
        PathStep::Field(name) => Ok(name.clone()),
        PathStep::Each => Err(*span),
    });
    match fields.collect::<Result<Vec<SmolStr>, Span>>() {
        Ok(fields) => Some(fields),
        Err(span) => {
            sink.push(e0128::unwraps(span, "one parameter is wanted here, not several".to_owned(), None));
            None
        }
    }
}
