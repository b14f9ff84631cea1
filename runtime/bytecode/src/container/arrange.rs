//! The order in which rules are stored.
//!
//! In memory rules stand in canonical order: by file, then position. In a bundle they stand in the order of
//! their blocks, which depends on what they say alone, and reading puts them back by their positions: so rules
//! that are moved change nothing but positions. Where positions do not tell the order, rules are stored as they
//! stand.

use crate::ids::RuleId;
use crate::image::{BundleImage, EntryRow, Rule, Rules, TreeNode, Trees};
use crate::packed::Rows;
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

/// Gives rules that were read their numbers in canonical order.
pub(super) fn restore(image: &mut BundleImage) {
    let order = image.rules.by_position();
    renumber(&mut image.trees, &order);
    image.rules.order = order.into_iter().map(|row| RuleId::new(row).0).collect();
}

/// Numbers the rules of all rows anew: the rule at `order[n]` becomes rule n. Rows stay sorted.
fn renumber(trees: &mut Trees, order: &[usize]) {
    let mut numbers = vec![RuleId::default(); order.len()];
    for (number, row) in order.iter().enumerate() {
        if let Some(place) = numbers.get_mut(*row) {
            *place = RuleId::new(number);
        }
    }
    trees.each_leaf(|rows| {
        for row in rows.iter_mut() {
            // A rule that is not there stays so, and the verifier says it.
            row.rule = numbers.get(row.rule.index()).copied().unwrap_or(row.rule);
        }
        rows.sort_unstable_by_key(|row| (row.rule, row.block));
    });
}

fn leaf_rows(tree: TreeNode<'_>) -> Rows<'_, EntryRow> {
    match tree {
        TreeNode::Rows(rows) => rows,
        _ => Rows::default(),
    }
}
