//! Records as they are read back, to be shown or exported. Whether the log is sound is [`super::verify`]'s affair.

use super::line;
use super::segment::{self, Lines, Next};
use crate::policy::hex;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A record read back.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its hash in the chain, lower-case hexadecimal.
    pub hash: String,
    /// The record.
    pub record: Value,
}

impl Entry {
    /// Reads a line; `None` when it is none.
    pub fn read(text: &[u8]) -> Option<Entry> {
        let line = line::parse(text)?;
        Some(Entry { hash: hex(&line.hash), record: serde_json::from_slice(line.body).ok()? })
    }

    /// A field that is a text; empty when it is not there.
    pub fn text(&self, name: &str) -> &str {
        self.record.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// A field that is a number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.record.get(name).and_then(Value::as_u64)
    }

    /// Texts of a list.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        let elements = self.record.get(name).and_then(Value::as_array);
        elements.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// The links of the caller's chain: kind, source, subject.
    pub fn chain(&self) -> Vec<(&str, &str, &str)> {
        let links = self.record.get("chain").and_then(Value::as_array);
        links
            .into_iter()
            .flatten()
            .map(|link| {
                let part = |name: &str| link.get(name).and_then(Value::as_str).unwrap_or_default();
                (part("kind"), part("source"), part("subject"))
            })
            .collect()
    }

    /// Whether it is about a message that was decided, and not about the log itself.
    pub fn is_decision(&self) -> bool {
        self.text("kind") == "decision"
    }

    /// Whether it keeps the log itself: checkpoints, segments, opening and closing.
    pub fn is_bookkeeping(&self) -> bool {
        matches!(self.text("kind"), "segment" | "checkpoint" | "opened" | "closed")
    }
}

/// Reads a log from its beginning, and goes on as it grows.
pub struct Reader {
    folder: PathBuf,
    /// The segment being read.
    segment: Option<u64>,
    /// Where its next line begins.
    offset: u64,
}

impl Reader {
    /// Of the log in a folder.
    pub fn new(folder: &Path) -> Reader {
        Reader { folder: folder.to_owned(), segment: None, offset: 0 }
    }

    /// Hands over every whole line that has not been read yet; how many were none. A line that is still being written
    /// waits for the next time.
    pub fn read(&mut self, mut take: impl FnMut(Entry)) -> std::io::Result<u64> {
        let mut unreadable = 0_u64;
        for (number, path) in segment::list(&self.folder)? {
            match self.segment {
                Some(current) if number < current => continue,
                Some(current) if number == current => {}
                _ => (self.segment, self.offset) = (Some(number), 0),
            }
            let mut lines = Lines::starting_at(&path, self.offset)?;
            let mut is_within = false;
            loop {
                match lines.advance()? {
                    // What comes next are more pieces of the same line.
                    Next::TooLong => is_within = true,
                    Next::Line(text) => {
                        match Entry::read(text).filter(|_| !is_within) {
                            Some(entry) => take(entry),
                            None => unreadable = unreadable.saturating_add(1),
                        }
                        is_within = false;
                        self.offset = lines.end();
                    }
                    Next::Torn(_) | Next::End => break,
                }
            }
        }
        Ok(unreadable)
    }
}
