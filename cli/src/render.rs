//! Diagnostics for people: `ariadne` reports, several files to a report.
//!
//! Compiler spans are bytes; a report counts characters, so that no span can fall within one.
//! Source text is shown with every control and bidirectional character replaced by one visible
//! character (see [`crate::escape::stand_in`]): a policy file from elsewhere cannot speak to the terminal.

use crate::escape;
use ariadne::{CharSet, Config, IndexType, Label, LabelAttach, Report, ReportKind};
use mcpz_compiler::diagnostics::{Diagnostic, Fix, Severity};
use mcpz_compiler::hir::{Source, Span};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

/// How reports look.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// With colours.
    pub color: bool,
    /// Without box-drawing characters.
    pub ascii: bool,
}

/// Every diagnostic, each followed by an empty line, and a line of totals.
pub fn render_all(diagnostics: &[Diagnostic], sources: &[Source], look: Look) -> String {
    let mut cache = Cache::new(sources);
    let mut out = String::new();
    for diagnostic in diagnostics {
        out.push_str(&render(diagnostic, sources, &mut cache, look));
        out.push('\n');
    }
    out
}

/// "2 errors, 1 warning".
pub fn totals(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|d| d.severity == Severity::Error).count();
    let warnings = diagnostics.len() - errors;
    let plural = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    match (errors, warnings) {
        (0, 0) => "no errors".to_owned(),
        (_, 0) => plural(errors, "error"),
        (0, _) => plural(warnings, "warning"),
        _ => format!("{}, {}", plural(errors, "error"), plural(warnings, "warning")),
    }
}

fn render(diagnostic: &Diagnostic, sources: &[Source], cache: &mut Cache, look: Look) -> String {
    let kind = match diagnostic.severity {
        Severity::Error => ReportKind::Error,
        Severity::Warning => ReportKind::Warning,
    };
    let charset = if look.ascii { CharSet::Ascii } else { CharSet::Unicode };
    let config = Config::new()
        .with_color(look.color)
        .with_char_set(charset)
        .with_index_type(IndexType::Char)
        .with_label_attach(LabelAttach::Start);
    let primary = cache.place(diagnostic.span);
    let mut report = Report::build(kind, primary.clone())
        .with_config(config)
        .with_code(diagnostic.code)
        .with_message(escape::block(&diagnostic.message));
    let color = match diagnostic.severity {
        Severity::Error => ariadne::Color::Red,
        Severity::Warning => ariadne::Color::Yellow,
    };
    // Without a text on its label a place is not underlined.
    let said = if diagnostic.label.is_empty() { "here" } else { &diagnostic.label };
    report.add_label(label(primary, said, color, 1));
    for related in &diagnostic.related {
        let place = cache.place(related.span);
        report.add_label(label(place, &related.message, ariadne::Color::Cyan, 0));
    }
    if let Some(help) = &diagnostic.help {
        report.add_help(escape::block(help));
    }
    for fix in &diagnostic.fixes {
        // A fix that says no more than the help does is not said twice.
        let said = diagnostic.help.as_deref().is_some_and(|help| help.contains(&fix.title));
        if !said {
            report.add_help(fix_text(fix, sources));
        }
    }
    let mut bytes = Vec::new();
    // INVARIANT: writing into a vector does not fail; a source that cannot be fetched would.
    if report.finish().write(cache, &mut bytes).is_err() {
        return mcpz_compiler::diagnostics::plain::render_one(diagnostic, sources);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn label(place: Place, message: &str, color: ariadne::Color, priority: i32) -> Label<Place> {
    Label::new(place).with_color(color).with_priority(priority).with_message(escape::block(message))
}

/// A fix as a suggestion: its title, and each line as it would read.
fn fix_text(fix: &Fix, sources: &[Source]) -> String {
    let mut text = format!("{} (`mcpz check --fix` does)", escape::inline(&fix.title));
    let one_line = fix.edits.iter().all(|edit| !edit.text.contains('\n'));
    if let (true, [edit]) = (one_line, fix.edits.as_slice())
        && let Some(line) = line_after(sources, edit.span, &edit.text)
    {
        let _ = write!(text, ":\n{}", escape::inline(line.trim()));
    }
    text
}

/// The line of `span` with the span replaced.
fn line_after(sources: &[Source], span: Span, replacement: &str) -> Option<String> {
    let text = &sources.get(span.source.index())?.text;
    let (start, end) = (usize::try_from(span.start).ok()?, usize::try_from(span.end).ok()?);
    let before = text.get(..start)?;
    let after = text.get(end..)?;
    let head = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
    let tail = after.lines().next().unwrap_or_default();
    Some(format!("{head}{replacement}{tail}"))
}

/// A place in a report: file and characters.
type Place = (usize, Range<usize>);

/// The files as reports read them.
struct Cache {
    paths: Vec<String>,
    texts: Vec<String>,
    loaded: BTreeMap<usize, ariadne::Source<String>>,
    empty: ariadne::Source<String>,
}

impl Cache {
    fn new(sources: &[Source]) -> Cache {
        Cache {
            paths: sources.iter().map(|s| escape::inline(&s.path)).collect(),
            texts: sources.iter().map(|s| s.text.clone()).collect(),
            loaded: BTreeMap::new(),
            empty: ariadne::Source::from(String::new()),
        }
    }

    /// The span in characters. Whatever a span says, the place lies within its file.
    fn place(&self, span: Span) -> Place {
        let file = span.source.index();
        let Some(text) = self.texts.get(file) else {
            return (file, 0..0);
        };
        let start = characters_before(text, span.start);
        let end = characters_before(text, span.end).max(start);
        (file, start..end)
    }
}

fn characters_before(text: &str, offset: u32) -> usize {
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    text.char_indices().take_while(|(at, _)| *at < offset).count()
}

impl ariadne::Cache<usize> for &mut Cache {
    type Storage = String;

    fn fetch(&mut self, id: &usize) -> Result<&ariadne::Source<String>, impl std::fmt::Debug> {
        let Some(text) = self.texts.get(*id) else {
            return Ok::<_, &'static str>(&self.empty);
        };
        let shown = || ariadne::Source::from(text.chars().map(escape::stand_in).collect::<String>());
        Ok(self.loaded.entry(*id).or_insert_with(shown))
    }

    fn display<'a>(&self, id: &'a usize) -> Option<impl std::fmt::Display + 'a> {
        Some(self.paths.get(*id).cloned().unwrap_or_else(|| "?".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcpz_compiler::diagnostics::{Edit, Related};
    use mcpz_compiler::hir::{PackageId, SourceId};

    const LOOK: Look = Look { color: false, ascii: true };

    fn source(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned(), package: PackageId(0) }
    }

    fn span(source: u32, start: u32, end: u32) -> Span {
        Span { source: SourceId(source), start, end }
    }

    fn diagnostic(span: Span) -> Diagnostic {
        Diagnostic {
            code: "E0102",
            severity: Severity::Error,
            message: "no tool `pay` in server `bank`".to_owned(),
            span,
            label: "not in the catalog".to_owned(),
            related: Vec::new(),
            help: None,
            fixes: Vec::new(),
            tag: None,
        }
    }

    #[test]
    fn a_span_after_other_scripts_points_at_the_right_word() {
        let text = "// \u{fc}\u{4f60}\u{1f469} here: pay";
        let start = u32::try_from(text.find("pay").unwrap()).unwrap();
        let shown = render_all(&[diagnostic(span(0, start, start + 3))], &[source("p/a.mcpz", text)], LOOK);
        assert!(shown.contains("p/a.mcpz:1:14"), "{shown}");
    }

    #[test]
    fn related_places_in_another_file_are_shown() {
        let mut d = diagnostic(span(0, 0, 3));
        d.related.push(Related { span: span(1, 0, 6), message: "declared here".to_owned() });
        let shown = render_all(&[d], &[source("a", "pay\n"), source("b", "server\n")], LOOK);
        assert!(shown.contains("declared here") && shown.contains("b:1:1"), "{shown}");
    }

    #[test]
    fn a_fix_shows_the_line_as_it_would_read() {
        let mut d = diagnostic(span(0, 5, 8));
        d.fixes.push(Fix {
            title: "change to `bank.send`".to_owned(),
            edits: vec![Edit { span: span(0, 5, 8), text: "send".to_owned() }],
        });
        let shown = render_all(&[d], &[source("a", "bank.pay where x\n")], LOOK);
        assert!(shown.contains("bank.send where x"), "{shown}");
    }

    #[test]
    fn spans_that_lie_do_not_panic() {
        for (start, end) in [(0, 900), (900, 901), (9, 2), (1, 1)] {
            let shown = render_all(&[diagnostic(span(0, start, end))], &[source("a", "\u{e9}\u{e9}")], LOOK);
            assert!(shown.contains("E0102"), "{shown}");
        }
        let shown = render_all(&[diagnostic(span(7, 0, 1))], &[], LOOK);
        assert!(shown.contains("E0102"), "{shown}");
        let shown = render_all(&[diagnostic(span(0, 0, 1))], &[source("a", "")], LOOK);
        assert!(shown.contains("E0102"), "{shown}");
    }

    #[test]
    fn source_text_cannot_speak_to_the_terminal() {
        let shown = render_all(&[diagnostic(span(0, 0, 4))], &[source("a", "\x1b[2Jx \u{202e} y")], LOOK);
        assert!(!shown.contains('\x1b') && !shown.contains('\u{202e}'), "{shown:?}");
    }

    #[test]
    fn totals_are_counted() {
        let error = diagnostic(span(0, 0, 1));
        let warning = Diagnostic { severity: Severity::Warning, ..error.clone() };
        assert_eq!(totals(&[]), "no errors");
        assert_eq!(totals(std::slice::from_ref(&error)), "1 error");
        assert_eq!(totals(&[error.clone(), error, warning]), "2 errors, 1 warning");
    }
}
