//! Results as one table for a terminal or a page: a line for each workload and engine.

use super::summary::{self, load, row};
use super::{count, size, time};
use crate::measure::{Case, Form};
use crate::run::Results;

/// Heads of the columns. Times are p50 and, after a slash, p99.
pub const HEADS: [&str; 15] = [
    "workload",
    "rules",
    "engine",
    "read: mixed",
    "400 B: hit",
    "400 B: miss",
    "400 B: mixed",
    "4 KB: mixed",
    "allocations",
    "instructions",
    "compile",
    "load",
    "bytes a rule",
    "memory",
    "of hand_sonic",
];

/// Cells, line by line.
pub fn lines(results: &Results) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    for at in summary::workloads(results) {
        for engine in summary::engines(results, at) {
            lines.push(line(results, at, engine));
        }
    }
    lines
}

fn line(results: &Results, at: (&str, usize), engine: &str) -> Vec<String> {
    let cell = |form, case| row(results, at, engine, form, case);
    let times = |form, case| {
        cell(form, case).map_or_else(nothing, |row| format!("{} / {}", time(row.p50_ns), time(row.p99_ns)))
    };
    let mixed = cell(Form::Bytes400, Case::Mixed);
    let loaded = load(results, at, engine);
    let hand = row(results, at, "hand_sonic", Form::Bytes400, Case::Mixed);
    let ratio = mixed.zip(hand).map(|(own, hand)| format!("{:.2}x", own.p50_ns / hand.p50_ns));
    let optional = |value: Option<String>| value.unwrap_or_else(nothing);
    vec![
        at.0.to_owned(),
        at.1.to_string(),
        engine.to_owned(),
        times(Form::Read, Case::Mixed),
        times(Form::Bytes400, Case::Hit),
        times(Form::Bytes400, Case::Miss),
        times(Form::Bytes400, Case::Mixed),
        times(Form::Bytes4k, Case::Mixed),
        optional(mixed.and_then(|row| row.allocations).map(count)),
        optional(mixed.and_then(|row| row.instructions).map(count)),
        optional(loaded.and_then(|row| row.compile_ms).map(|ms| time(ms * 1e6))),
        optional(loaded.map(|row| time(row.load_ms * 1e6))),
        optional(loaded.and_then(|row| row.bytes_per_rule).map(count)),
        optional(loaded.and_then(|row| row.memory_bytes).map(|bytes| size(bytes as f64))),
        optional(ratio),
    ]
}

fn nothing() -> String {
    "-".to_owned()
}

/// The table for a terminal.
pub fn text(results: &Results) -> String {
    let lines = lines(results);
    let width = |column: usize| {
        let cells = lines.iter().map(|line| line[column].chars().count());
        cells.chain([HEADS[column].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..HEADS.len()).map(width).collect();
    let padded = |cells: Vec<&str>| {
        let cells = cells.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
            if matches!(column, 0 | 2) { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut text = padded(HEADS.to_vec()) + "\n";
    for line in &lines {
        text += &padded(line.iter().map(String::as_str).collect());
        text.push('\n');
    }
    text + &below(results)
}

/// Growth, throughput, attacks, and what was left out.
fn below(results: &Results) -> String {
    let mut text = String::from("\nTimes are p50 / p99 of a decision.\n\nGrowth of mixed calls\n");
    for (engine, forms) in summary::growth(results) {
        for (form, growth) in forms {
            let (from, to) = (growth.from_rules, growth.to_rules);
            let rows = if growth.in_turns { "" } else { ", from the rows" };
            let (half, most) = (growth.p50, growth.p99);
            text += &format!("  {engine:<16} {form:<15} {from} to {to} rules: p50 {half}x, p99 {most}x{rows}\n");
        }
    }
    text += "\nTwo threads on one program\n";
    for (engine, rows) in &results.throughput {
        for row in rows {
            let (one, two) = (count(row.one), count(row.two));
            let form = row.input.name();
            text +=
                &format!("  {engine:<16} {} {form:<9} {one}/s alone, {two}/s together: {}x\n", row.workload, row.ratio);
        }
    }
    text += "\nAttacks\n";
    for row in &results.attacks {
        let (half, most) = (time(row.p50_ns), time(row.p99_ns));
        text += &format!("  {:<16} {:<16} {half} / {most}\n", row.attack, row.engine);
    }
    for line in &results.skipped {
        text += &format!("left out: {line}\n");
    }
    text + &format!("processors busy elsewhere meanwhile: {}\n", results.machine.busy_elsewhere)
}
