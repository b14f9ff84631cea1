//! Results for people and programs.

pub mod chart;
pub mod docs;
pub mod json;
pub mod summary;
pub mod table;

/// Nanoseconds for people.
pub fn time(ns: f64) -> String {
    match ns {
        ns if ns < 100.0 => format!("{ns:.1} ns"),
        ns if ns < 1_000.0 => format!("{ns:.0} ns"),
        ns if ns < 10_000.0 => format!("{:.2} \u{b5}s", ns / 1e3),
        ns if ns < 100_000.0 => format!("{:.1} \u{b5}s", ns / 1e3),
        ns if ns < 1_000_000.0 => format!("{:.0} \u{b5}s", ns / 1e3),
        ns if ns < 1e9 => format!("{:.2} ms", ns / 1e6),
        ns => format!("{:.2} s", ns / 1e9),
    }
}

/// Bytes for people.
pub fn size(bytes: f64) -> String {
    match bytes {
        bytes if bytes < 1_024.0 => format!("{bytes:.0} B"),
        bytes if bytes < 1_048_576.0 => format!("{:.1} KiB", bytes / 1_024.0),
        bytes => format!("{:.1} MiB", bytes / 1_048_576.0),
    }
}

/// A count that may be large.
pub fn count(value: f64) -> String {
    match value {
        value if value < 100.0 && value.fract() != 0.0 => format!("{value:.1}"),
        value if value < 10_000.0 => format!("{value:.0}"),
        value if value < 1e6 => format!("{:.0}k", value / 1e3),
        value => format!("{:.1}M", value / 1e6),
    }
}
