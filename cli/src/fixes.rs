//! Machine fixes: which of them can be made together, and what the files then read.

use mcpz_compiler::diagnostics::{Diagnostic, Edit};
use mcpz_compiler::hir::Source;
use std::collections::BTreeMap;

/// What applying fixes came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fixed {
    /// New text by source index.
    pub texts: BTreeMap<usize, String>,
    /// Titles of the fixes made.
    pub made: Vec<String>,
    /// How many fixes were left for the next round, because they touch the same place.
    pub left: usize,
}

/// Makes the first fix of every diagnostic that has one, as long as they do not overlap.
pub fn apply(diagnostics: &[Diagnostic], sources: &[Source]) -> Fixed {
    let mut fixed = Fixed::default();
    let mut chosen: Vec<&Edit> = Vec::new();
    for fix in diagnostics.iter().filter_map(|diagnostic| diagnostic.fixes.first()) {
        let free = fix.edits.iter().all(|edit| is_sound(edit, sources) && !chosen.iter().any(|c| overlap(c, edit)));
        if free {
            chosen.extend(&fix.edits);
            fixed.made.push(fix.title.clone());
        } else {
            fixed.left += 1;
        }
    }
    // From the end of each file, so that earlier offsets stay true.
    chosen.sort_by_key(|edit| (edit.span.source, std::cmp::Reverse(edit.span.start)));
    for edit in chosen {
        let index = edit.span.source.index();
        let text = fixed.texts.entry(index).or_insert_with(|| sources[index].text.clone());
        text.replace_range(bytes(edit), &edit.text);
    }
    fixed
}

fn bytes(edit: &Edit) -> std::ops::Range<usize> {
    let at = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
    at(edit.span.start)..at(edit.span.end)
}

fn is_sound(edit: &Edit, sources: &[Source]) -> bool {
    sources.get(edit.span.source.index()).is_some_and(|source| source.text.get(bytes(edit)).is_some())
}

/// Whether two edits touch: insertions at the same place do.
fn overlap(a: &Edit, b: &Edit) -> bool {
    a.span.source == b.span.source && a.span.start <= b.span.end && b.span.start <= a.span.end
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcpz_compiler::diagnostics::{Fix, Severity};
    use mcpz_compiler::hir::{PackageId, SourceId, Span};

    fn fix(start: u32, end: u32, text: &str) -> Diagnostic {
        let span = Span { source: SourceId(0), start, end };
        Diagnostic {
            code: "E0102",
            severity: Severity::Error,
            message: String::new(),
            span,
            label: String::new(),
            related: Vec::new(),
            help: None,
            fixes: vec![Fix { title: format!("to {text}"), edits: vec![Edit { span, text: text.to_owned() }] }],
            tag: None,
        }
    }

    fn sources(text: &str) -> Vec<Source> {
        vec![Source { path: "p/a.mcpz".to_owned(), text: text.to_owned(), package: PackageId(0) }]
    }

    #[test]
    fn fixes_in_one_file_are_all_made() {
        let fixed = apply(&[fix(0, 3, "allow"), fix(8, 11, "b")], &sources("one two six"));
        assert_eq!(fixed.texts[&0], "allow two b");
        assert_eq!((fixed.made.len(), fixed.left), (2, 0));
    }

    #[test]
    fn the_second_of_two_that_overlap_waits() {
        let fixed = apply(&[fix(0, 5, "x"), fix(4, 7, "y")], &sources("one two"));
        assert_eq!(fixed.texts[&0], "xwo");
        assert_eq!(fixed.left, 1);
    }

    #[test]
    fn an_edit_that_cuts_a_character_is_refused() {
        let fixed = apply(&[fix(0, 1, "x")], &sources("\u{e9}"));
        assert!(fixed.texts.is_empty());
        assert_eq!(fixed.left, 1);
    }
}
