//! The graph as a picture in the DOT language.

use super::DecisionGraph;
use crate::hir::Program;
use crate::lower::RuleSet;
use crate::lower::display::{scope_text, term_text};
use petgraph::algo::is_cyclic_directed;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Longest label of a box, in characters.
const MAX_LABEL: usize = 60;

impl DecisionGraph {
    /// Whether the graph has no cycle. True by construction; asked by tests.
    pub fn is_acyclic(&self, rules: &RuleSet, program: &Program) -> bool {
        !is_cyclic_directed(&self.picture(rules, program))
    }

    /// The graph in the DOT language: entry points, the rules they lead to, their clauses.
    pub fn to_dot(&self, rules: &RuleSet, program: &Program) -> String {
        let picture = self.picture(rules, program);
        let mut text = String::from("digraph decision {\n  rankdir=LR;\n  node [shape=box, fontname=\"monospace\"];\n");
        for node in picture.node_indices() {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {} [label={:?}];", node.index(), picture[node]);
        }
        for edge in picture.edge_indices() {
            if let Some((from, to)) = picture.edge_endpoints(edge) {
                let _ = writeln!(text, "  {} -> {} [label={:?}];", from.index(), to.index(), picture[edge]);
            }
        }
        text.push_str("}\n");
        text
    }

    fn picture(&self, rules: &RuleSet, program: &Program) -> DiGraph<String, String> {
        let mut picture = DiGraph::new();
        let tables = self.nodes.tables(&rules.tables);
        let roots: Vec<_> = self.blocks.iter().flat_map(|block| &block.clauses).map(|clause| clause.node).collect();
        let mut boxes: BTreeMap<_, NodeIndex> = BTreeMap::new();
        for node in self.nodes.reachable(&roots) {
            let at = picture.add_node(shortened(&term_text(program, &tables, node)));
            boxes.insert(node, at);
            for operand in self.nodes.get(node).operands() {
                if let Some(to) = boxes.get(&operand) {
                    picture.add_edge(at, *to, String::new());
                }
            }
        }
        let blocks: Vec<NodeIndex> = self
            .blocks
            .iter()
            .map(|block| {
                let rule = block.rule.and_then(|rule| program.rules.get(rule.index()));
                let at = picture.add_node(rule.map_or_else(|| "class".to_string(), |rule| rule.id.clone()));
                for clause in &block.clauses {
                    if let Some(to) = boxes.get(&clause.node) {
                        picture.add_edge(at, *to, clause.kind.word().to_string());
                    }
                }
                at
            })
            .collect();
        for entry in &self.entries {
            let at = picture.add_node(scope_text(program, &entry.scope));
            for (_, block) in &entry.rows {
                if let Some(to) = blocks.get(*block) {
                    picture.add_edge(at, *to, String::new());
                }
            }
        }
        picture
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= MAX_LABEL {
        return text.to_string();
    }
    let mut short: String = text.chars().take(MAX_LABEL).collect();
    short.push('…');
    short
}
