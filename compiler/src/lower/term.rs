//! The small, closed language that conditions are lowered to.
//!
//! A [`Term`] is a value or a test over the facts of one request. Terms are interned: equal terms
//! have the same [`TermId`], so predicates that are used many times cost their size once, and a
//! later stage can compute a shared term once. A quantifier's element is named by its nesting level
//! ([`Term::Element`]), never by the author's variable, so inlining cannot capture a name.
//!
//! Every term has one of four outcomes: a value (true and false among them), absent or null, an error,
//! or unknown. Folds (`All`, `Any`, quantifiers) follow the truth tables of the semantics; all other
//! forms that take operands are strict, save `If`, `Coalesce`, `Has` and `Is`.

use crate::hir::{
    Arithmetic, ClassId, Comparison, HistoryKey, LabelId, Literal, Native, ParameterKind, Quantifier, Root, SeenSource,
    ServerId, UriPattern,
};
use crate::ids::row_ids;
use crate::types::Type;
use smol_str::SmolStr;
use std::collections::BTreeMap;

row_ids! {
    /// A term: row of [`Tables`].
    TermId,
    /// A place in the request: row of [`Tables::slots`].
    SlotId,
    /// A constant: row of [`Tables::constants`].
    ConstantId,
    /// A history question: row of [`Tables::questions`].
    QuestionId,
}

/// A place in the request (or a data set) and how it is read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    /// Where it starts. Never a variable.
    pub root: Root,
    /// Field names from there.
    pub path: Vec<SmolStr>,
    /// What the value is read as.
    pub ty: Type,
    /// The pattern that binds the variable, of a [`Root::UriVariable`].
    pub pattern: Option<UriPattern>,
}

/// A literal as a constant of conditions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Constant {
    /// Its value.
    pub literal: Literal,
    /// A list literal that stands for a set: equality then is by membership.
    pub is_set: bool,
}

/// How a subject is matched with the caller's chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Matching {
    /// As in a permit: the outermost actor must be meant, delegation must be allowed.
    Narrow,
    /// As in a restriction: any link may be meant.
    Anywhere,
}

/// Who a rule is about: the subject of the source in canonical form (lists sorted, nested lists
/// opened, a list of one replaced by its member).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectTerm {
    /// `anyone`.
    Anyone,
    /// `anonymous`.
    Anonymous,
    /// `any agent`.
    AnyAgent,
    /// `any user`.
    AnyUser,
    /// A user, agent or role.
    Class(ClassId),
    /// `[a, b]`.
    Either(Vec<SubjectTerm>),
    /// `a & b`.
    Both(Vec<SubjectTerm>),
    /// `a acting for b`.
    ActingFor(Box<SubjectTerm>, Box<SubjectTerm>),
    /// `server s`.
    Server(ServerId),
}

/// A question to the state: its canonical text is its identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Question {
    /// Canonical text; of `carries` and `seen in` the part after the operand.
    pub text: String,
    /// Its kind.
    pub kind: QuestionKind,
}

/// Kinds of question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QuestionKind {
    /// Does the session hold this label?
    SessionHolds(LabelId),
    /// Does the operand carry this label?
    Carries(LabelId),
    /// Was the operand seen there?
    SeenIn(SeenSource),
    /// How many calls?
    Count(HistoryKey),
    /// The sum of an argument.
    Sum(HistoryKey),
    /// Did these calls follow each other?
    Sequence(HistoryKey),
}

/// A term.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Term {
    /// A literal.
    Constant(ConstantId),
    /// Nothing: a field that a constant record lacks.
    Absent,
    /// A place.
    Slot(SlotId),
    /// The element of the quantifier at this nesting level; 0 is the outermost quantifier.
    Element(u32),
    /// A field of an element, or a typed field of a URL, path or SQL statement.
    Field(TermId, SmolStr),
    /// A native of a place, an element or another native.
    Native(Native, TermId),
    /// All parameters of a kind.
    Collect(ParameterKind),
    /// A list of values.
    List(Vec<TermId>),
    /// Checked arithmetic.
    Arith {
        /// Which.
        operation: Arithmetic,
        /// The result must be a 64-bit integer.
        integer: bool,
        /// Left operand.
        left: TermId,
        /// Right operand.
        right: TermId,
    },
    /// `if c then a else b`.
    If(TermId, TermId, TermId),
    /// `a ?? b`.
    Coalesce(TermId, TermId),
    /// Elements of a collection.
    CountOf(TermId),
    /// A question to the state, about the operand if there is one.
    History(QuestionId, Option<TermId>),
    /// A boolean value used as a test: absent is an error.
    Truth(TermId),
    /// Negation.
    Not(TermId),
    /// Conjunction; sorted, without duplicates.
    All(Vec<TermId>),
    /// Disjunction; sorted, without duplicates.
    Any(Vec<TermId>),
    /// Comparison.
    Compare(Comparison, TermId, TermId),
    /// Membership in a collection, network, window or segment.
    In(TermId, TermId),
    /// Membership in a range.
    InRange {
        /// The value.
        of: TermId,
        /// Lower bound, inclusive.
        low: Option<TermId>,
        /// Upper bound.
        high: Option<TermId>,
        /// Whether the upper bound belongs to it.
        end_inclusive: bool,
    },
    /// `a contains b` on text.
    Substring(TermId, TermId),
    /// The text is like a glob or host pattern (a constant).
    Like(TermId, ConstantId),
    /// The whole text matches a regular expression (a constant).
    Matches(TermId, ConstantId),
    /// Component-wise path prefix.
    Under(TermId, TermId),
    /// The value has this JSON type.
    Is(TermId, Type),
    /// Present and not null.
    Has(TermId),
    /// A fold over the elements of a collection.
    Quantified {
        /// `all` or `any`.
        quantifier: Quantifier,
        /// The nesting level of its element.
        level: u32,
        /// A place, a native or a property that is a collection.
        over: TermId,
        /// The condition.
        body: TermId,
    },
    /// The chain fits the subject.
    Subject {
        /// Who.
        subject: SubjectTerm,
        /// How it is matched.
        matching: Matching,
        /// The `for` part of a server's request: matched on the client's chain.
        client: bool,
    },
}

impl Term {
    /// Whether the outcome is always a truth value, an error or unknown: never absent, never another value.
    pub fn is_test(&self) -> bool {
        match self {
            Term::Constant(_)
            | Term::Absent
            | Term::Slot(_)
            | Term::Element(_)
            | Term::Field(..)
            | Term::Native(..)
            | Term::Collect(_)
            | Term::List(_)
            | Term::Arith { .. }
            | Term::If(..)
            | Term::Coalesce(..)
            | Term::CountOf(_) => false,
            Term::History(_, operand) => operand.is_some(),
            _ => true,
        }
    }

    /// The terms this one is made of, in evaluation order.
    pub fn operands(&self) -> Vec<TermId> {
        match self {
            Term::Constant(_)
            | Term::Absent
            | Term::Slot(_)
            | Term::Element(_)
            | Term::Collect(_)
            | Term::Subject { .. } => Vec::new(),
            Term::List(items) | Term::All(items) | Term::Any(items) => items.clone(),
            Term::History(_, operand) => operand.iter().copied().collect(),
            Term::Native(_, of)
            | Term::Field(of, _)
            | Term::CountOf(of)
            | Term::Truth(of)
            | Term::Not(of)
            | Term::Like(of, _)
            | Term::Matches(of, _)
            | Term::Is(of, _)
            | Term::Has(of) => vec![*of],
            Term::Coalesce(left, right)
            | Term::Arith { left, right, .. }
            | Term::Compare(_, left, right)
            | Term::In(left, right)
            | Term::Substring(left, right)
            | Term::Under(left, right) => vec![*left, *right],
            Term::InRange { of, low, high, .. } => [Some(*of), *low, *high].into_iter().flatten().collect(),
            Term::If(condition, yes, no) => vec![*condition, *yes, *no],
            Term::Quantified { over, body, .. } => vec![*over, *body],
        }
    }
}

/// A table of distinct rows in order of first use.
#[derive(Debug, Clone)]
pub struct Interner<T: Ord + Clone> {
    rows: Vec<T>,
    index: BTreeMap<T, u32>,
}

impl<T: Ord + Clone> Default for Interner<T> {
    fn default() -> Self {
        Interner { rows: Vec::new(), index: BTreeMap::new() }
    }
}

impl<T: Ord + Clone> Interner<T> {
    /// The index of `row`, added when new.
    pub fn intern(&mut self, row: T) -> usize {
        if let Some(found) = self.index.get(&row) {
            return usize::try_from(*found).unwrap_or(usize::MAX);
        }
        let next = self.rows.len();
        self.index.insert(row.clone(), u32::try_from(next).unwrap_or(u32::MAX));
        self.rows.push(row);
        next
    }

    /// The rows in order.
    pub fn rows(&self) -> &[T] {
        &self.rows
    }
}

/// The interned parts of a rule set.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    /// Terms; a term refers only to terms before it.
    pub terms: Interner<Term>,
    /// Places.
    pub slots: Interner<Slot>,
    /// Literals.
    pub constants: Interner<Constant>,
    /// History questions.
    pub questions: Interner<Question>,
}

impl Tables {
    /// Interns a term.
    pub fn term(&mut self, term: Term) -> TermId {
        TermId::new(self.terms.intern(term))
    }

    /// The term of an id made by this table.
    pub fn get(&self, id: TermId) -> &Term {
        self.terms.rows().get(id.index()).unwrap_or(&Term::Absent)
    }

    /// Interns a literal that is no set as a term.
    pub fn constant(&mut self, literal: Literal) -> TermId {
        let id = self.constant_row(literal);
        self.term(Term::Constant(id))
    }

    /// Interns a literal list that stands for a set as a term.
    pub fn set_constant(&mut self, literal: Literal) -> TermId {
        let row = self.constants.intern(Constant { literal, is_set: true });
        self.term(Term::Constant(ConstantId::new(row)))
    }

    /// Interns a literal that is no set.
    pub fn constant_row(&mut self, literal: Literal) -> ConstantId {
        ConstantId::new(self.constants.intern(Constant { literal, is_set: false }))
    }

    /// The literal of a term that is one.
    pub fn literal(&self, id: TermId) -> Option<&Literal> {
        match self.get(id) {
            Term::Constant(id) => self.constants.rows().get(id.index()).map(|row| &row.literal),
            _ => None,
        }
    }

    /// Interns a place as a term.
    pub fn slot(&mut self, slot: Slot) -> TermId {
        let id = SlotId::new(self.slots.intern(slot));
        self.term(Term::Slot(id))
    }

    /// Conjunction: flattened, sorted, without duplicates; of one term, that term.
    pub fn all(&mut self, parts: Vec<TermId>) -> TermId {
        let mut flat = self.flatten(parts, true);
        match flat.len() {
            1 => flat.remove(0),
            _ => self.term(Term::All(flat)),
        }
    }

    /// Disjunction: flattened, sorted, without duplicates; of one term, that term.
    pub fn any(&mut self, parts: Vec<TermId>) -> TermId {
        let mut flat = self.flatten(parts, false);
        match flat.len() {
            1 => flat.remove(0),
            _ => self.term(Term::Any(flat)),
        }
    }

    fn flatten(&self, parts: Vec<TermId>, conjunction: bool) -> Vec<TermId> {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match self.get(part) {
                Term::All(inner) if conjunction => flat.extend(inner.iter().copied()),
                Term::Any(inner) if !conjunction => flat.extend(inner.iter().copied()),
                _ => flat.push(part),
            }
        }
        flat.sort();
        flat.dedup();
        flat
    }

    /// Negation; of a negation, what it negates.
    pub fn not(&mut self, test: TermId) -> TermId {
        match self.get(test) {
            Term::Not(inner) => *inner,
            _ => self.term(Term::Not(test)),
        }
    }
}
