//! Whether declarations cover what is asked, and the obligations that follow.

use crate::decide::case::Case;
use crate::decision::{LabelObligation, StoreObligation};
use crate::json::{Document, Kind, NodeId};
use crate::vm::context::{Asked, Uri};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use mcpz_bytecode::ids::LabelId;
use mcpz_bytecode::image::{Action, TargetsImage, UriPatternImage};
use mcpz_bytecode::value::Decimal;
use mcpz_bytecode::value::pattern::match_uri;

/// Whether targets cover what is asked.
pub(crate) fn covers(targets: &TargetsImage, asked: &Asked<'_>) -> bool {
    let by_kind = match asked.action {
        Action::Call => targets.any_tool,
        Action::Read | Action::Subscribe => targets.any_resource,
        Action::Get => targets.any_prompt,
        Action::Complete => {
            (asked.prompt.is_some() && targets.any_prompt) || (asked.uri.is_some() && targets.any_resource)
        }
        Action::Sample | Action::Elicit | Action::Roots => true,
    };
    let listed = |rows: &[(mcpz_bytecode::ids::ServerId, u32)], wanted: Option<usize>| {
        wanted.is_some_and(|wanted| {
            rows.iter().any(|(server, row)| *server == asked.server && usize::try_from(*row) == Ok(wanted))
        })
    };
    by_kind
        || targets.servers.contains(&asked.server)
        || listed(&targets.tools, asked.tool)
        || listed(&targets.prompts, asked.prompt)
        || targets.resources.iter().any(|(server, pattern)| *server == asked.server && uri_fits(pattern, asked))
}

/// Whether a URI pattern fits the resource that is asked for; of a template: whether it could.
pub(crate) fn uri_fits(pattern: &UriPatternImage, asked: &Asked<'_>) -> bool {
    match asked.uri {
        Some(Uri::Known(uri)) => match_uri(pattern, uri).is_some(),
        Some(Uri::Template(template)) => may_overlap(pattern, template),
        None => false,
    }
}

/// Whether some URI of a template could match a pattern: their literal beginnings agree.
fn may_overlap(pattern: &UriPatternImage, template: &str) -> bool {
    let fixed = template.split('{').next().unwrap_or("");
    let begin = pattern.beginning();
    fixed.starts_with(begin) || begin.starts_with(fixed)
}

/// Adds the labels the result will carry.
pub(crate) fn labels(case: &Case<'_>, asked: &Asked<'_>, out: &mut Vec<LabelObligation>) {
    let image = case.program.image();
    for (row, label) in image.labels.iter().enumerate() {
        let id = LabelId::new(row);
        if image.declassify.iter().any(|clean| clean.label == id && covers(&clean.targets, asked)) {
            continue;
        }
        for (_, path) in label.sources.iter().filter(|(from, _)| covers(from, asked)) {
            let obligation = LabelObligation { label: label.name.clone(), path: path.clone() };
            if !out.contains(&obligation) {
                out.push(obligation);
            }
        }
    }
}

/// Adds what this call would taint.
pub(crate) fn stores(case: &Case<'_>, asked: &Asked<'_>, out: &mut Vec<StoreObligation>) {
    let image = case.program.image();
    let covering = image.stores.iter().filter(|store| covers(&store.targets, asked));
    out.extend(covering.map(|store| StoreObligation {
        label: image.labels.get(store.label.index()).map_or_else(String::new, |label| label.name.clone()),
        key: key_text(asked.arguments, &store.key),
    }));
}

/// The text of an argument: a scalar in canonical form, else its JSON text.
fn key_text((document, root): (Document<'_>, NodeId), path: &[String]) -> Option<String> {
    let node = path.iter().try_fold(root, |node, name| document.get(node, name))?;
    Some(match document.kind(node) {
        Kind::String => document.str(node)?.to_string(),
        Kind::Number => Decimal::from_units(document.number(node)?).ok()?.to_string(),
        _ => compact(document, node),
    })
}

/// JSON text without white space. Documents are no deeper than the reader allows.
fn compact(document: Document<'_>, node: NodeId) -> String {
    let mut out = String::new();
    write_compact(document, node, &mut out);
    out
}

/// Appends JSON text.
fn write_compact(document: Document<'_>, node: NodeId, out: &mut String) {
    match document.kind(node) {
        Kind::Array => {
            out.push('[');
            for (at, element) in document.elements(node).enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_compact(document, element, out);
            }
            out.push(']');
        }
        Kind::Object => {
            out.push('{');
            for (at, (key, member)) in document.members(node).enumerate() {
                if at > 0 {
                    out.push(',');
                }
                super::target::push_string(out, key);
                out.push(':');
                write_compact(document, member, out);
            }
            out.push('}');
        }
        Kind::String => super::target::push_string(out, document.str(node).unwrap_or("")),
        Kind::Number => {
            let number = document.number(node).and_then(|units| Decimal::from_units(units).ok());
            out.push_str(&number.unwrap_or_default().to_string());
        }
        Kind::Bool | Kind::Null => out.push_str(document.raw(node)),
    }
}
