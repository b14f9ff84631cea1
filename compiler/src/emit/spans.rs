//! Positions in the bundle's words: byte spans with line and column.

use crate::hir::Span;
use crate::hir::lines::Lines;
use mcpz_bytecode::ids::SourceId;
use mcpz_bytecode::image::SpanImage;

/// A span with its line and column.
pub fn span_image(lines: &Lines<'_>, span: Span) -> SpanImage {
    let (line, column) = lines.place(span);
    SpanImage {
        source: SourceId::new(span.source.index()),
        start: span.start,
        end: span.end,
        line: u32::try_from(line).unwrap_or(u32::MAX),
        column: u32::try_from(column).unwrap_or(u32::MAX),
    }
}
