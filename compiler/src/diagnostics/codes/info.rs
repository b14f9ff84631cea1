//! What is known about a code, whatever the program.

use crate::diagnostics::Severity;

/// A code: its text for the error index and `mcpz explain`, and its examples.
///
/// An example is policy text that is added, as `policy/example.mcpz`, to the package in the folder
/// `frame` beside this file. A line `-- PATH --` starts another file, which is added to the package or
/// takes the place of the frame's file of that name; a path that starts with `../` belongs to
/// another package.
#[derive(Debug, Clone, Copy)]
pub struct CodeInfo {
    /// `E0102`.
    pub code: &'static str,
    /// `unknown-name`: kebab case, for `[lints]` and links.
    pub name: &'static str,
    /// Error or warning.
    pub severity: Severity,
    /// One line: what is wrong.
    pub summary: &'static str,
    /// Why it is an error and what to do, in a few sentences of Markdown.
    pub explanation: &'static str,
    /// An example that has exactly this diagnostic.
    pub bad: &'static str,
    /// The example mended.
    pub good: &'static str,
}
