//! Places in files, and edits to them.

use mcpz_compiler::hir::{PackageId, SourceId};
use std::ops::Range;

/// A file of a package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum File {
    /// A policy, manifest or lock.
    Source(SourceId),
    /// A catalog or data file.
    Beside {
        /// The package.
        package: PackageId,
        /// Its path below the package, with `/`.
        path: String,
    },
}

/// A range of bytes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The file.
    pub file: File,
    /// The bytes.
    pub range: Range<u32>,
}

/// A replacement in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextEdit {
    /// What is replaced; empty to insert.
    pub range: Range<u32>,
    /// By what.
    pub text: String,
}

impl TextEdit {
    /// Puts a text at an offset.
    pub fn insert(at: u32, text: impl Into<String>) -> TextEdit {
        TextEdit { range: at..at, text: text.into() }
    }
}

/// Edits of several files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileEdits {
    /// The edits of each file; they do not overlap.
    pub files: Vec<(File, Vec<TextEdit>)>,
}

impl FileEdits {
    /// Adds an edit of a file.
    pub fn add(&mut self, file: File, edit: TextEdit) {
        match self.files.iter_mut().find(|(known, _)| *known == file) {
            Some((_, edits)) if edits.contains(&edit) => {}
            Some((_, edits)) => edits.push(edit),
            None => self.files.push((file, vec![edit])),
        }
    }
}

/// A length or offset as the `u32` that ranges use.
pub fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// An offset as an index into a text.
pub fn index(at: u32) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}
