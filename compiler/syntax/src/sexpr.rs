//! The normalised form of a tree, as an S-expression: what both parsers must agree on.
//!
//! A node is `(kind child ...)`; identifiers, literals and operators are atoms; punctuation, keywords, comments and parentheses
//! are left out. It is defined for texts without errors.

use crate::token::SyntaxKind;
use crate::tree::SyntaxNode;
use std::fmt;

/// A normalised tree.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sexpr {
    /// A name, a literal as written, or an operator.
    Atom(String),
    /// A node: its kind and its children.
    List(String, Vec<Sexpr>),
}

impl fmt::Display for Sexpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Sexpr::Atom(text) => f.write_str(text),
            Sexpr::List(kind, children) => {
                write!(f, "({kind}")?;
                for child in children {
                    write!(f, " {child}")?;
                }
                f.write_str(")")
            }
        }
    }
}

impl Sexpr {
    /// The same tree with the clauses of each rule in the formatter's order: `where`, `when`, `unless`.
    #[must_use]
    pub fn with_sorted_clauses(self) -> Sexpr {
        let Sexpr::List(kind, children) = self else {
            return self;
        };
        let mut children: Vec<Sexpr> = children.into_iter().map(Sexpr::with_sorted_clauses).collect();
        let first = children.iter().position(|child| child.clause_rank().is_some());
        let after_last = children.iter().rposition(|child| child.clause_rank().is_some()).map_or(0, |last| last + 1);
        if let Some(clauses) = first.and_then(|first| children.get_mut(first..after_last)) {
            clauses.sort_by_key(Sexpr::clause_rank);
        }
        Sexpr::List(kind, children)
    }

    fn clause_rank(&self) -> Option<u8> {
        match self {
            Sexpr::List(kind, _) => match kind.as_str() {
                "where_clause" => Some(0),
                "when_clause" => Some(1),
                "unless_clause" => Some(2),
                _ => None,
            },
            Sexpr::Atom(_) => None,
        }
    }
}

/// The normalised form of a tree.
pub fn of_tree(node: &SyntaxNode) -> Sexpr {
    if let (true, Some(inner)) = (is_parenthesis(node.kind()), node.children().next()) {
        return of_tree(&inner);
    }
    let mut children = Vec::new();
    if node.kind() == SyntaxKind::RuleRef {
        let text: String = significant_tokens(node).map(|token| token.text().to_owned()).collect();
        return Sexpr::List(node.kind().snake_name(), vec![Sexpr::Atom(text)]);
    }
    let keeps_operators = matches!(node.kind(), SyntaxKind::BinaryExpr | SyntaxKind::RangeExpr);
    for element in node.children_with_tokens() {
        match element {
            rowan::NodeOrToken::Node(child) => children.push(of_tree(&child)),
            rowan::NodeOrToken::Token(token) if token.kind().is_trivia() => {}
            rowan::NodeOrToken::Token(token) if keeps_operators => push_operator(&mut children, token.text()),
            rowan::NodeOrToken::Token(token) => {
                let kept = matches!(token.kind(), SyntaxKind::Ident | SyntaxKind::DocComment | SyntaxKind::FileDoc);
                if kept || token.kind().is_literal() {
                    children.push(Sexpr::Atom(token.text().trim_end().to_owned()));
                }
            }
        }
    }
    Sexpr::List(node.kind().snake_name(), children)
}

/// Adds a word of an operator; `not` and `in` become one.
fn push_operator(children: &mut Vec<Sexpr>, word: &str) {
    match children.last_mut() {
        Some(Sexpr::Atom(before)) if before == "not" => *before = format!("not {word}"),
        _ => children.push(Sexpr::Atom(word.to_owned())),
    }
}

fn is_parenthesis(kind: SyntaxKind) -> bool {
    matches!(kind, SyntaxKind::ParenExpr | SyntaxKind::TypeParen | SyntaxKind::SubjectParen)
}

fn significant_tokens(node: &SyntaxNode) -> impl Iterator<Item = crate::tree::SyntaxToken> {
    node.children_with_tokens().filter_map(rowan::NodeOrToken::into_token).filter(|token| !token.kind().is_trivia())
}
