//! What one request meets.

use mcpz_bytecode::ids::TreeId;
use mcpz_bytecode::image::{EntryImage, EntryTarget};
use std::collections::BTreeSet;

/// What one request meets; nothing by default.
#[derive(Debug, Clone, Default)]
pub struct Trail {
    nodes: BTreeSet<TreeId>,
    /// The tool or prompt that the request names.
    named: Option<String>,
}

impl Trail {
    /// The trail of a message that meets these nodes.
    pub fn of(message: &[u8], nodes: impl IntoIterator<Item = TreeId>) -> Trail {
        Trail { nodes: nodes.into_iter().collect(), named: target_name(message) }
    }

    /// Whether the request meets a node.
    pub fn has(&self, tree: TreeId) -> bool {
        self.nodes.contains(&tree)
    }

    /// Whether the request meets an entry point. Those of other tools may share nodes with it.
    pub fn meets(&self, entry: &EntryImage) -> bool {
        let is_about = match &entry.target {
            EntryTarget::Name(name) => self.named.as_ref().is_none_or(|named| named == name),
            EntryTarget::Any | EntryTarget::Uri(_) => true,
        };
        is_about && entry.trees.all().any(|tree| self.has(tree))
    }
}

/// The tool or prompt that a message names.
fn target_name(message: &[u8]) -> Option<String> {
    let message: serde_json::Value = serde_json::from_slice(message).ok()?;
    message.pointer("/params/name")?.as_str().map(str::to_owned)
}
