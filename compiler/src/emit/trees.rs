//! Decision trees in the bundle's words. The graph's nodes and the image's rows are numbered alike.

use super::tables::Tables;
use crate::decision::tree::{On, Tree, TreeId, TreeRow};
use crate::decision::{Block, DecisionGraph};
use crate::lower::RuleSet;
use crate::lower::term::SlotId;
use mcpz_bytecode::ids;
use mcpz_bytecode::image::{BundleImage, EntryRow, IntervalImage, KeyTable, TreeImage};

/// Fills the trees; `starts` says for each block where its clauses begin.
pub fn trees(
    graph: &DecisionGraph,
    rules: &RuleSet,
    starts: &[Vec<u32>],
    tables: &mut Tables,
    image: &mut BundleImage,
) {
    let trees = graph.trees.rows().iter();
    image.trees = trees.map(|tree| tree_image(tree, graph, rules, starts, tables)).collect();
}

fn tree_image(
    tree: &Tree,
    graph: &DecisionGraph,
    rules: &RuleSet,
    starts: &[Vec<u32>],
    tables: &mut Tables,
) -> TreeImage {
    let ids = |children: &[TreeId]| children.iter().map(|child| ids::TreeId::new(child.0)).collect();
    match tree {
        Tree::Rows(rows) => TreeImage::Rows(rows.iter().map(|row| entry_row(row, graph, starts)).collect()),
        Tree::Both(children) => TreeImage::Both(ids(children)),
        Tree::Present { slot, children } => {
            TreeImage::Present { slot: place(slot, rules, tables), children: ids(children) }
        }
        Tree::Switch { on, children } => switch(on, ids(children), rules, tables),
    }
}

/// A row, and where its block goes on behind what the tree has answered: the clauses that stand first
/// in the block's order and are known to hold.
fn entry_row(row: &TreeRow, graph: &DecisionGraph, starts: &[Vec<u32>]) -> EntryRow {
    let order = graph.blocks.get(row.block).map_or(&[][..], |block: &Block| &block.order);
    let known = order.iter().take_while(|clause| row.implied.contains(clause)).count();
    let begins = starts.get(row.block).and_then(|starts| starts.get(known));
    EntryRow {
        rule: ids::RuleId::new(row.rule.index()),
        block: ids::BlockId::new(row.block),
        start: if known == 0 { 0 } else { begins.copied().unwrap_or(0) },
        late: row.late,
    }
}

fn place(slot: &SlotId, rules: &RuleSet, tables: &mut Tables) -> ids::SlotId {
    match rules.tables.slots.rows().get(slot.index()) {
        Some(slot) => tables.slot(slot),
        None => ids::SlotId::default(),
    }
}

fn switch(on: &On, children: Vec<ids::TreeId>, rules: &RuleSet, tables: &mut Tables) -> TreeImage {
    let place = |slot: &SlotId, tables: &mut Tables| place(slot, rules, tables);
    match on {
        On::Classes(cases) => TreeImage::Classes {
            cases: cases.iter().map(|(class, child)| (ids::ClassId::new(class.index()), wide(*child))).collect(),
            children,
        },
        On::Texts(slot, cases) => {
            let cases: Vec<_> =
                cases.iter().map(|(text, child)| (text.as_str(), tables.text(text), wide(*child))).collect();
            TreeImage::Texts { slot: place(slot, tables), keys: KeyTable::new(&cases), children }
        }
        On::Paths(slot, cases) => TreeImage::Paths {
            slot: place(slot, tables),
            cases: cases.iter().map(|(path, child)| (tables.path(path), wide(*child))).collect(),
            children,
        },
        On::Networks(slot, cases) => TreeImage::Networks {
            slot: place(slot, tables),
            cases: cases.iter().map(|(network, child)| (tables.network(*network), wide(*child))).collect(),
            children,
        },
        On::Numbers(slot, cases) => TreeImage::Numbers { slot: place(slot, tables), cases: intervals(cases), children },
        On::Patterns(slot, group) => TreeImage::Patterns {
            slot: place(slot, tables),
            automaton: tables.group(group),
            cases: group.cases.iter().map(|(_, found)| found.iter().map(|child| wide(*child)).collect()).collect(),
            children,
        },
    }
}

/// Intervals in order, each with the highest end of the part it is the middle of.
fn intervals(cases: &[(i128, i128, usize)]) -> Vec<IntervalImage> {
    let row = |(low, high, child): &(i128, i128, usize)| IntervalImage {
        low: *low,
        high: *high,
        highest: i128::MIN,
        child: wide(*child),
        first: Default::default(),
    };
    let mut rows: Vec<IntervalImage> = cases.iter().map(row).collect();
    IntervalImage::fill_highest(&mut rows);
    rows
}

fn wide(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
