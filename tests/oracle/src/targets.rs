//! Whether a request is about a rule's targets, and what its URI pattern captures.

use crate::text::uri;
use crate::world::{Asked, Uri};
use mcpz_compiler::hir::{Action, Targets, UriPart, UriPattern};
use std::collections::BTreeMap;

/// What a URI pattern captured.
pub type Captures = BTreeMap<String, String>;

/// One way in which targets cover a request.
pub struct Way {
    /// What its URI pattern captured.
    pub captures: Captures,
    /// False for a template of resources, of which only some may match.
    pub certain: bool,
}

/// The ways in which targets cover a request: one for each URI pattern that matches, one more when
/// they cover it otherwise. Empty: they do not.
pub fn ways(targets: &Targets, asked: &Asked) -> Vec<Way> {
    let mut found = Vec::new();
    if covers_wholly(targets, asked) {
        found.push(Way { captures: Captures::new(), certain: true });
    }
    for resource in targets.resources.iter().filter(|resource| resource.server == asked.server) {
        match &asked.uri {
            Some(Uri::Known(text)) => {
                let captures = uri::captures(&resource.pattern, text);
                found.extend(captures.map(|captures| Way { captures, certain: true }));
            }
            Some(Uri::Template(text)) if may_overlap(&resource.pattern, text) => {
                found.push(Way { captures: Captures::new(), certain: false });
            }
            Some(Uri::Template(_)) | None => {}
        }
    }
    found
}

/// Whether some URI of a template could match a pattern: their literal beginnings agree.
fn may_overlap(pattern: &UriPattern, template: &str) -> bool {
    let fixed = template.split('{').next().unwrap_or("");
    let begin = match pattern.parts.first() {
        Some(UriPart::Text(text)) => text.as_str(),
        _ => "",
    };
    fixed.starts_with(begin) || begin.starts_with(fixed)
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
