//! `mcpz check --format github`: workflow commands, which a GitHub Actions run shows on the lines of a pull request.

use crate::escape;
use mcpz_compiler::diagnostics::{Diagnostic, Severity, plain};
use mcpz_compiler::hir::Source;

/// One line a diagnostic.
pub fn lines(diagnostics: &[Diagnostic], sources: &[Source]) -> Vec<String> {
    diagnostics.iter().map(|diagnostic| line(diagnostic, sources)).collect()
}

fn line(diagnostic: &Diagnostic, sources: &[Source]) -> String {
    let command = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut message = diagnostic.message.clone();
    if let Some(help) = &diagnostic.help {
        message.push_str("\nhelp: ");
        message.push_str(help);
    }
    let Some(source) = sources.get(diagnostic.span.source.index()) else {
        return format!("::{command} title={}::{}", diagnostic.code, data(&message));
    };
    let (line, column, _) = plain::locate(&source.text, diagnostic.span.start);
    let (end_line, end_column, _) = plain::locate(&source.text, diagnostic.span.end);
    let title = format!("{} {}", diagnostic.code, diagnostic.label);
    let mut place = format!("file={},line={line},endLine={end_line}", property(&source.path));
    // Columns over several lines are an error there.
    if line == end_line {
        place.push_str(&format!(",col={column},endColumn={end_column}"));
    }
    format!("::{command} {place},title={}::{}", property(title.trim()), data(&message))
}

/// The text of a command: a line feed would end it, a percent sign starts an escape.
fn data(text: &str) -> String {
    escape::block(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a command: also nothing that ends a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_message_starts_another_command() {
        assert_eq!(data("50% of\n::error::x"), "50%25 of%0A::error::x");
        assert_eq!(property("a:b,c"), "a%3Ab%2Cc");
    }
}
