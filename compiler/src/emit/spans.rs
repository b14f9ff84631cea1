//! Positions: byte spans with line and column.

use crate::hir::{Program, Span};
use mcpz_bytecode::ids::SourceId;
use mcpz_bytecode::image::SpanImage;

/// Where the lines of each source begin.
pub struct Lines<'p> {
    sources: Vec<(&'p str, Vec<usize>)>,
}

impl<'p> Lines<'p> {
    /// Finds the lines of a program's sources.
    pub fn new(program: &'p Program) -> Self {
        let of_text = |text: &'p str| {
            let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            (text, std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect())
        };
        Lines { sources: program.sources.iter().map(|source| of_text(&source.text)).collect() }
    }

    /// A span with its line and column.
    pub fn span(&self, span: Span) -> SpanImage {
        let start = usize::try_from(span.start).unwrap_or(usize::MAX);
        let (line, column) = match self.sources.get(span.source.index()) {
            Some((text, begins)) => {
                let line = begins.partition_point(|begin| *begin <= start);
                let begin = begins.get(line.saturating_sub(1)).copied().unwrap_or(0);
                let before = text.get(begin..start).map_or(0, |before| before.chars().count());
                (line, before + 1)
            }
            None => (1, 1),
        };
        SpanImage {
            source: SourceId::new(span.source.index()),
            start: span.start,
            end: span.end,
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(column).unwrap_or(u32::MAX),
        }
    }
}
