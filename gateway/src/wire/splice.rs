//! Changes to a text by spans: what is not named stays as it came, byte for byte.

use mcpz_runtime::json::{Document, Kind, NodeId};
use std::ops::Range;

/// Changes to one text, to be made at once.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Splices {
    edits: Vec<(Range<usize>, String)>,
}

impl Splices {
    /// Nothing is changed.
    pub fn new() -> Splices {
        Splices::default()
    }

    /// Puts a text in place of a span. Of spans that overlap, the outer one counts.
    pub fn replace(&mut self, span: Range<usize>, with: impl Into<String>) {
        self.edits.push((span, with.into()));
    }

    /// How many spans are changed.
    pub fn len(&self) -> usize {
        self.edits.len()
    }

    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// The changed text.
    pub fn apply(mut self, text: &str) -> String {
        // Outer spans stand before those they hold.
        self.edits.sort_by(|(a, _), (b, _)| a.start.cmp(&b.start).then(b.end.cmp(&a.end)));
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        for (span, with) in self.edits {
            if span.start < done {
                continue;
            }
            out.push_str(text.get(done..span.start).unwrap_or_default());
            out.push_str(&with);
            done = span.end;
        }
        out.push_str(text.get(done..).unwrap_or_default());
        out
    }
}

/// An array with only some of its elements: the brackets and each kept element as it came.
pub fn array_of(document: Document<'_>, kept: &[NodeId]) -> String {
    let mut text = String::from("[");
    for (at, element) in kept.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push_str(document.raw(*element));
    }
    text.push(']');
    text
}

/// An object without some of its members; the others as they came, keys as the parser read them.
pub fn object_without(document: Document<'_>, object: NodeId, dropped: &[NodeId]) -> Vec<(String, NodeId)> {
    let members = document.members(object).filter(|(_, member)| !dropped.contains(member));
    members.map(|(key, member)| (super::quoted(key), member)).collect()
}

/// Puts a member at the end of an object.
pub fn append_member(splices: &mut Splices, document: Document<'_>, object: NodeId, key: &str, value: &str) {
    let end = super::span(document, object).end.saturating_sub(1);
    let comma = if document.kind(object) == Kind::Object && document.size(object) > 0 { "," } else { "" };
    splices.replace(end..end, format!("{comma}{}:{value}", super::quoted(key)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcpz_runtime::json::{Buffers, Limits};

    #[test]
    fn what_is_not_named_stays_as_it_came() {
        let text = r#"{ "a" : [1, {"x" : 2} ,3], "b":"é" }"#;
        let mut buffers = Buffers::new();
        let document = buffers.read(text.as_bytes(), &Limits::DEFAULT).unwrap();
        let array = document.get(document.root(), "a").unwrap();
        let kept: Vec<NodeId> = document.elements(array).skip(1).collect();
        let mut splices = Splices::new();
        splices.replace(crate::wire::span(document, array), array_of(document, &kept));
        append_member(&mut splices, document, document.root(), "c", "true");
        assert_eq!(splices.apply(text), r#"{ "a" : [{"x" : 2},3], "b":"é" ,"c":true}"#);
    }

    #[test]
    fn the_outer_of_two_spans_counts() {
        let mut splices = Splices::new();
        splices.replace(2..3, "x");
        splices.replace(1..4, "y");
        assert_eq!(splices.apply("abcdef"), "ayef");
    }
}
