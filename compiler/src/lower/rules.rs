//! The normal form: what a program's rules are before anyone decides how to test them.
//!
//! Every rule is a conjunction of [`Clause`]s over interned [terms](super::term) and a set of
//! [`Scope`]s that say where it applies. Predicates are gone, targets are expanded, grants' permits
//! stand among the others. A rule whose condition names a variable of its URI pattern has one
//! [`Variant`] for each server, because the variable is bound by that server's patterns.

use super::term::{Tables, TermId};
use crate::hir::{Action, ClassId, RuleId, ServerId, Span, UriPattern};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The rules of a program in normal form.
#[derive(Debug, Clone, Default)]
pub struct RuleSet {
    /// Interned terms, places, constants and questions.
    pub tables: Tables,
    /// Conditions of classes, by class; a class without one has no row.
    pub classes: Vec<ClassCondition>,
    /// The rules, in canonical order, one for each rule of the program.
    pub rules: Vec<NormalRule>,
    /// Rows of `rules` in the order in which tables are filled: see [`crate::hir::content`].
    pub order: Vec<usize>,
}

/// The condition of a class over the link being classified. It is computed once for each link.
#[derive(Debug, Clone)]
pub struct ClassCondition {
    /// The class.
    pub class: ClassId,
    /// Its condition, split into conjuncts.
    pub condition: Condition,
}

/// A rule in normal form. Its texts, requirements and redactions stay in the program.
#[derive(Debug, Clone)]
pub struct NormalRule {
    /// The rule of the program.
    pub rule: RuleId,
    /// Its condition; more than one when it depends on the server.
    pub variants: Vec<Variant>,
    /// `at most N of E`: E, as a condition with one clause of a value.
    pub amount: Option<Condition>,
}

/// A condition and where it holds.
#[derive(Debug, Clone)]
pub struct Variant {
    /// Where, sorted, without those that a wider one of this variant covers.
    pub scopes: Vec<Scope>,
    /// The condition.
    pub condition: Condition,
}

/// A conjunction of clauses.
#[derive(Debug, Clone, Default)]
pub struct Condition {
    /// In the order of the source: subject, then the clauses as written.
    pub clauses: Vec<Clause>,
    /// Where terms of these clauses were first written in this rule.
    pub spans: BTreeMap<TermId, Span>,
}

/// One conjunct of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clause {
    /// Which clause of the source it is a part of.
    pub kind: ClauseKind,
    /// The test. Of `unless`: negated already.
    pub term: TermId,
    /// Where it was written.
    pub span: Span,
}

/// Kinds of clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClauseKind {
    /// Who, `for` included.
    Subject,
    /// `where`.
    Where,
    /// `when`.
    When,
    /// `unless`.
    Unless,
}

impl ClauseKind {
    /// The word in the source.
    pub fn word(self) -> &'static str {
        match self {
            ClauseKind::Subject => "subject",
            ClauseKind::Where => "where",
            ClauseKind::When => "when",
            ClauseKind::Unless => "unless",
        }
    }
}

/// Where a rule applies: one cell of (action, server, target).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scope {
    /// The action.
    pub action: Action,
    /// The server; absent means every server, and then the target is [`Target::Any`].
    pub server: Option<ServerId>,
    /// What of the server.
    pub target: Target,
}

/// What of a server a scope is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// Everything the action can be about.
    Any,
    /// The tool or prompt of this exact name.
    Name(SmolStr),
    /// Resources whose URI matches.
    Uri(UriPattern),
}

impl Scope {
    /// Whether every request of `other` is one of `self`, as far as their form shows.
    pub fn covers(&self, other: &Scope) -> bool {
        self.action == other.action
            && match (&self.server, &other.server) {
                (None, _) => true,
                (Some(mine), Some(theirs)) => {
                    mine == theirs && (self.target == Target::Any || self.target == other.target)
                }
                (Some(_), None) => false,
            }
    }
}
