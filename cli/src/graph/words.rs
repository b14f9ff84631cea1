//! Switches in words: the fact that is looked at, and the keys of a child.

use super::Patterns;
use crate::escape;
use mcpz_bytecode::ids::{ConstantId, SlotId, TreeId};
use mcpz_bytecode::image::{BundleImage, ConstantNode, ParameterKind, SlotRoot, TreeNode};
use mcpz_bytecode::packed::Rows;
use mcpz_bytecode::value::Line;

/// Longest text of an arrow, in characters.
const MAX_LABEL: usize = 60;

/// What a switch looks at.
pub fn fact(image: &BundleImage, tree: TreeNode<'_>) -> String {
    match tree.slot() {
        None => "caller".to_owned(),
        Some(slot) => place(image, slot),
    }
}

/// A place as policies write it.
fn place(image: &BundleImage, slot: SlotId) -> String {
    let Some(slot) = image.slots.get(slot.index()) else { return "?".to_owned() };
    let symbol = |row: usize| escape::inline(image.symbols.get(row).map_or("?", String::as_str));
    let variable;
    let root = match slot.root {
        SlotRoot::Args => "args",
        SlotRoot::PromptArgs => "prompt.args",
        SlotRoot::UserClaims => "user.claims",
        SlotRoot::AgentClaims => "agent.claims",
        SlotRoot::LinkClaims => "claims",
        SlotRoot::LinkSpiffe => "spiffe",
        SlotRoot::LinkUid => "uid",
        SlotRoot::Context => "context",
        SlotRoot::Now => "now",
        SlotRoot::NetworkSource => "network.source",
        SlotRoot::ResourceUri => "resource.uri",
        SlotRoot::UriVariable(_, name) => {
            variable = format!("resource.uri.{}", symbol(name.index()));
            &variable
        }
        SlotRoot::Sample => "sample",
        SlotRoot::Elicit => "elicit",
        SlotRoot::Data(_) => "data",
        SlotRoot::Collect(ParameterKind::Paths) => "paths(args)",
        SlotRoot::Collect(ParameterKind::Urls) => "urls(args)",
        SlotRoot::Collect(ParameterKind::Hosts) => "hosts(args)",
        SlotRoot::Collect(ParameterKind::Strings) => "strings(args)",
    };
    let names = slot.path.iter().map(|name| symbol(name.index()));
    std::iter::once(root.to_owned()).chain(names).collect::<Vec<_>>().join(".")
}

/// The keys that lead to a child.
pub fn keys(image: &BundleImage, patterns: &Patterns, id: TreeId, child: usize) -> String {
    let Some(tree) = image.trees.get(id.index()) else { return String::new() };
    let here = |position: &u32| usize::try_from(*position) == Ok(child);
    let constants = |word: &str, cases: &mut dyn Iterator<Item = (ConstantId, u32)>| -> Vec<String> {
        cases.filter(|(_, to)| here(to)).map(|(id, _)| format!("{word}{}", constant(image, id))).collect()
    };
    let found = match tree {
        TreeNode::Rows(_) | TreeNode::Both(_) => Vec::new(),
        TreeNode::Present { .. } => vec!["present".to_owned()],
        TreeNode::Classes { cases, .. } => {
            let name = |id: usize| image.classes.get(id).map_or_else(String::new, |class| escape::inline(&class.name));
            let leads_here = |to: Rows<'_, u32>| to.iter().any(|to| here(&to));
            cases.iter().filter(|(_, to)| leads_here(*to)).map(|(class, _)| name(class.index())).collect()
        }
        TreeNode::Texts { keys, .. } => {
            let mut found = constants("", &mut keys.cases());
            found.sort();
            found
        }
        TreeNode::Paths { cases, .. } => constants("under ", &mut cases.iter()),
        TreeNode::Networks { cases, .. } => constants("in ", &mut cases.iter()),
        TreeNode::Numbers { slot, cases, .. } => {
            let line = image.line(slot).unwrap_or(Line::Number);
            let own = cases.iter().filter(|case| here(&case.child));
            own.map(|case| line.interval_text(case.low, case.high)).collect()
        }
        TreeNode::Patterns { .. } => patterns.to(id, child),
    };
    shortened(&found.join(", "), MAX_LABEL)
}

fn constant(image: &BundleImage, id: ConstantId) -> String {
    match image.constants.get(id.index()) {
        Some(ConstantNode::String(text) | ConstantNode::Path(text)) => format!("\"{}\"", escape::inline(text)),
        Some(ConstantNode::Net(address, length)) => format!("{address}/{length}"),
        _ => "?".to_owned(),
    }
}

/// A text of at most so many characters, and a sign that there was more.
pub fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most).chain(['…']).collect()
}
