//! Orders definitions so that each comes after what it uses, and finds the circles.

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::BTreeSet;

/// What ordering gives.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Order {
    /// All rows, what is used before what uses it; rows that do not depend on each other keep their order.
    pub rows: Vec<usize>,
    /// Circles, each starting at its lowest row and following uses; sorted.
    pub circles: Vec<Vec<usize>>,
}

/// Orders rows `0..uses.len()`; `uses[i]` are the rows that row `i` uses. Unknown rows are passed over.
pub fn dependency_order(uses: &[Vec<usize>]) -> Order {
    let mut graph: DiGraph<usize, ()> = DiGraph::new();
    let nodes: Vec<NodeIndex> = (0..uses.len()).map(|row| graph.add_node(row)).collect();
    for (row, used) in uses.iter().enumerate() {
        let used: BTreeSet<usize> = used.iter().copied().collect();
        for target in used {
            if let (Some(from), Some(to)) = (nodes.get(row), nodes.get(target)) {
                graph.add_edge(*from, *to, ());
            }
        }
    }
    let mut circles = Vec::new();
    for component in kosaraju_scc(&graph) {
        let mut rows: Vec<usize> = component.iter().filter_map(|node| graph.node_weight(*node)).copied().collect();
        rows.sort_unstable();
        let alone = rows.len() == 1;
        if !alone || rows.first().is_some_and(|row| uses[*row].contains(row)) {
            circles.push(walk_circle(&rows, uses));
        }
    }
    circles.sort();
    Order { rows: sorted_rows(uses), circles }
}

/// A walk through a component from its lowest row along uses inside it, until a row repeats.
fn walk_circle(rows: &[usize], uses: &[Vec<usize>]) -> Vec<usize> {
    let inside: BTreeSet<usize> = rows.iter().copied().collect();
    let mut walk: Vec<usize> = Vec::new();
    let mut next = rows.first().copied();
    while let Some(row) = next {
        if let Some(at) = walk.iter().position(|seen| *seen == row) {
            return walk.split_off(at);
        }
        walk.push(row);
        let used = uses.get(row).map_or(&[][..], Vec::as_slice);
        next = used.iter().copied().find(|target| inside.contains(target));
    }
    walk
}

/// Repeatedly takes the lowest row whose uses are all taken; rows in circles come last, in their order.
fn sorted_rows(uses: &[Vec<usize>]) -> Vec<usize> {
    let mut waiting: Vec<BTreeSet<usize>> = Vec::with_capacity(uses.len());
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); uses.len()];
    for (row, used) in uses.iter().enumerate() {
        let used: BTreeSet<usize> = used.iter().copied().filter(|target| *target < uses.len()).collect();
        for target in &used {
            users[*target].push(row);
        }
        waiting.push(used);
    }
    let mut ready: BTreeSet<usize> = (0..uses.len()).filter(|row| waiting[*row].is_empty()).collect();
    let mut rows = Vec::with_capacity(uses.len());
    while let Some(row) = ready.pop_first() {
        rows.push(row);
        for user in &users[row] {
            if waiting[*user].remove(&row) && waiting[*user].is_empty() {
                ready.insert(*user);
            }
        }
    }
    let taken: BTreeSet<usize> = rows.iter().copied().collect();
    rows.extend((0..uses.len()).filter(|row| !taken.contains(row)));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_comes_first_and_circles_are_named() {
        let order = dependency_order(&[vec![2], vec![], vec![1]]);
        assert_eq!(order, Order { rows: vec![1, 2, 0], circles: vec![] });
        let order = dependency_order(&[vec![1], vec![2], vec![1], vec![3]]);
        assert_eq!(order.circles, vec![vec![1, 2], vec![3]]);
        assert_eq!(order.rows.len(), 4);
    }

    #[test]
    fn a_long_chain_does_not_overflow_the_stack() {
        let uses: Vec<Vec<usize>> = (0..100_000).map(|row| if row == 0 { vec![] } else { vec![row - 1] }).collect();
        assert_eq!(dependency_order(&uses).rows.len(), 100_000);
    }
}
