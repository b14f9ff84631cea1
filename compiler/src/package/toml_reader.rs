//! Reads TOML tables with spans: every key that is not asked for is reported, with the near one.

use crate::diagnostics::codes::{e0201, e0202, e0203};
use crate::diagnostics::{Diagnostic, suggest};
use crate::hir::{SourceId, Span};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub span: Span,
}

/// What reading needs: the file and the sink.
pub struct Reader<'s> {
    /// The file.
    pub source: SourceId,
    /// Its name, for messages.
    pub file: &'static str,
    /// Where errors go.
    pub sink: &'s mut Vec<Diagnostic>,
}

impl Reader<'_> {
    /// Parses a document; its mistakes are reported and an empty table is read on.
    pub fn document<'t>(&mut self, text: &'t str) -> Spanned<DeTable<'t>> {
        match DeTable::parse(text) {
            Ok(table) => table,
            Err(error) => {
                let range = error.span().unwrap_or(0..0);
                self.sink.push(e0201::manifest_syntax(self.span(range), self.file, error.message()));
                Spanned::new(0..0, DeTable::default())
            }
        }
    }

    /// A span of this file.
    pub fn span(&self, range: Range<usize>) -> Span {
        let at = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Span { source: self.source, start: at(range.start), end: at(range.end) }
    }

    /// Reports keys of a table that are not known.
    pub fn known_keys(&mut self, table: &DeTable<'_>, context: &str, known: &[&str]) {
        for key in table.keys() {
            let text = key.get_ref().as_ref();
            if !known.contains(&text) {
                let near = suggest::nearest(text, known);
                let span = self.span(key.span());
                self.sink.push(e0202::unknown_key(span, text, context, near.as_deref(), known));
            }
        }
    }

    /// A string under a key.
    pub fn string(&mut self, table: &DeTable<'_>, key: &str) -> Option<Located<String>> {
        let value = table.get(key)?;
        self.as_string(value, key)
    }

    /// A value that must be a string.
    pub fn as_string(&mut self, value: &Spanned<DeValue<'_>>, key: &str) -> Option<Located<String>> {
        let span = self.span(value.span());
        match value.get_ref().as_str() {
            Some(text) => Some(Located { value: text.to_owned(), span }),
            None => {
                let found = value.get_ref().type_str();
                self.sink.push(e0203::bad_value(span, format!("`{key}` wants a string, not {}", article(found)), None));
                None
            }
        }
    }

    /// A string under a key that must be there.
    pub fn required(&mut self, table: &DeTable<'_>, at: Span, key: &str, example: &str) -> Option<Located<String>> {
        if table.get(key).is_none() {
            // A misspelt key is reported as such, once.
            if table.keys().any(|found| suggest::nearest(found.get_ref(), [key]).is_some()) {
                return None;
            }
            let message = format!("`{key}` is missing in {}", self.file);
            self.sink.push(e0203::bad_value(at, message, Some(format!("add `{key} = {example}`"))));
            return None;
        }
        self.string(table, key)
    }

    /// A table under a key.
    pub fn table<'t, 'v>(&mut self, table: &'v DeTable<'t>, key: &str) -> Option<(&'v DeTable<'t>, Span)> {
        let value = table.get(key)?;
        self.as_table(value, key)
    }

    /// A value that must be a table.
    pub fn as_table<'t, 'v>(&mut self, value: &'v Spanned<DeValue<'t>>, key: &str) -> Option<(&'v DeTable<'t>, Span)> {
        let span = self.span(value.span());
        match value.get_ref().as_table() {
            Some(table) => Some((table, span)),
            None => {
                let found = value.get_ref().type_str();
                self.sink.push(e0203::bad_value(span, format!("`{key}` wants a table, not {}", article(found)), None));
                None
            }
        }
    }

    /// The tables of an array of tables; empty when the key is absent.
    pub fn tables<'t, 'v>(&mut self, table: &'v DeTable<'t>, key: &str) -> Vec<(&'v DeTable<'t>, Span)> {
        let Some(value) = table.get(key) else { return Vec::new() };
        let Some(array) = value.get_ref().as_array() else {
            let span = self.span(value.span());
            self.sink.push(e0203::bad_value(span, format!("`{key}` wants `[[{key}]]` tables"), None));
            return Vec::new();
        };
        array.iter().filter_map(|entry| self.as_table(entry, key)).collect()
    }
}

/// `a table`, `an integer`.
fn article(noun: &str) -> String {
    let vowel = noun.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {noun}", if vowel { "an" } else { "a" })
}
