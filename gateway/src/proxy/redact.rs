//! Redactions of a result, in its structured copy and in every text that holds it.
//!
//! A field rule names places of the result: of `structuredContent`, and of each text that is JSON. When some
//! part of the result cannot be read that way, what the rule hides may stand there, and the whole result is
//! withheld. A pattern rule looks at every string, number and key. On the same value drop beats replace beats
//! keep. What no rule touches stays as the server sent it.

use super::reports::places;
use crate::wire::splice::Splices;
use crate::wire::{limits, quoted, span};
use mcpz_runtime::decision::{RedactHow, RedactWhat, RedactionObligation};
use mcpz_runtime::json::{Buffers, Document, Kind, NodeId};
use regex::bytes::{Regex, RegexBuilder};
use std::collections::BTreeMap;
use std::ops::Range;

/// The largest automaton of a pattern, in bytes.
const MAX_PATTERN: usize = 4 * 1024 * 1024;
/// The longest text that is looked into.
const MAX_TEXT: usize = 16 * 1024 * 1024;

/// The result cannot be redacted as the policy asks, and must not be forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Withheld;

/// The changes that hide what the rules hide, below `result` of a message.
pub fn redact(
    document: Document<'_>,
    result: NodeId,
    rules: &[RedactionObligation],
    splices: &mut Splices,
) -> Result<(), Withheld> {
    spliced(document, result, rules, splices, |rules, edits| {
        rules.result(document, result, edits)?;
        rules.patterns(document, result, edits);
        Ok(())
    })
}

/// The changes that hide the same in an error that a server answers with. An error is prose and has no fields: where a
/// rule names one it is withheld whole. Patterns are looked for in all of it but the names that the protocol gives its
/// members; an error whose code they match is withheld, for it would be none without.
pub fn redact_error(
    document: Document<'_>,
    error: NodeId,
    rules: &[RedactionObligation],
    splices: &mut Splices,
) -> Result<(), Withheld> {
    spliced(document, error, rules, splices, |rules, edits| rules.error(document, error, edits))
}

/// The changes that hide the same in what a server tells of a call or a task that goes on: in its result, its error, and
/// what it says of itself, which is prose as errors are, and is left out where a rule names a field. The members that the
/// protocol needs stay.
pub fn redact_told(
    document: Document<'_>,
    told: NodeId,
    rules: &[RedactionObligation],
    splices: &mut Splices,
) -> Result<(), Withheld> {
    spliced(document, told, rules, splices, |rules, edits| {
        for (name, member) in document.members(told) {
            match name {
                "taskId" | "status" | "resultType" | "progressToken" | "progress" | "total" => {}
                "error" => rules.error(document, member, edits)?,
                "statusMessage" | "message" if !rules.fields.is_empty() => {
                    edits.values.insert(member, Edit::Gone);
                }
                _ => {
                    if name == "result" {
                        rules.result(document, member, edits)?;
                    }
                    rules.patterns(document, member, edits);
                }
            }
        }
        Ok(())
    })
}

/// Puts what rules make of a value in its place.
fn spliced<'r>(
    document: Document<'_>,
    root: NodeId,
    rules: &'r [RedactionObligation],
    splices: &mut Splices,
    find: impl FnOnce(&Rules<'r>, &mut Edits) -> Result<(), Withheld>,
) -> Result<(), Withheld> {
    let rules = Rules::of(rules)?;
    if rules.is_empty() {
        return Ok(());
    }
    let mut edits = Edits::default();
    find(&rules, &mut edits)?;
    if !edits.is_empty() {
        splices.replace(span(document, root), render(document, root, &edits));
    }
    Ok(())
}

/// What becomes of one value.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Edit {
    /// It is gone, with its key.
    Gone,
    /// This JSON text stands in its place.
    Text(String),
}

/// What becomes of values, and of the keys that they have.
#[derive(Debug, Default)]
struct Edits {
    values: BTreeMap<NodeId, Edit>,
    /// The JSON text of another key.
    keys: BTreeMap<NodeId, String>,
}

impl Edits {
    fn is_empty(&self) -> bool {
        self.values.is_empty() && self.keys.is_empty()
    }

    /// Whether a value that ends before `end` stays as it is; its own key is not part of it.
    fn spare(&self, node: NodeId, end: NodeId) -> bool {
        self.values.range(node..end).next().is_none() && self.keys.range(node..end).all(|(at, _)| *at == node)
    }
}

/// The rules, ready to be applied.
struct Rules<'a> {
    fields: Vec<&'a RedactionObligation>,
    patterns: Vec<(Regex, &'a RedactHow)>,
}

impl<'a> Rules<'a> {
    fn of(rules: &'a [RedactionObligation]) -> Result<Rules<'a>, Withheld> {
        let mut all = Rules { fields: Vec::new(), patterns: Vec::new() };
        for rule in rules {
            match &rule.what {
                RedactWhat::Field(_) => all.fields.push(rule),
                RedactWhat::Matching(pattern) => {
                    // As in conditions, classes are ASCII; a match need not be the whole value.
                    let regex = RegexBuilder::new(pattern).unicode(false).size_limit(MAX_PATTERN).build();
                    all.patterns.push((regex.map_err(|_| Withheld)?, &rule.how));
                }
            }
        }
        // What is decided first stays: the weakest rule comes last.
        all.fields.sort_by_key(|rule| strength(&rule.how));
        Ok(all)
    }

    fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.patterns.is_empty()
    }

    /// Field rules on every copy of a result.
    fn result(&self, document: Document<'_>, result: NodeId, edits: &mut Edits) -> Result<(), Withheld> {
        if self.fields.is_empty() {
            return Ok(());
        }
        if let Some(structured) = document.get(result, "structuredContent") {
            self.fields(document, structured, edits);
        }
        self.texts(document, result, edits)
    }

    /// All rules on an error.
    fn error(&self, document: Document<'_>, error: NodeId, edits: &mut Edits) -> Result<(), Withheld> {
        if !self.fields.is_empty() {
            return Err(Withheld);
        }
        self.patterns(document, error, edits);
        for name in ["code", "message", "data"] {
            document.get(error, name).map(|member| edits.keys.remove(&member));
        }
        match document.get(error, "code") {
            Some(code) if edits.values.contains_key(&code) => Err(Withheld),
            _ => Ok(()),
        }
    }

    /// Field rules on one readable copy of the result.
    fn fields(&self, document: Document<'_>, root: NodeId, edits: &mut Edits) {
        for rule in &self.fields {
            let RedactWhat::Field(path) = &rule.what else { continue };
            for place in places(document, root, path) {
                edits.values.entry(place).or_insert_with(|| edit(document, place, &rule.how));
            }
        }
    }

    /// Field rules on texts that hold the result.
    fn texts(&self, document: Document<'_>, result: NodeId, edits: &mut Edits) -> Result<(), Withheld> {
        for text in texts_of(document, result)? {
            let inner = document.str(text).unwrap_or_default();
            let mut buffers = Buffers::new();
            let parsed = buffers.read(inner.as_bytes(), &limits(MAX_TEXT)).map_err(|_| Withheld)?;
            if !matches!(parsed.kind(parsed.root()), Kind::Object | Kind::Array) {
                return Err(Withheld);
            }
            let mut inner_edits = Edits::default();
            self.fields(parsed, parsed.root(), &mut inner_edits);
            self.patterns(parsed, parsed.root(), &mut inner_edits);
            if !inner_edits.is_empty() {
                edits.values.insert(text, Edit::Text(quoted(&render(parsed, parsed.root(), &inner_edits))));
            }
        }
        Ok(())
    }

    /// Pattern rules on every string, number and key.
    fn patterns(&self, document: Document<'_>, node: NodeId, edits: &mut Edits) {
        if self.patterns.is_empty() {
            return;
        }
        match document.kind(node) {
            Kind::Object => {
                for (key, member) in document.members(node) {
                    if let Some(hidden) = self.hide(key) {
                        edits.keys.insert(member, quoted(&hidden));
                    }
                    self.patterns(document, member, edits);
                }
            }
            Kind::Array => document.elements(node).for_each(|element| self.patterns(document, element, edits)),
            Kind::String => self.scalar(document.str(node).unwrap_or_default(), node, edits),
            Kind::Number => self.scalar(document.raw(node), node, edits),
            Kind::Bool | Kind::Null => {}
        }
    }

    /// One scalar; one that a field rule or a text has changed is looked at as it is now.
    fn scalar(&self, text: &str, node: NodeId, edits: &mut Edits) {
        let now: Option<String> = match edits.values.get(&node) {
            Some(Edit::Gone) => return,
            Some(Edit::Text(text)) => serde_json::from_str(text).ok(),
            None => None,
        };
        if let Some(hidden) = self.hide(now.as_deref().unwrap_or(text)) {
            edits.values.insert(node, Edit::Text(quoted(&hidden)));
        }
    }

    /// The text with what the patterns match hidden; `None` when they match nothing.
    fn hide(&self, text: &str) -> Option<String> {
        let mut found: Vec<(Range<usize>, &RedactHow)> = Vec::new();
        for (regex, how) in &self.patterns {
            found.extend(
                regex.find_iter(text.as_bytes()).filter(|m| !m.is_empty()).map(|m| (widened(text, m.range()), *how)),
            );
        }
        if found.is_empty() {
            return None;
        }
        found.sort_by_key(|(range, _)| range.start);
        let mut out = String::new();
        let mut done = 0;
        let mut found = found.into_iter().peekable();
        while let Some((mut range, mut how)) = found.next() {
            // What overlaps is hidden together, as the strongest rule hides.
            while let Some((next, with)) = found.next_if(|(next, _)| next.start < range.end) {
                range.end = range.end.max(next.end);
                how = if strength(with) < strength(how) { with } else { how };
            }
            out.push_str(text.get(done..range.start).unwrap_or_default());
            out.push_str(&covered(text.get(range.clone()).unwrap_or_default(), how));
            done = range.end;
        }
        out.push_str(text.get(done..).unwrap_or_default());
        Some(out)
    }
}

/// Drop before replace before keep.
fn strength(how: &RedactHow) -> (u8, u32) {
    match how {
        RedactHow::Drop => (0, 0),
        RedactHow::Replace(_) => (1, 0),
        RedactHow::KeepFirst(count) | RedactHow::KeepLast(count) => (2, *count),
    }
}

/// A range that ends where characters do.
fn widened(text: &str, mut range: Range<usize>) -> Range<usize> {
    while !text.is_char_boundary(range.start) {
        range.start = range.start.saturating_sub(1);
    }
    while !text.is_char_boundary(range.end) {
        range.end = range.end.saturating_add(1);
    }
    range
}

/// What a rule makes of a value.
fn edit(document: Document<'_>, node: NodeId, how: &RedactHow) -> Edit {
    let text = match document.kind(node) {
        Kind::String => document.str(node).unwrap_or_default(),
        Kind::Number | Kind::Bool => document.raw(node),
        Kind::Null | Kind::Array | Kind::Object => "",
    };
    match how {
        RedactHow::Drop => Edit::Gone,
        how => Edit::Text(quoted(&covered(text, how))),
    }
}

/// A text as a rule shows it. What is too short to hide anything of is hidden whole.
fn covered(text: &str, how: &RedactHow) -> String {
    let count = text.chars().count();
    let keeps = |kept: u32| usize::try_from(kept).ok().filter(|kept| *kept < count).unwrap_or(0);
    match how {
        RedactHow::Drop => String::new(),
        RedactHow::Replace(with) => with.clone(),
        RedactHow::KeepFirst(kept) => {
            let kept = keeps(*kept);
            text.chars().take(kept).chain(std::iter::repeat_n('*', count - kept)).collect()
        }
        RedactHow::KeepLast(kept) => {
            let hidden = count - keeps(*kept);
            std::iter::repeat_n('*', hidden).chain(text.chars().skip(hidden)).collect()
        }
    }
}

/// Every text of a result that holds its content: of tool results, resources and prompts. Content of another
/// kind cannot be looked into.
pub fn texts_of(document: Document<'_>, result: NodeId) -> Result<Vec<NodeId>, Withheld> {
    let mut blocks: Vec<NodeId> = Vec::new();
    for list in ["content", "contents"] {
        blocks.extend(document.get(result, list).into_iter().flat_map(|list| document.elements(list)));
    }
    for message in document.get(result, "messages").into_iter().flat_map(|list| document.elements(list)) {
        let content = document.get(message, "content").ok_or(Withheld)?;
        match document.kind(content) {
            Kind::Array => blocks.extend(document.elements(content)),
            _ => blocks.push(content),
        }
    }
    blocks
        .into_iter()
        .map(|block| {
            let block = document.get(block, "resource").unwrap_or(block);
            let text = document.get(block, "text").filter(|text| document.kind(*text) == Kind::String);
            text.filter(|_| document.get(block, "blob").is_none()).ok_or(Withheld)
        })
        .collect()
}

/// A value with edits: what holds none of them as it came.
fn render(document: Document<'_>, node: NodeId, edits: &Edits) -> String {
    if let Some(Edit::Text(text)) = edits.values.get(&node) {
        return text.clone();
    }
    if edits.spare(node, document.after(node)) {
        return document.raw(node).to_owned();
    }
    let is_kept = |node: &NodeId| edits.values.get(node) != Some(&Edit::Gone);
    match document.kind(node) {
        Kind::Array => {
            let elements = document.elements(node).filter(is_kept).map(|element| render(document, element, edits));
            format!("[{}]", elements.collect::<Vec<_>>().join(","))
        }
        Kind::Object => {
            let members = document.members(node).filter(|(_, member)| is_kept(member)).map(|(key, member)| {
                let key = edits.keys.get(&member).cloned().unwrap_or_else(|| quoted(key));
                format!("{key}:{}", render(document, member, edits))
            });
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        _ => document.raw(node).to_owned(),
    }
}

#[cfg(test)]
mod tests;
