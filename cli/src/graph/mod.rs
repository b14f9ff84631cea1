//! Pictures of decision trees: boxes and arrows made from a bundle, then drawn as SVG, DOT or Mermaid.
//!
//! An entry point leads to the steps of a decision that have rules there, these to switches, and switches to what rules
//! do. An arrow carries the keys that lead on and, where it leads to rules, these with their source lines. What one
//! request meets can be lit.

mod dot;
mod layout;
mod mermaid;
mod patterns;
mod svg;
mod trail;
mod words;

use crate::commands::inspect::entry_name;
use mcpz_bytecode::ids::TreeId;
use mcpz_bytecode::image::{BundleImage, EntryImage, EntryRow, Rule, TreeNode};
use mcpz_bytecode::packed::Rows;
use std::collections::BTreeMap;

pub use dot::dot;
pub use mermaid::mermaid;
pub use patterns::Patterns;
pub use svg::svg;
pub use trail::Trail;

/// Most boxes of a picture that people can still read.
pub const MAX_BOXES: usize = 600;
/// Most rules that one arrow and one box name.
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
    /// What rules do.
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
    /// The rules that it leads to, each with its source line.
    pub rules: Vec<String>,
    /// Whether the request takes it.
    pub is_lit: bool,
}

impl Arrow {
    /// Every line of text that it carries: the keys, then the rules.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let keys = (!self.label.is_empty()).then_some(self.label.as_str());
        keys.into_iter().chain(self.rules.iter().map(String::as_str))
    }
}

/// The picture of these entry points; what is on the trail of a request is lit.
pub fn picture(image: &BundleImage, patterns: &Patterns, entries: &[&EntryImage], trail: &Trail) -> Picture {
    let mut maker = Maker { image, patterns, trail, known: BTreeMap::new(), made: Picture::default() };
    for entry in entries {
        maker.entry(entry);
    }
    maker.made
}

struct Maker<'a> {
    image: &'a BundleImage,
    patterns: &'a Patterns,
    trail: &'a Trail,
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
        let is_met = self.trail.meets(entry);
        let from = self.add(vec![entry_name(self.image, entry)], Kind::Entry, is_met);
        for (word, tree) in stages {
            let Some(tree) = tree else { continue };
            let is_lit = is_met && self.trail.has(tree);
            let stage = self.add(vec![word.to_owned()], Kind::Stage, is_lit);
            self.made.arrows.push(Arrow { from, to: stage, label: String::new(), rules: Vec::new(), is_lit });
            self.lead(stage, tree, String::new(), is_met);
        }
    }

    fn add(&mut self, lines: Vec<String>, kind: Kind, is_lit: bool) -> usize {
        self.made.boxes.push(PictureBox { lines, kind, is_lit });
        self.made.boxes.len() - 1
    }

    /// An arrow to a node, and the node with all below it when it is new. Nodes that only hold others
    /// together are not drawn. Whether the request comes by `from` is `is_met`.
    fn lead(&mut self, from: usize, tree: TreeId, label: String, is_met: bool) {
        let image = self.image;
        let Some(node) = image.trees.get(tree.index()) else { return };
        if let TreeNode::Both(children) = node {
            for child in children {
                self.lead(from, child, label.clone(), is_met);
            }
            return;
        }
        let is_lit = self.trail.has(tree);
        let rules = match node {
            TreeNode::Rows(rows) => {
                self.each(rows, |rule, id| format!("{id}  {}", crate::decision::place(self.image, &rule.span())))
            }
            _ => Vec::new(),
        };
        if let Some(to) = self.known.get(&tree) {
            self.made.arrows.push(Arrow { from, to: *to, label, rules, is_lit: is_met && is_lit });
            return;
        }
        let lines = match node {
            TreeNode::Rows(rows) => self.each(rows, |rule, id| format!("{} {id}", rule.kind().word())),
            switch => vec![words::fact(image, switch)],
        };
        let kind = if matches!(node, TreeNode::Rows(_)) { Kind::Rules } else { Kind::Switch };
        let to = self.add(lines, kind, is_lit);
        self.known.insert(tree, to);
        self.made.arrows.push(Arrow { from, to, label, rules, is_lit: is_met && is_lit });
        for (child, below) in node.children().iter().enumerate() {
            self.lead(to, below, words::keys(image, self.patterns, tree, child), is_lit);
        }
    }

    /// A line for each rule of these rows, of its id as it can be shown; not of all when there are many.
    fn each(&self, rows: Rows<'_, EntryRow>, line: impl Fn(Rule<'_>, &str) -> String) -> Vec<String> {
        let of = |row: EntryRow| self.image.rule(row.rule).map(|rule| line(rule, &crate::escape::inline(&rule.id())));
        let mut lines: Vec<String> = rows.iter().take(MAX_ROWS).filter_map(of).collect();
        if rows.len() > MAX_ROWS {
            lines.push(format!("and {} more", rows.len() - MAX_ROWS));
        }
        lines
    }
}
