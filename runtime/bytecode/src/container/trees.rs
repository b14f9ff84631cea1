//! How decision trees are written. Their lists are read into the tables of [`Trees`], without a node made in between.

use super::wire::{Reader, Wire, WireError, Writer, length_u32, read_length, write_short};
use crate::image::{IntervalImage, KeyLists, Keys, Node, TreeNode, Trees};
use crate::lists::{List, Lists};

/// Tags of nodes.
const ROWS: u8 = 0;
const BOTH: u8 = 1;
const CLASSES: u8 = 2;
const TEXTS: u8 = 3;
const PATHS: u8 = 4;
const NETWORKS: u8 = 5;
const NUMBERS: u8 = 6;
const PATTERNS: u8 = 7;
const PRESENT: u8 = 8;

impl Wire for Trees {
    fn write(&self, out: &mut Writer) {
        write_short(length_u32(self.len()), out);
        self.iter().for_each(|node| write_node(node, out));
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let length = read_length(input)?;
        let mut trees = Trees::default();
        trees.reserve(length);
        for _ in 0..length {
            let node = read_node(input, &mut trees)?;
            trees.push_node(node);
        }
        trees.each_intervals(|cases, _| {
            IntervalImage::fill_highest(cases);
        });
        trees.shrink();
        Ok(trees)
    }
}

fn write_node(node: TreeNode<'_>, out: &mut Writer) {
    match node {
        TreeNode::Rows(rows) => {
            ROWS.write(out);
            write_list(rows, out);
        }
        TreeNode::Both(_) => BOTH.write(out),
        TreeNode::Classes { cases, .. } => {
            CLASSES.write(out);
            write_list(cases, out);
        }
        TreeNode::Texts { slot, keys, .. } => {
            TEXTS.write(out);
            slot.write(out);
            write_keys(keys, out);
        }
        TreeNode::Paths { slot, cases, .. } => {
            PATHS.write(out);
            slot.write(out);
            write_list(cases, out);
        }
        TreeNode::Networks { slot, cases, .. } => {
            NETWORKS.write(out);
            slot.write(out);
            write_list(cases, out);
        }
        TreeNode::Numbers { slot, cases, .. } => {
            NUMBERS.write(out);
            slot.write(out);
            write_list(cases, out);
        }
        TreeNode::Patterns { slot, automaton, cases, .. } => {
            PATTERNS.write(out);
            slot.write(out);
            automaton.write(out);
            write_short(length_u32(cases.len()), out);
            cases.iter().for_each(|case| write_list(case, out));
        }
        TreeNode::Present { slot, .. } => {
            PRESENT.write(out);
            slot.write(out);
        }
    }
    if !matches!(node, TreeNode::Rows(_)) {
        write_list(node.children(), out);
    }
}

fn write_keys(keys: Keys<'_>, out: &mut Writer) {
    write_list(keys.seeds, out);
    write_list(keys.rows, out);
    write_list(keys.more, out);
}

fn read_node(input: &mut Reader<'_>, trees: &mut Trees) -> Result<Node, WireError> {
    let lists = &mut trees.lists;
    Ok(match u8::read(input)? {
        ROWS => Node::Rows(read_list(&mut lists.rows, input)?),
        BOTH => Node::Both(read_list(&mut lists.children, input)?),
        CLASSES => {
            let cases = read_list(&mut lists.classes, input)?;
            Node::Classes { cases, children: read_list(&mut lists.children, input)? }
        }
        TEXTS => {
            let slot = Wire::read(input)?;
            let seeds = read_list(&mut lists.seeds, input)?;
            let rows = read_list(&mut lists.keys, input)?;
            let keys = KeyLists { seeds, rows, more: read_list(&mut lists.more, input)? };
            Node::Texts { slot, keys, children: read_list(&mut lists.children, input)? }
        }
        PATHS => {
            let (slot, cases) = (Wire::read(input)?, read_list(&mut lists.keys, input)?);
            Node::Paths { slot, cases, children: read_list(&mut lists.children, input)? }
        }
        NETWORKS => {
            let (slot, cases) = (Wire::read(input)?, read_list(&mut lists.keys, input)?);
            Node::Networks { slot, cases, children: read_list(&mut lists.children, input)? }
        }
        NUMBERS => {
            let (slot, cases) = (Wire::read(input)?, read_list(&mut lists.intervals, input)?);
            Node::Numbers { slot, cases, children: read_list(&mut lists.children, input)? }
        }
        PATTERNS => {
            let (slot, automaton) = (Wire::read(input)?, Wire::read(input)?);
            let length = read_length(input)?;
            let positions = &mut lists.positions;
            let cases = lists.patterns.try_add((0..length).map(|_| read_list(positions, input)))?;
            Node::Patterns { slot, automaton, cases, children: read_list(&mut lists.children, input)? }
        }
        PRESENT => {
            let slot = Wire::read(input)?;
            Node::Present { slot, children: read_list(&mut lists.children, input)? }
        }
        _ => return Err(WireError("no such TreeImage")),
    })
}

/// Reads the rows of a list into their table.
pub(super) fn read_list<T: Wire>(table: &mut Lists<T>, input: &mut Reader<'_>) -> Result<List, WireError> {
    let length = read_length(input)?;
    table.try_add((0..length).map(|_| T::read(input)))
}

/// Writes the rows of a list.
pub(super) fn write_list<T: Wire>(rows: &[T], out: &mut Writer) {
    write_short(length_u32(rows.len()), out);
    rows.iter().for_each(|row| row.write(out));
}
