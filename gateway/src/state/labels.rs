//! Labels that a principal's session holds, and the values that labelled results held.

use mcpz_runtime::json::{Document, Kind, NodeId};
use mcpz_runtime::state::StateError;
use std::collections::{BTreeMap, BTreeSet};

/// How many bytes of labelled text are kept for each label; beyond it, questions about values cannot be
/// answered and are errors.
const MAX_BYTES: usize = 1024 * 1024;
/// What a value costs besides its text. So there are never more than some ten thousand to look through.
const BYTES_OF_VALUE: usize = 64;
/// A value shorter than this is only looked for whole: shorter pieces stand in every text.
const SHORTEST_PIECE: usize = 4;

/// What one principal's results carried.
#[derive(Debug, Default)]
pub struct Labels {
    by_label: BTreeMap<String, Carried>,
}

/// Values of results that carried one label.
#[derive(Debug, Default)]
struct Carried {
    values: BTreeSet<String>,
    bytes: usize,
    /// Some values were not kept.
    overflowed: bool,
}

impl Labels {
    /// Whether no result carried a label.
    pub fn is_empty(&self) -> bool {
        self.by_label.is_empty()
    }

    /// Whether some result carried a label.
    pub fn holds(&self, label: &str) -> bool {
        self.by_label.contains_key(label)
    }

    /// The labels held.
    pub fn held(&self) -> impl Iterator<Item = &str> {
        self.by_label.keys().map(String::as_str)
    }

    /// Notes that a result carries a label, with the values below a place of it.
    pub fn add(&mut self, label: &str, document: Document<'_>, below: &[NodeId]) {
        let carried = self.by_label.entry(label.to_owned()).or_default();
        for node in below {
            carried.add(document, *node);
        }
    }

    /// Notes a label without knowing its values.
    pub fn add_unknown(&mut self, label: &str) {
        self.by_label.entry(label.to_owned()).or_default().overflowed = true;
    }

    /// Whether a value comes from a result with a label: it is one of its values, or a piece of one. A value
    /// that is no text, or might be among those not kept, cannot be told.
    pub fn carried(&self, text: Option<&str>, label: &str) -> Result<bool, StateError> {
        let Some(carried) = self.by_label.get(label) else { return Ok(false) };
        let text = text.ok_or(StateError)?;
        let piece = text.len() >= SHORTEST_PIECE;
        let found = carried.values.contains(text) || (piece && carried.values.iter().any(|value| value.contains(text)));
        if !found && carried.overflowed { Err(StateError) } else { Ok(found) }
    }

    /// Whether a value is, whole, a value of a result with a label.
    pub fn seen(&self, text: &str, label: &str) -> Result<bool, StateError> {
        let Some(carried) = self.by_label.get(label) else { return Ok(false) };
        let found = carried.values.contains(text);
        if !found && carried.overflowed { Err(StateError) } else { Ok(found) }
    }
}

impl Carried {
    fn add(&mut self, document: Document<'_>, node: NodeId) {
        match document.kind(node) {
            Kind::Object => document.members(node).for_each(|(_, member)| self.add(document, member)),
            Kind::Array => document.elements(node).for_each(|element| self.add(document, element)),
            Kind::String => self.keep(document.str(node).unwrap_or_default()),
            Kind::Number => self.keep(document.raw(node)),
            Kind::Bool | Kind::Null => {}
        }
    }

    fn keep(&mut self, text: &str) {
        let after = self.bytes.saturating_add(text.len()).saturating_add(BYTES_OF_VALUE);
        if self.values.contains(text) {
            return;
        }
        if after > MAX_BYTES {
            self.overflowed = true;
            return;
        }
        self.values.insert(text.to_owned());
        self.bytes = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcpz_runtime::json::{Buffers, Limits};

    #[test]
    fn values_are_found_whole_and_in_pieces() {
        let mut buffers = Buffers::new();
        let document = buffers.read(br#"{"a":["mail evil@x.example now",42]}"#, &Limits::DEFAULT).unwrap();
        let mut labels = Labels::default();
        assert_eq!(labels.carried(Some("evil@x.example"), "untrusted"), Ok(false));
        labels.add("untrusted", document, &[document.root()]);
        assert!(labels.holds("untrusted") && !labels.holds("other"));
        assert_eq!(labels.carried(Some("evil@x.example"), "untrusted"), Ok(true));
        assert_eq!(labels.carried(Some("now"), "untrusted"), Ok(false), "too short for a piece");
        assert_eq!(labels.carried(Some("42"), "untrusted"), Ok(true));
        assert_eq!(labels.carried(None, "untrusted"), Err(StateError), "a collection cannot be told");
        assert_eq!(labels.seen("evil@x.example", "untrusted"), Ok(false));
        labels.add_unknown("untrusted");
        assert_eq!(labels.seen("other", "untrusted"), Err(StateError));
    }

    #[test]
    fn many_short_values_are_bounded_as_few_long_ones_are() {
        let mut carried = Carried::default();
        (0..100_000).for_each(|number| carried.keep(&number.to_string()));
        assert!(carried.overflowed);
        assert!(carried.values.len() <= MAX_BYTES / BYTES_OF_VALUE, "{}", carried.values.len());
        let mut again = Carried::default();
        (0..100_000).for_each(|_| again.keep("the same"));
        assert!(!again.overflowed);
    }
}
