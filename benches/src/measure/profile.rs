//! Where the instructions of a decision go: callgrind's count of every function, what it calls included.
//!
//! A figure that is missed is explained by this, and by nothing else.

use super::instructions::{DECISIONS, Input};
use crate::engines::EngineName;
use crate::model::Workload;
use std::path::Path;
use std::process::Command;

/// Most functions that are listed.
const MOST: usize = 24;

/// What the first line is called.
const WHOLE: &str = "all";
/// What takes more than this share, and is none of mcpz', only stands above it.
const ALL_BUT: f64 = 0.99;

/// A function.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Its name.
    pub function: String,
    /// Instructions in it and in what it calls, for each decision, or for one load.
    pub instructions: f64,
}

impl Line {
    /// Whether the function is one of mcpz.
    fn is_ours(&self) -> bool {
        ["mcpz_runtime", "mcpz_bytecode"].iter().any(|name| self.function.contains(name))
    }
}

/// The functions that take most, the dearest first; the first line is the whole.
pub fn profile(engine: EngineName, workload: &Workload, input: Input, cache: &Path) -> Result<Vec<Line>, String> {
    let file = cache.join(format!("profile-{}-{}-{}.out", workload.name, workload.rules.len(), input.name()));
    super::instructions::callgrind(engine, workload, input, cache, &file)?;
    let output = Command::new("callgrind_annotate")
        .args(["--inclusive=yes", "--threshold=100", "--show-percs=no"])
        .arg(&file)
        .output()
        .map_err(|error| format!("callgrind_annotate: {error}"))?;
    let each = if input == Input::Load { 1.0 } else { DECISIONS as f64 };
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines: Vec<Line> = text.lines().filter_map(|line| read(line, each)).collect();
    let whole = lines.first().map_or(0.0, |line| line.instructions);
    lines.retain(|line| line.function == WHOLE || line.is_ours() || line.instructions < whole * ALL_BUT);
    lines.truncate(MOST);
    if lines.is_empty() { Err("callgrind says nothing".to_owned()) } else { Ok(lines) }
}

/// `12,345  file:function [object]`, or the total.
fn read(line: &str, each: f64) -> Option<Line> {
    let (count, rest) = line.trim_start().split_once(' ')?;
    let count: f64 = count.replace(',', "").parse().ok()?;
    let rest = rest.trim_start();
    if rest.starts_with("PROGRAM TOTALS") {
        return Some(Line { function: WHOLE.to_owned(), instructions: count / each });
    }
    let name = rest.split(" [").next()?;
    // Behind the file's name.
    let function = name.split_once(':').map_or(name, |(_, function)| function);
    Some(Line { function: function.to_owned(), instructions: count / each })
}

/// A table for people.
pub fn table(title: &str, lines: &[Line]) -> String {
    let whole = lines.first().map_or(1.0, |line| line.instructions.max(1.0));
    let mut text = format!("\n{title}\n\n  instructions   share  function, with what it calls\n");
    for line in lines {
        let share = 100.0 * line.instructions / whole;
        text += &format!("  {:>12.0}  {share:>5.1}%  {}\n", line.instructions, line.function);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_callgrind_are_read() {
        let line = "12,400 /src/decide.rs:mcpz_runtime::decide::decide'2 [/bin/bench]";
        let wanted = Line { function: "mcpz_runtime::decide::decide'2".to_owned(), instructions: 62.0 };
        assert_eq!(read(line, 200.0), Some(wanted));
        assert_eq!(
            read("400 PROGRAM TOTALS", 2.0).map(|line| (line.function, line.instructions)),
            Some(("all".into(), 200.0))
        );
        assert_eq!(read("--------", 1.0), None);
        assert_eq!(read("Ir file:function", 1.0), None);
    }
}
