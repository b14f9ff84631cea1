//! The graph as text, for `mcpz build --emit graph` and snapshots.

use super::tree::{Tree, TreeId, fact_text, keys_text, place_text};
use super::{Block, DecisionGraph};
use crate::hir::Program;
use crate::hir::canonical::class_name;
use crate::lower::RuleSet;
use crate::lower::display::{kind_word, place, scope_text, term_text};
use std::fmt;

/// A graph with the names it uses.
pub struct GraphText<'a> {
    /// The graph.
    pub graph: &'a DecisionGraph,
    /// The rules it was made of.
    pub rules: &'a RuleSet,
    /// The program.
    pub program: &'a Program,
}

impl fmt::Display for GraphText<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DecisionGraph { nodes, blocks, entries, .. } = self.graph;
        writeln!(out, "nodes {}, blocks {}, entry points {}", nodes.len(), blocks.len(), entries.len())?;
        for entry in entries {
            writeln!(out, "\nentry {} (at most {} tests)", scope_text(self.program, &entry.scope), entry.tests)?;
            for (stage, root) in &entry.trees {
                writeln!(out, "  {}", stage.word())?;
                self.tree(out, *root, 2)?;
            }
        }
        let tables = self.graph.nodes.tables(&self.rules.tables);
        for (row, block) in blocks.iter().enumerate() {
            writeln!(out, "\nblock b{row} {} (at most {} tests)", self.owner(row, block), block.tests)?;
            for clause in block.order.iter().filter_map(|at| block.clauses.get(*at)) {
                let text = term_text(self.program, &tables, clause.node);
                writeln!(out, "  n{:<5} {:<7} {text}", clause.node.0, clause.kind.word())?;
            }
        }
        Ok(())
    }
}

impl GraphText<'_> {
    /// A tree, indented.
    fn tree(&self, out: &mut fmt::Formatter<'_>, root: TreeId, depth: usize) -> fmt::Result {
        let indent = "  ".repeat(depth);
        match self.graph.trees.get(root) {
            None => Ok(()),
            Some(Tree::Rows(rows)) => rows.iter().try_for_each(|row| {
                let Some(source) = self.program.rules.get(row.rule.index()) else { return Ok(()) };
                writeln!(out, "{indent}b{:<4} {} {}", row.block, kind_word(&source.kind), source.id)
            }),
            Some(Tree::Both(children)) => children.iter().try_for_each(|child| {
                writeln!(out, "{indent}and")?;
                self.tree(out, *child, depth + 1)
            }),
            Some(Tree::Present { slot, children }) => children.iter().try_for_each(|child| {
                writeln!(out, "{indent}has {}", place_text(self.program, self.rules, *slot))?;
                self.tree(out, *child, depth + 1)
            }),
            Some(Tree::Switch { on, children }) => {
                writeln!(out, "{indent}switch {}", fact_text(self.program, self.rules, on))?;
                children.iter().enumerate().try_for_each(|(at, child)| {
                    writeln!(out, "{indent}  {}:", keys_text(self.program, self.rules, on, at))?;
                    self.tree(out, *child, depth + 2)
                })
            }
        }
    }

    fn owner(&self, row: usize, block: &Block) -> String {
        if let Some(rule) = block.rule.and_then(|rule| self.program.rules.get(rule.index())) {
            let what = if block.is_value { "amount of " } else { "" };
            return format!("{what}{} ({})", rule.id, place(self.program, rule.head_span));
        }
        let class = self.graph.classes.iter().find(|(_, block)| **block == row);
        class.map_or_else(String::new, |(class, _)| format!("class {}", class_name(self.program, *class)))
    }
}
