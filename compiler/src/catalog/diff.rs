//! What changed from one capture of a catalog to the next.

use super::Catalog;
use crate::hir::Tool;
use crate::types::Type;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// The difference of two catalogs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CatalogDiff {
    /// Tools that only the new one has.
    pub added: Vec<SmolStr>,
    /// Tools that only the old one has.
    pub removed: Vec<SmolStr>,
    /// What changed about tools that both have, by tool.
    pub changed: Vec<(SmolStr, Vec<ToolChange>)>,
}

/// One change of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolChange {
    /// A parameter came, went or changed its type; absent types stand for absent parameters.
    Parameter {
        /// Its name.
        name: SmolStr,
        /// Its type before.
        old: Option<Type>,
        /// Its type now.
        new: Option<Type>,
    },
    /// The schema accepts other values although the types are the same.
    Schema,
    /// The type of the result changed.
    Output,
    /// The server's words changed: read them, a model will.
    Description,
    /// An annotation changed.
    Hints,
    /// Something else of the definition changed (title, icons).
    Other,
}

impl CatalogDiff {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

/// Compares two captures.
pub fn diff(old: &Catalog, new: &Catalog) -> CatalogDiff {
    let before = by_name(old);
    let after = by_name(new);
    let mut diff = CatalogDiff {
        added: after.keys().filter(|name| !before.contains_key(*name)).cloned().collect(),
        removed: before.keys().filter(|name| !after.contains_key(*name)).cloned().collect(),
        changed: Vec::new(),
    };
    for (name, (old_tool, old_digest)) in &before {
        let Some((new_tool, new_digest)) = after.get(name) else {
            continue;
        };
        let mut changes = tool_changes(old_tool, new_tool);
        if changes.is_empty() && old_digest != new_digest {
            changes.push(ToolChange::Other);
        }
        if !changes.is_empty() {
            diff.changed.push((name.clone(), changes));
        }
    }
    diff
}

fn by_name(catalog: &Catalog) -> BTreeMap<SmolStr, (&Tool, &str)> {
    let digests = catalog.definitions.iter().map(String::as_str);
    catalog.tools.iter().zip(digests).map(|(tool, digest)| (tool.name.clone(), (tool, digest))).collect()
}

fn tool_changes(old: &Tool, new: &Tool) -> Vec<ToolChange> {
    let names: BTreeSet<&SmolStr> = old.input.fields.keys().chain(new.input.fields.keys()).collect();
    let mut changes = Vec::new();
    for name in names {
        let (before, after) = (old.input.fields.get(name), new.input.fields.get(name));
        if before != after {
            changes.push(ToolChange::Parameter { name: name.clone(), old: before.cloned(), new: after.cloned() });
        }
    }
    if changes.is_empty() && old.schema != new.schema {
        changes.push(ToolChange::Schema);
    }
    if old.output != new.output {
        changes.push(ToolChange::Output);
    }
    if old.description != new.description {
        changes.push(ToolChange::Description);
    }
    if old.hints != new.hints {
        changes.push(ToolChange::Hints);
    }
    changes
}
