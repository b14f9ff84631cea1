//! Pictures of decision trees: boxes and arrows made from a bundle, then drawn as SVG, DOT or Mermaid.
//!
//! An entry point leads to the steps of a decision that have rules there, these to switches, and
//! switches by their keys to the rules. What one request meets can be lit.

mod dot;
mod layout;
mod mermaid;
mod patterns;
mod svg;
mod words;

use crate::commands::inspect::entry_name;
use mcpz_bytecode::ids::TreeId;
use mcpz_bytecode::image::{BundleImage, EntryImage, EntryRow, TreeNode};
use mcpz_bytecode::packed::Rows;
use std::collections::{BTreeMap, BTreeSet};

pub use dot::dot;
pub use mermaid::mermaid;
pub use patterns::Patterns;
pub use svg::svg;

/// Most boxes of a picture that people can still read.
pub const MAX_BOXES: usize = 600;
/// Most rules that one box names.
const MAX_ROWS: usize = 12;

/// Boxes and arrows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picture {
    /// The boxes; an arrow leads from an earlier to a later one, or to one that several share.
    pub boxes: Vec<PictureBox>,
    /// The arrows.
    pub arrows: Vec<Arrow>,
}

/// A box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureBox {
    /// Its text.
    pub lines: Vec<String>,
    /// What it stands for.
    pub kind: Kind,
    /// Whether the request meets it.
    pub is_lit: bool,
}

/// What a box stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An entry point.
    Entry,
    /// A step of the decision.
    Stage,
    /// A switch.
    Switch,
    /// Rules.
    Rules,
}

/// An arrow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrow {
    /// The box it comes from.
    pub from: usize,
    /// The box it leads to.
    pub to: usize,
    /// The keys that lead there.
    pub label: String,
    /// Whether the request takes it.
    pub is_lit: bool,
}

/// The picture of these entry points; `trail` are the nodes that a request meets.
pub fn picture(image: &BundleImage, patterns: &Patterns, entries: &[&EntryImage], trail: &[TreeId]) -> Picture {
    let mut maker = Maker {
        image,
        patterns,
        trail: trail.iter().copied().collect(),
        known: BTreeMap::new(),
        made: Picture::default(),
    };
    for entry in entries {
        maker.entry(entry);
    }
    maker.made
}

struct Maker<'a> {
    image: &'a BundleImage,
    patterns: &'a Patterns,
    trail: BTreeSet<TreeId>,
    known: BTreeMap<TreeId, usize>,
    made: Picture,
}

impl Maker<'_> {
    fn entry(&mut self, entry: &EntryImage) {
        let stages = [
            ("shadow", entry.trees.shadow),
            ("forbids", entry.trees.forbids),
            ("permits", entry.trees.permits),
            ("others", entry.trees.others),
        ];
        let is_lit = entry.trees.all().any(|tree| self.trail.contains(&tree));
        let from = self.add(vec![entry_name(self.image, entry)], Kind::Entry, is_lit);
        for (word, tree) in stages {
            let Some(tree) = tree else { continue };
            let is_lit = self.trail.contains(&tree);
            let stage = self.add(vec![word.to_owned()], Kind::Stage, is_lit);
            self.made.arrows.push(Arrow { from, to: stage, label: String::new(), is_lit });
            self.lead(stage, tree, String::new());
        }
    }

    fn add(&mut self, lines: Vec<String>, kind: Kind, is_lit: bool) -> usize {
        self.made.boxes.push(PictureBox { lines, kind, is_lit });
        self.made.boxes.len() - 1
    }

    /// An arrow to a node, and the node with all below it when it is new. Nodes that only hold others
    /// together are not drawn.
    fn lead(&mut self, from: usize, tree: TreeId, label: String) {
        let image = self.image;
        let Some(node) = image.trees.get(tree.index()) else { return };
        if let TreeNode::Both(children) = node {
            for child in children {
                self.lead(from, child, label.clone());
            }
            return;
        }
        let is_lit = self.trail.contains(&tree);
        if let Some(to) = self.known.get(&tree) {
            self.made.arrows.push(Arrow { from, to: *to, label, is_lit });
            return;
        }
        let to = match node {
            TreeNode::Rows(rows) => self.add(self.rows(rows), Kind::Rules, is_lit),
            switch => self.add(vec![words::fact(image, switch)], Kind::Switch, is_lit),
        };
        self.known.insert(tree, to);
        self.made.arrows.push(Arrow { from, to, label, is_lit });
        for (child, below) in node.children().iter().enumerate() {
            self.lead(to, below, words::keys(image, self.patterns, tree, child));
        }
    }

    fn rows(&self, rows: Rows<'_, EntryRow>) -> Vec<String> {
        let line = |row: EntryRow| {
            let rule = self.image.rule(row.rule)?;
            let at = crate::decision::place(self.image, &rule.span());
            Some(format!("{} {}  {at}", rule.kind().word(), crate::escape::inline(&rule.id())))
        };
        let mut lines: Vec<String> = rows.iter().take(MAX_ROWS).filter_map(line).collect();
        if rows.len() > MAX_ROWS {
            lines.push(format!("and {} more", rows.len() - MAX_ROWS));
        }
        lines
    }
}
