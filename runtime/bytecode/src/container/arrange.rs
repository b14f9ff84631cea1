//! The order in which rules are stored.
//!
//! In memory rules stand in canonical order: by file, then position. In a bundle they stand in the order of
//! their blocks, which depends on what they say alone, and reading puts them back by their positions: so rules
//! that are moved change nothing but positions. Where positions do not tell the order, rules are stored as they
//! stand.

use super::wire::{Reader, WireError, Writer};
use crate::ids::RuleId;
use crate::image::{BundleImage, EntryRow, Rule, Rules, TreeNode, Trees};
use crate::packed::{Rows, append};
use alloc::vec;
use alloc::vec::Vec;

/// Rows of the rules in the order of storing; `None` when they are stored as they stand.
pub(super) fn stored_order(image: &BundleImage) -> Option<Vec<usize>> {
    let mut blocks = vec![u32::MAX; image.rules.len()];
    for row in image.trees.iter().flat_map(leaf_rows) {
        if let Some(first) = blocks.get_mut(row.rule.index()) {
            *first = row.block.0.min(*first);
        }
    }
    let mut order: Vec<usize> = (0..image.rules.len()).collect();
    order.sort_by_key(|row| blocks.get(*row));
    let mut back = order.clone();
    back.sort_by_key(|row| image.rule(RuleId::new(*row)).map(|rule| (rule.span().source, rule.span().start)));
    back.is_sorted().then_some(order)
}

/// The rules as they are stored.
pub(super) fn stored_rules(image: &BundleImage, order: &[usize]) -> Rules {
    let mut rules = Rules::default();
    let stored = order.iter().filter_map(|row| image.rule(RuleId::new(*row)).and_then(Rule::to_image));
    stored.for_each(|rule| rules.push(&rule, &image.sources));
    rules
}

/// The trees with rules numbered as they are stored.
pub(super) fn stored_trees(image: &BundleImage, order: &[usize]) -> Trees {
    let mut trees = image.trees.clone();
    renumber(&mut trees, order);
    trees
}

/// Writes, of each rule in canonical order, where it is stored.
pub(super) fn write_order(order: &[usize], out: &mut Writer) {
    let mut stored = vec![0_u32; order.len()];
    for (at, rule) in order.iter().enumerate() {
        if let Some(place) = stored.get_mut(*rule) {
            *place = RuleId::new(at).0;
        }
    }
    append(stored, &mut out.bytes);
}

/// Reads what [`write_order`] wrote: positions ascend in it, so that it holds every rule once.
pub(super) fn read_order(rules: &Rules, input: &mut Reader<'_>) -> Result<Vec<u32>, WireError> {
    let order = Rows::<u32>::of(input.take(rules.len().saturating_mul(size_of::<u32>()))?);
    let place = |row: u32| rules.spans().at(row).map(|span| (span.source, span.start, row));
    let ascends = order.iter().zip(order.from(1)).all(|(row, next)| place(row) < place(next));
    if ascends && order.iter().all(|row| place(row).is_some()) {
        Ok(order.to_vec())
    } else {
        Err(WireError("rules are not in the order of their positions"))
    }
}

/// Gives the rules in the leaves of trees that were read their numbers in canonical order.
pub(super) fn restore(image: &mut BundleImage) {
    let order: Vec<usize> = image.rules.order.iter().map(|row| RuleId(*row).index()).collect();
    renumber(&mut image.trees, &order);
}

/// Numbers the rules of all rows anew: the rule at `order[n]` becomes rule n. Rows stay sorted.
fn renumber(trees: &mut Trees, order: &[usize]) {
    let mut numbers = vec![RuleId::default(); order.len()];
    for (number, row) in order.iter().enumerate() {
        if let Some(place) = numbers.get_mut(*row) {
            *place = RuleId::new(number);
        }
    }
    // A rule that is not there stays so, and the verifier says it.
    trees.renumber(|rule| numbers.get(rule.index()).copied().unwrap_or(rule));
}

fn leaf_rows(tree: TreeNode<'_>) -> Rows<'_, EntryRow> {
    match tree {
        TreeNode::Rows(rows) => rows,
        _ => Rows::default(),
    }
}
