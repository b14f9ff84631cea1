//! What the patterns of a switch are, in words.
//!
//! An automaton does not say which patterns it was made of. A package that was just built knows; of a bundle the code of the
//! rules is asked, and where that does not say it, the patterns are counted.

use super::words::shortened;
use crate::escape;
use mcpz_bytecode::ids::{SlotId, TreeId};
use mcpz_bytecode::image::{BundleImage, ConstantNode, TreeNode};
use mcpz_bytecode::opcode::Opcode;
use mcpz_bytecode::packed::Rows;
use mcpz_compiler::Build;
use mcpz_compiler::decision::tree::patterns::Pattern;
use mcpz_compiler::decision::tree::{On, Tree};
use std::collections::{BTreeMap, BTreeSet};

/// Longest text of one pattern, in characters.
const MAX_PATTERN: usize = 40;

/// The patterns that lead to each child of the switches over patterns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Patterns(BTreeMap<(TreeId, usize), Vec<String>>);

impl Patterns {
    /// As the package has them that this bundle was built from.
    pub fn of_build(build: &Build) -> Patterns {
        let mut found = Patterns::default();
        // The graph's nodes and the bundle's rows are numbered alike.
        for (row, tree) in build.graph.trees.rows().iter().enumerate() {
            let Tree::Switch { on: On::Patterns(_, group), .. } = tree else { continue };
            for (pattern, children) in &group.cases {
                let text = match pattern {
                    Pattern::Glob(text, _) | Pattern::Host(text) => like(text),
                    Pattern::Regex(text) => quoted("matches", text),
                };
                children.iter().for_each(|child| found.add(TreeId::new(row), *child, text.clone()));
            }
        }
        found
    }

    /// As far as the rules of a bundle say: where those below a child test as many patterns as lead there.
    pub fn of_bundle(image: &BundleImage) -> Patterns {
        let mut found = Patterns::default();
        for (row, tree) in image.trees.iter().enumerate() {
            let TreeNode::Patterns { slot, cases, children, .. } = tree else { continue };
            for (child, below) in children.iter().enumerate() {
                let leads_here = |to: &Rows<'_, u32>| to.iter().any(|to| usize::try_from(to) == Ok(child));
                let count = cases.iter().filter(leads_here).count();
                let tested = tested(image, below, slot);
                if tested.len() == count {
                    tested.into_iter().for_each(|text| found.add(TreeId::new(row), child, text));
                } else {
                    let text = if count == 1 { "a pattern".to_owned() } else { format!("one of {count} patterns") };
                    found.add(TreeId::new(row), child, text);
                }
            }
        }
        found
    }

    fn add(&mut self, tree: TreeId, child: usize, text: String) {
        self.0.entry((tree, child)).or_default().push(text);
    }

    /// The patterns that lead to a child.
    pub fn to(&self, tree: TreeId, child: usize) -> Vec<String> {
        self.0.get(&(tree, child)).cloned().unwrap_or_default()
    }
}

/// The patterns that the rules below a node test a place with.
fn tested(image: &BundleImage, root: TreeId, slot: SlotId) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let (mut open, mut seen) = (vec![root], BTreeSet::new());
    while let Some(id) = open.pop().filter(|_| seen.len() <= image.trees.len()) {
        let Some(tree) = image.trees.get(id.index()).filter(|_| seen.insert(id)) else { continue };
        open.extend(tree.children());
        let TreeNode::Rows(rows) = tree else { continue };
        let blocks = rows.iter().filter_map(|row| image.blocks.get(row.block.index()));
        for code in blocks.flat_map(|block| block.code().into_owned()) {
            if code.opcode == Opcode::SlotLike && usize::try_from(code.a) == Ok(slot.index()) {
                found.extend(pattern(image, code.b));
            }
        }
    }
    found
}

fn pattern(image: &BundleImage, constant: u32) -> Option<String> {
    match image.constants.get(usize::try_from(constant).ok()?)? {
        ConstantNode::Glob { pattern, .. } | ConstantNode::HostPattern(pattern) => Some(like(pattern)),
        _ => None,
    }
}

fn like(pattern: &str) -> String {
    quoted("like", pattern)
}

fn quoted(word: &str, pattern: &str) -> String {
    format!("{word} \"{}\"", shortened(&escape::inline(pattern), MAX_PATTERN))
}
