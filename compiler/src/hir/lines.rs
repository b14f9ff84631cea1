//! Where the lines of the sources begin: positions of many spans, each source read once, and only if somebody asks.

use super::{Source, Span};
use std::cell::OnceCell;

/// The lines of all sources.
pub struct Lines<'s> {
    sources: Vec<(&'s str, OnceCell<Vec<usize>>)>,
}

impl<'s> Lines<'s> {
    /// The lines of these sources.
    pub fn new(sources: &'s [Source]) -> Self {
        Lines { sources: sources.iter().map(|source| (source.text.as_str(), OnceCell::new())).collect() }
    }

    /// Line and column, in characters, of where a span begins; both from one.
    pub fn place(&self, span: Span) -> (usize, usize) {
        let Some((text, begins)) = self.sources.get(span.source.index()) else { return (1, 1) };
        let begins = begins.get_or_init(|| {
            let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect()
        });
        let start = usize::try_from(span.start).unwrap_or(usize::MAX).min(text.len());
        let line = begins.partition_point(|begin| *begin <= start);
        let begin = begins.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let before = text.get(begin..start).map_or(0, |before| before.chars().count());
        (line, before + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::plain;
    use crate::hir::{PackageId, SourceId};

    #[test]
    fn every_place_is_where_a_reader_from_the_beginning_finds_it() {
        let text = "é a\n\n  bc\nd";
        let sources = [Source { path: "a".into(), text: text.into(), package: PackageId(0) }];
        let lines = Lines::new(&sources);
        for start in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
            let start = u32::try_from(start).unwrap();
            let (line, column, _) = plain::locate(text, start);
            assert_eq!(lines.place(Span { source: SourceId(0), start, end: start }), (line, column), "{start}");
        }
    }
}
