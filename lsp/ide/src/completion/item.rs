//! One thing that may stand at the cursor.

use crate::markup::Markup;
use crate::place::TextEdit;
use std::ops::Range;

/// Kinds of completions, as editors show them by their icons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CompletionKind {
    /// A tool.
    Tool,
    /// A prompt.
    Prompt,
    /// A server or profile.
    Server,
    /// A user, agent or role.
    Principal,
    /// A token issuer.
    Issuer,
    /// A parameter, claim or field.
    Field,
    /// Data or a fact of the request.
    Value,
    /// A constant.
    Constant,
    /// A predicate or function.
    Function,
    /// A tag.
    Tag,
    /// A label.
    Label,
    /// A segment.
    Segment,
    /// A grant.
    Grant,
    /// A rule's id.
    Rule,
    /// A package.
    Package,
    /// A type.
    Type,
    /// A value of an enum or another fixed text.
    Text,
    /// A file.
    File,
    /// A word of the language.
    Keyword,
    /// A piece of a policy with places to fill in.
    Snippet,
}

/// A completion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// What is shown.
    pub label: String,
    /// What it is.
    pub kind: CompletionKind,
    /// Beside the label: its type, where it comes from.
    pub detail: String,
    /// More about it.
    pub docs: Markup,
    /// What is replaced.
    pub replace: Range<u32>,
    /// By what.
    pub insert: String,
    /// Whether `insert` holds places to fill in: `${1:name}`.
    pub is_snippet: bool,
    /// What the typed text is compared with, when it is not the label.
    pub filter: Option<String>,
    /// What stands first: lower is better.
    pub rank: u8,
    /// Edits elsewhere: the `use` that brings a name in.
    pub more: Vec<TextEdit>,
}

impl Completion {
    /// A completion that inserts its label.
    pub fn new(label: impl Into<String>, kind: CompletionKind, replace: Range<u32>) -> Completion {
        let label = label.into();
        Completion {
            insert: label.clone(),
            label,
            kind,
            detail: String::new(),
            docs: Markup::new(),
            replace,
            is_snippet: false,
            filter: None,
            rank: 50,
            more: Vec::new(),
        }
    }

    /// With words beside the label.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Completion {
        self.detail = detail.into();
        self
    }

    /// With documentation of ours.
    #[must_use]
    pub fn docs(mut self, docs: Markup) -> Completion {
        self.docs = docs;
        self
    }

    /// With documentation written in a policy.
    #[must_use]
    pub fn doc_text(mut self, docs: &str) -> Completion {
        self.docs.text(crate::markup::escape(docs));
        self
    }

    /// Inserting something else than the label.
    #[must_use]
    pub fn insert(mut self, text: impl Into<String>) -> Completion {
        self.insert = text.into();
        self
    }

    /// Inserting a text with places to fill in.
    #[must_use]
    pub fn snippet(mut self, text: impl Into<String>) -> Completion {
        self.insert = text.into();
        self.is_snippet = true;
        self
    }

    /// Ranked; lower is better.
    #[must_use]
    pub fn rank(mut self, rank: u8) -> Completion {
        self.rank = rank;
        self
    }
}
