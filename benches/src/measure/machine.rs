//! Where the figures were measured, and whether anybody else was busy there.

use serde::Serialize;
use std::fs;
use std::process::Command;
use std::time::Instant;

/// A machine.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Machine {
    /// Its processor.
    pub cpu: String,
    /// How many of them.
    pub cores: usize,
    /// Memory, in GiB.
    pub memory_gib: f64,
    /// Its system.
    pub os: String,
    /// The compiler.
    pub rustc: String,
    /// Extra instructions that the compiler might use, for every engine alike.
    pub target_features: String,
    /// Processors that others kept busy while it was measured, on average; below 0.1 is quiet.
    pub busy_elsewhere: f64,
}

/// Describes this machine. `busy_elsewhere` is filled in at the end of a run.
pub fn describe() -> Machine {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": unknown");
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib = memory.split_whitespace().nth(1).and_then(|word| word.parse::<f64>().ok()).unwrap_or(0.0);
    Machine {
        cpu: cpu.trim_start_matches([' ', '\t', ':']).to_owned(),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        memory_gib: (kib / 1024.0 / 1024.0 * 10.0).round() / 10.0,
        os: first_line("uname", &["-sr"]),
        rustc: first_line("rustc", &["--version"]),
        target_features: if cfg!(target_feature = "avx2") { "native".to_owned() } else { "baseline".to_owned() },
        busy_elsewhere: 0.0,
    }
}

fn first_line(program: &str, words: &[&str]) -> String {
    let output = Command::new(program).args(words).output().ok();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.lines().next().unwrap_or("unknown").to_owned()
}

/// Processor time since a moment: of all, and of ourselves and the children we waited for.
pub struct Watch {
    start: Instant,
    all: f64,
    own: f64,
}

/// Ticks a second in `/proc`, on every Linux there is.
const TICKS: f64 = 100.0;

impl Watch {
    /// Starts to watch.
    pub fn start() -> Watch {
        Watch { start: Instant::now(), all: all_seconds(), own: own_seconds() }
    }

    /// Processors that others kept busy since, on average.
    pub fn busy_elsewhere(&self) -> f64 {
        let others = (all_seconds() - self.all) - (own_seconds() - self.own);
        (others.max(0.0) / self.start.elapsed().as_secs_f64() * 100.0).round() / 100.0
    }
}

/// Busy seconds of all processors: user, nice, system, interrupts, stolen.
fn all_seconds() -> f64 {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let ticks: Vec<f64> = numbers(text.lines().next().unwrap_or_default());
    [0, 1, 2, 5, 6, 7].into_iter().filter_map(|at| ticks.get(at)).sum::<f64>() / TICKS
}

/// Busy seconds of this process and its children: user and system.
fn own_seconds() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = text.rsplit(')').next().unwrap_or_default();
    // The first two words after the name are no numbers; `utime` is the 12th word after it.
    let words: Vec<&str> = after_name.split_whitespace().collect();
    words.get(11..15).unwrap_or_default().iter().filter_map(|word| word.parse::<f64>().ok()).sum::<f64>() / TICKS
}

fn numbers(line: &str) -> Vec<f64> {
    line.split_whitespace().filter_map(|word| word.parse().ok()).collect()
}
