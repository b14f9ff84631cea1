//! Names, paths, strings and annotations.

use super::expressions::Literal;
use super::support::{self, ast_nodes};
use crate::literal::StringValue;
use crate::token::SyntaxKind;
use rowan::TextRange;
use std::fmt;

/// A name as it stands somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ident {
    /// The name itself, without quotes.
    pub text: String,
    /// Where it stands, quotes included.
    pub range: TextRange,
    /// Whether it is written in quotes.
    pub quoted: bool,
}

/// A string literal as it stands somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StringLiteral {
    /// The decoded text and where each part of it came from.
    pub value: StringValue,
    /// Where the literal stands, quotes included.
    pub range: TextRange,
}

impl StringLiteral {
    /// The decoded text.
    pub fn text(&self) -> &str {
        &self.value.text
    }
}

ast_nodes! {
    /// A declared name, or one name of a list.
    Name,
    /// A qualified name: `payments.refund`, `github."get-issue"`, `user.claims.groups`.
    Path,
    /// A place inside a value: `result.messages[*].body`.
    FieldPath,
    /// `[*]` in a field path.
    IndexAll,
    /// The id of a rule in a test: `PAY-1`.
    RuleRef,
    /// `@id("PAY-1")`
    Annotation,
    /// One argument of an annotation.
    AnnotationArg,
}

impl Name {
    /// The name.
    pub fn ident(&self) -> Option<Ident> {
        support::first_ident(&self.0)
    }
}

impl Path {
    /// Its segments; the first is never quoted.
    pub fn segments(&self) -> Vec<Ident> {
        support::idents(&self.0)
    }

    /// The only segment, if there is just one and no dangling dot.
    pub fn single(&self) -> Option<Ident> {
        let has_dot = support::token(&self.0, SyntaxKind::Dot).is_some();
        if has_dot { None } else { support::first_ident(&self.0) }
    }
}

/// The segments joined by dots, quoted where they were.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for token in support::tokens(&self.0) {
            f.write_str(token.text())?;
        }
        Ok(())
    }
}

/// One step of a field path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FieldStep {
    /// `.name`, and the first name.
    Name(Ident),
    /// `[*]`
    All(TextRange),
}

impl FieldPath {
    /// Its steps, the first name included: `result`, `messages`, `[*]`, `body`.
    pub fn steps(&self) -> Vec<FieldStep> {
        steps(&self.0)
    }
}

pub(super) fn steps(node: &crate::tree::SyntaxNode) -> Vec<FieldStep> {
    let step = |element: crate::tree::SyntaxElement| match element {
        rowan::NodeOrToken::Node(node) => {
            (node.kind() == SyntaxKind::IndexAll).then(|| FieldStep::All(node.text_range()))
        }
        rowan::NodeOrToken::Token(token) => match token.kind() {
            SyntaxKind::Ident => {
                Some(FieldStep::Name(Ident { text: token.text().to_owned(), range: token.text_range(), quoted: false }))
            }
            SyntaxKind::String => {
                let string = support::string(&token);
                Some(FieldStep::Name(Ident { text: string.value.text, range: string.range, quoted: true }))
            }
            _ => None,
        },
    };
    node.children_with_tokens().filter_map(step).collect()
}

impl RuleRef {
    /// The id, without quotes: `PAY-1`.
    pub fn text(&self) -> String {
        match support::first_string(&self.0) {
            Some(string) => string.value.text,
            None => support::tokens(&self.0).map(|token| token.text().to_owned()).collect(),
        }
    }

    /// Whether it is the word `none`: no rule decided.
    pub fn is_none(&self) -> bool {
        support::first_string(&self.0).is_none() && self.text() == "none"
    }
}

impl Annotation {
    /// `id` of `@id("PAY-1")`.
    pub fn name(&self) -> Option<Ident> {
        support::child::<Name>(&self.0)?.ident()
    }

    /// The arguments.
    pub fn args(&self) -> Vec<AnnotationArg> {
        support::children(&self.0)
    }

    /// The first argument, if it is a string.
    pub fn string(&self) -> Option<StringLiteral> {
        self.args().first()?.string()
    }

    /// The first argument, if it is a word.
    pub fn word(&self) -> Option<Ident> {
        self.args().first()?.word()
    }
}

impl AnnotationArg {
    /// A literal argument.
    pub fn literal(&self) -> Option<Literal> {
        support::child(&self.0)
    }

    /// A string argument.
    pub fn string(&self) -> Option<StringLiteral> {
        self.literal()?.string()
    }

    /// A word argument.
    pub fn word(&self) -> Option<Ident> {
        support::first_ident(&self.0)
    }
}
