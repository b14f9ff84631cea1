//! Whether a request is about a rule's targets, and what its URI pattern captures.

use crate::text::uri;
use crate::world::{Asked, Uri};
use mcpz_compiler::hir::{Action, Targets};
use std::collections::BTreeMap;

/// What a URI pattern captured.
pub type Captures = BTreeMap<String, String>;

/// The ways in which targets cover a request: one for each URI pattern that matches (with its
/// captures), one more when they cover it otherwise. Empty: they do not.
pub fn ways(targets: &Targets, asked: &Asked) -> Vec<Captures> {
    let mut found = Vec::new();
    if covers_wholly(targets, asked) {
        found.push(Captures::new());
    }
    for resource in targets.resources.iter().filter(|resource| resource.server == asked.server) {
        match &asked.uri {
            Some(Uri::Known(text)) => found.extend(uri::captures(&resource.pattern, text)),
            Some(Uri::Template(text)) => found.extend(crate::listing::may_overlap(&resource.pattern, text)),
            None => {}
        }
    }
    found
}

/// Whether targets cover a request at all.
pub fn cover(targets: &Targets, asked: &Asked) -> bool {
    !ways(targets, asked).is_empty()
}

fn covers_wholly(targets: &Targets, asked: &Asked) -> bool {
    let by_kind = match asked.action {
        Action::Call => targets.any_tool,
        Action::Read | Action::Subscribe => targets.any_resource,
        Action::Get => targets.any_prompt,
        Action::Complete => {
            (asked.prompt.is_some() && targets.any_prompt) || (asked.uri.is_some() && targets.any_resource)
        }
        Action::Sample | Action::Elicit | Action::Roots => true,
    };
    by_kind
        || targets.servers.contains(&asked.server)
        || asked.tool.is_some_and(|tool| targets.tools.contains(&tool))
        || asked.prompt.is_some_and(|prompt| targets.prompts.contains(&prompt))
}
