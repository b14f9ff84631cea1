//! Typed expressions to terms.
//!
//! Predicates are inlined by substitution: an argument stands wherever the parameter is used, and
//! nowhere else. Because terms are interned and name elements by level, no variable can be
//! captured, and a call repeated with equal arguments is lowered once for each rule.
//!
//! A place is read as the type it has where it stands. `has` and `is` look at the JSON value before
//! it is read; that is the machine's business, so both uses share one place.

use super::collection;
use super::limits::{MAX_DEPTH, MAX_TERMS};
use super::subject::canonical;
use super::term::{Matching, Question, QuestionId, QuestionKind, Slot, Tables, Term, TermId};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::e0701;
use crate::hir::canonical as texts;
use crate::hir::{
    Arithmetic, Expr, ExprKind, History, Literal, Native, PredicateId, Program, Root, Span, Subject, UriPattern, VarId,
};
use crate::types::Type;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The patterns that bind `resource.uri.NAME` in the rule being lowered.
#[derive(Debug, Clone, Default)]
pub struct UriBinding {
    /// Those of the server that is asked, in the order of the rule.
    pub patterns: Vec<UriPattern>,
}

/// The state of lowering one program.
pub struct Lowering<'p> {
    /// What is lowered.
    pub program: &'p Program,
    /// What it becomes.
    pub tables: Tables,
    /// Where limits were exceeded.
    pub diagnostics: Vec<Diagnostic>,
    /// Where terms of the current condition were first written.
    pub spans: BTreeMap<TermId, Span>,
    /// What binds URI variables in the current condition.
    pub binding: UriBinding,
    /// How many quantifiers enclose the current expression.
    pub level: u32,
    env: BTreeMap<VarId, TermId>,
    calls: BTreeMap<(PredicateId, Vec<TermId>, u32), TermId>,
    depth: usize,
    first_term: usize,
    gave_up: bool,
}

impl<'p> Lowering<'p> {
    /// Starts on a program.
    pub fn new(program: &'p Program) -> Self {
        Lowering {
            program,
            tables: Tables::default(),
            diagnostics: Vec::new(),
            spans: BTreeMap::new(),
            binding: UriBinding::default(),
            level: 0,
            env: BTreeMap::new(),
            calls: BTreeMap::new(),
            depth: 0,
            first_term: 0,
            gave_up: false,
        }
    }

    /// Starts a condition of its own: spans and inlined calls of the one before are forgotten.
    pub fn begin(&mut self, binding: UriBinding) {
        self.binding = binding;
        self.spans.clear();
        self.calls.clear();
        self.gave_up = false;
        self.first_term = self.tables.terms.rows().len();
    }

    /// Lowers an expression used as a condition.
    pub fn test(&mut self, expr: &Expr) -> TermId {
        let value = self.value(expr);
        let test = self.as_test(value);
        self.spans.entry(test).or_insert(expr.span);
        test
    }

    /// Makes a test of a boolean value.
    pub fn as_test(&mut self, value: TermId) -> TermId {
        if self.tables.get(value).is_test() { value } else { self.tables.term(Term::Truth(value)) }
    }

    /// Lowers an expression used as a value.
    pub fn value(&mut self, expr: &Expr) -> TermId {
        if self.is_too_large(expr.span) {
            return self.tables.constant(Literal::Bool(false));
        }
        self.depth += 1;
        let id = self.value_of_kind(expr);
        self.depth -= 1;
        self.spans.entry(id).or_insert(expr.span);
        id
    }

    fn is_too_large(&mut self, span: Span) -> bool {
        let exceeded = self.depth >= MAX_DEPTH || self.tables.terms.rows().len() - self.first_term >= MAX_TERMS;
        if exceeded && !self.gave_up {
            self.gave_up = true;
            self.diagnostics.push(e0701::condition_too_large(span));
        }
        exceeded
    }

    fn value_of_kind(&mut self, expr: &Expr) -> TermId {
        match &expr.kind {
            ExprKind::Literal(literal @ Literal::List(_)) if matches!(expr.ty.required(), Type::Set(_)) => {
                self.tables.set_constant(literal.clone())
            }
            ExprKind::Literal(literal) => self.tables.constant(literal.clone()),
            ExprKind::Root(root) => self.root(root, &expr.ty),
            ExprKind::Field(base, name) => self.field(base, name, &expr.ty),
            ExprKind::List(items) => {
                let items = items.iter().map(|item| self.value(item)).collect();
                self.tables.term(Term::List(items))
            }
            ExprKind::Coalesce(left, right) => {
                let (left, right) = (self.value(left), self.value(right));
                self.tables.term(Term::Coalesce(left, right))
            }
            ExprKind::Arith(operation, left, right) => self.arith(*operation, left, right, &expr.ty),
            ExprKind::If(condition, yes, no) => {
                let condition = self.test(condition);
                let (yes, no) = (self.value(yes), self.value(no));
                self.tables.term(Term::If(condition, yes, no))
            }
            ExprKind::CountOf(of) => {
                let of = self.value(of);
                self.tables.term(Term::CountOf(of))
            }
            ExprKind::Collect(kind) => self.tables.term(Term::Collect(*kind)),
            ExprKind::Native(native, of) => {
                let of = self.value(of);
                self.native(native, of)
            }
            ExprKind::Call(predicate, arguments) => self.call(*predicate, arguments),
            ExprKind::History(history) => self.history(history),
            // The checker refuses a range anywhere but right of `in`; an error never gets here.
            ExprKind::Range { .. } | ExprKind::Error => self.tables.term(Term::Absent),
            _ => self.test_of_kind(expr),
        }
    }

    fn test_of_kind(&mut self, expr: &Expr) -> TermId {
        match &expr.kind {
            ExprKind::Not(of) => {
                let of = self.test(of);
                self.tables.not(of)
            }
            ExprKind::And(parts) => {
                let parts = parts.iter().map(|part| self.test(part)).collect();
                self.tables.all(parts)
            }
            ExprKind::Or(parts) => {
                let parts = parts.iter().map(|part| self.test(part)).collect();
                self.tables.any(parts)
            }
            ExprKind::Compare(operator, left, right) => {
                let (left, right) = (self.operand(left), self.operand(right));
                self.tables.term(Term::Compare(*operator, left, right))
            }
            ExprKind::In(item, collection) => collection::membership(self, item, collection),
            ExprKind::Contains(collection, item) => collection::contains(self, collection, item),
            ExprKind::Like(of, pattern) => {
                let of = self.operand(of);
                self.pattern(of, pattern, Term::Like)
            }
            ExprKind::Matches(of, pattern) => {
                let of = self.operand(of);
                self.pattern(of, pattern, Term::Matches)
            }
            ExprKind::Under(left, right) => {
                let (left, right) = (self.operand(left), self.operand(right));
                self.tables.term(Term::Under(left, right))
            }
            ExprKind::Is(of, ty) => {
                let of = self.value(of);
                self.tables.term(Term::Is(of, ty.clone()))
            }
            ExprKind::Has(of) => {
                let of = self.value(of);
                self.tables.term(Term::Has(of))
            }
            ExprKind::Quantified { quantifier, var, over, body } => {
                collection::quantified(self, *quantifier, *var, over, body)
            }
            ExprKind::HasSubject(subject) => self.subject(subject, Matching::Anywhere, false),
            _ => self.tables.term(Term::Absent),
        }
    }

    fn root(&mut self, root: &Root, ty: &Type) -> TermId {
        match root {
            Root::Var(var) => match self.env.get(var).copied() {
                Some(bound) => self.read_as(bound, ty),
                None => self.tables.term(Term::Absent),
            },
            Root::UriVariable(name) => super::uri::variable(self, name),
            other => {
                let ty = match other {
                    Root::Now => Type::Instant,
                    Root::NetworkSource => Type::Ip.optional(),
                    _ => ty.required().clone().optional(),
                };
                self.tables.slot(Slot { root: other.clone(), path: Vec::new(), ty, pattern: None })
            }
        }
    }

    /// A parameter that stands for a place reads it as the parameter's type.
    fn read_as(&mut self, bound: TermId, ty: &Type) -> TermId {
        let Term::Slot(slot) = self.tables.get(bound) else {
            return bound;
        };
        let Some(row) = self.tables.slots.rows().get(slot.index()).cloned() else {
            return bound;
        };
        match row.root {
            Root::Now | Root::NetworkSource | Root::Data(_) => bound,
            _ => self.tables.slot(Slot { ty: ty.required().clone().optional(), ..row }),
        }
    }

    /// A field: one more step of a place, or a field of what is no place.
    fn field(&mut self, base: &Expr, name: &SmolStr, ty: &Type) -> TermId {
        let of = self.value(base);
        let is_typed = matches!(base.ty.required(), Type::Url | Type::Path | Type::Host | Type::Sql);
        if !is_typed
            && let Term::Slot(slot) = self.tables.get(of)
            && let Some(row) = self.tables.slots.rows().get(slot.index())
        {
            let mut path = row.path.clone();
            path.push(name.clone());
            let ty = ty.required().clone().optional();
            let slot = Slot { root: row.root.clone(), path, ty, pattern: row.pattern.clone() };
            return self.tables.slot(slot);
        }
        self.tables.term(Term::Field(of, name.clone()))
    }

    fn arith(&mut self, operation: Arithmetic, left: &Expr, right: &Expr, ty: &Type) -> TermId {
        let (left, right) = (self.value(left), self.value(right));
        let integer = matches!(ty.required(), Type::Int);
        self.tables.term(Term::Arith { operation, integer, left, right })
    }

    /// The operand of a strict test. Parsing the string at a place is reading the place as what it is
    /// parsed to, so that decision trees can branch on it.
    pub fn operand(&mut self, expr: &Expr) -> TermId {
        let value = self.value(expr);
        let Some(place) = self.parsed_place(value) else {
            return value;
        };
        let id = self.tables.slot(place);
        self.spans.entry(id).or_insert(expr.span);
        id
    }

    /// The place of the request whose string a native parses, with the type it parses to.
    fn parsed_place(&self, value: TermId) -> Option<Slot> {
        let Term::Native(native, of) = self.tables.get(value) else { return None };
        let ty = match native {
            Native::Path => Type::Path,
            Native::Url => Type::Url,
            Native::Host => Type::Host,
            Native::Ip => Type::Ip,
            Native::Instant => Type::Instant,
            _ => return None,
        };
        let Term::Slot(slot) = self.tables.get(*of) else { return None };
        let place = self.tables.slots.rows().get(slot.index())?;
        let is_json = match place.root {
            Root::Args | Root::PromptArgs | Root::Context | Root::Sample | Root::Elicit => true,
            Root::UserClaims | Root::AgentClaims | Root::LinkClaims => true,
            Root::LinkSpiffe | Root::LinkUid | Root::Now | Root::NetworkSource | Root::ResourceUri => false,
            Root::UriVariable(_) | Root::Data(_) | Root::Var(_) => false,
        };
        let is_string = matches!(place.ty.required(), Type::String);
        (is_json && is_string).then(|| Slot { ty: ty.optional(), ..place.clone() })
    }

    /// A native; reading a place as its own type twice is reading it once.
    fn native(&mut self, native: &Native, of: TermId) -> TermId {
        self.tables.term(Term::Native(native.clone(), of))
    }

    /// The test of a value against a pattern literal.
    fn pattern(&mut self, of: TermId, pattern: &Expr, test: fn(TermId, super::term::ConstantId) -> Term) -> TermId {
        let constant = self.value(pattern);
        match self.tables.get(constant) {
            Term::Constant(id) => {
                let id = *id;
                self.tables.term(test(of, id))
            }
            _ => self.tables.term(Term::Absent),
        }
    }

    /// A test of the caller's chain.
    pub fn subject(&mut self, subject: &Subject, matching: Matching, client: bool) -> TermId {
        let subject = canonical(subject);
        self.tables.term(Term::Subject { subject, matching, client })
    }

    fn call(&mut self, id: PredicateId, arguments: &[Expr]) -> TermId {
        let program = self.program;
        let Some(predicate) = program.predicates.get(id.index()) else {
            return self.tables.term(Term::Absent);
        };
        let arguments: Vec<TermId> = arguments.iter().map(|argument| self.value(argument)).collect();
        let key = (id, arguments, self.level);
        if let Some(known) = self.calls.get(&key) {
            return *known;
        }
        for ((var, _), argument) in predicate.parameters.iter().zip(&key.1) {
            self.env.insert(*var, *argument);
        }
        let body = self.value(&predicate.body);
        self.calls.insert(key, body);
        body
    }

    /// Lowers with a variable bound.
    pub fn with_variable(&mut self, var: VarId, term: TermId, body: impl FnOnce(&mut Self) -> TermId) -> TermId {
        let before = self.env.insert(var, term);
        let result = body(self);
        match before {
            Some(outer) => self.env.insert(var, outer),
            None => self.env.remove(&var),
        };
        result
    }

    fn history(&mut self, history: &History) -> TermId {
        let program = self.program;
        let (kind, text, operand) = match history {
            History::SessionHolds(label) => {
                (QuestionKind::SessionHolds(*label), texts::history_text(program, history), None)
            }
            History::Carries(place, label) => {
                let text = format!("carries {}", texts::label_name(program, *label));
                (QuestionKind::Carries(*label), text, Some(self.value(place)))
            }
            History::SeenIn(place, source) => {
                let text = format!("seen in {}", texts::seen_name(program, *source));
                (QuestionKind::SeenIn(*source), text, Some(self.value(place)))
            }
            History::Count(query) => (QuestionKind::Count(query.by), texts::history_text(program, history), None),
            History::Sum(query, _) => (QuestionKind::Sum(query.by), texts::history_text(program, history), None),
            History::Sequence(first, _) => {
                (QuestionKind::Sequence(first.by), texts::history_text(program, history), None)
            }
        };
        let question = QuestionId::new(self.tables.questions.intern(Question { text, kind }));
        self.tables.term(Term::History(question, operand))
    }
}
