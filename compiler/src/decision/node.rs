//! The nodes: hash-consed, simplified terms with their cost.
//!
//! Simplification keeps the value of every condition, errors and unknown included. It folds
//! constants (`false and x` is false whatever `x` is), opens nested folds, drops duplicates and
//! takes the branch that a constant condition chooses. It never uses `x or not x`, which is no
//! tautology when `x` can be an error.

use crate::hir::Literal;
use crate::lower::term::{Interner, Tables, Term, TermId};
use mcpz_bytecode::limits::MAX_COLLECTION;
use std::collections::{BTreeMap, BTreeSet};

/// A node: row of [`Nodes`].
pub type NodeId = TermId;

/// The arena of nodes. A node refers only to nodes before it, so there is no cycle.
#[derive(Debug, Clone, Default)]
pub struct Nodes {
    terms: Interner<Term>,
    costs: Vec<u64>,
    loops: Vec<u32>,
    imported: BTreeMap<TermId, NodeId>,
    source: Vec<Term>,
    booleans: BTreeMap<u32, bool>,
}

impl Nodes {
    /// An empty arena that imports from these tables.
    pub fn new(tables: &Tables) -> Nodes {
        let constants = tables.constants.rows().iter().enumerate();
        let booleans = constants.filter_map(|(row, constant)| match &constant.literal {
            Literal::Bool(value) => Some((u32::try_from(row).ok()?, *value)),
            _ => None,
        });
        Nodes { source: tables.terms.rows().to_vec(), booleans: booleans.collect(), ..Nodes::default() }
    }

    /// The node of a term, with all it is made of.
    pub fn import(&mut self, root: TermId) -> NodeId {
        let mut wanted = BTreeSet::new();
        let mut open = vec![root];
        while let Some(id) = open.pop() {
            if !self.imported.contains_key(&id) && wanted.insert(id) {
                open.extend(self.source.get(id.index()).map(Term::operands).unwrap_or_default());
            }
        }
        // A term refers only to terms before it, so in ascending order operands come first.
        for id in wanted {
            let Some(term) = self.source.get(id.index()).cloned() else {
                continue;
            };
            let node = self.simplified(&term);
            self.imported.insert(id, node);
        }
        self.imported(root).unwrap_or_default()
    }

    /// The node of a term that was imported.
    pub fn imported(&self, term: TermId) -> Option<NodeId> {
        self.imported.get(&term).copied()
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.terms.rows().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What a node is; its operands are nodes.
    pub fn get(&self, id: NodeId) -> &Term {
        self.terms.rows().get(id.index()).unwrap_or(&Term::Absent)
    }

    /// Bound on the work to compute a node, shared parts counted each time.
    pub fn cost(&self, id: NodeId) -> u64 {
        self.costs.get(id.index()).copied().unwrap_or(0)
    }

    /// How many enclosing quantifiers a node needs: 0 when it names no element of one outside it.
    pub fn loops(&self, id: NodeId) -> u32 {
        self.loops.get(id.index()).copied().unwrap_or(0)
    }

    /// All nodes that these are made of, themselves included, in ascending order.
    pub fn reachable(&self, roots: &[NodeId]) -> BTreeSet<NodeId> {
        let mut found = BTreeSet::new();
        let mut open = roots.to_vec();
        while let Some(id) = open.pop() {
            if found.insert(id) {
                open.extend(self.get(id).operands());
            }
        }
        found
    }

    /// Whether a node looks at facts itself, and does not only combine other tests.
    pub fn is_atomic_test(&self, id: NodeId) -> bool {
        let term = self.get(id);
        let combines =
            matches!(term, Term::All(_) | Term::Any(_) | Term::Not(_) | Term::If(..) | Term::Quantified { .. });
        term.is_test() && !combines
    }

    /// The tables with the nodes in place of the terms, to write nodes as text.
    pub fn tables(&self, tables: &Tables) -> Tables {
        Tables { terms: self.terms.clone(), ..tables.clone() }
    }

    fn add(&mut self, term: Term) -> NodeId {
        let (cost, loops) = (self.cost_of(&term), self.loops_of(&term));
        let id = NodeId::new(self.terms.intern(term));
        if id.index() == self.costs.len() {
            self.costs.push(cost);
            self.loops.push(loops);
        }
        id
    }

    fn loops_of(&self, term: &Term) -> u32 {
        match term {
            Term::Element(level) => level.saturating_add(1),
            Term::Quantified { level, over, body, .. } => self.loops(*over).max(self.loops(*body).min(*level)),
            other => other.operands().into_iter().map(|of| self.loops(of)).max().unwrap_or(0),
        }
    }

    fn cost_of(&self, term: &Term) -> u64 {
        let collection = u64::try_from(MAX_COLLECTION).unwrap_or(u64::MAX);
        let own: u64 = match term {
            Term::Constant(_) | Term::Absent | Term::Element(_) | Term::All(_) | Term::Any(_) | Term::Not(_) => 1,
            Term::Subject { .. } => 2,
            Term::In(..) | Term::Substring(..) | Term::Like(..) | Term::Matches(..) | Term::Under(..) => 8,
            Term::Native(..) => 16,
            Term::History(..) => 64,
            Term::Collect(_) => 128,
            _ => 2,
        };
        let operands = term.operands().into_iter().fold(0_u64, |sum, of| sum.saturating_add(self.cost(of)));
        match term {
            Term::Quantified { over, body, .. } => {
                own.saturating_add(self.cost(*over)).saturating_add(self.cost(*body).saturating_mul(collection))
            }
            _ => own.saturating_add(operands),
        }
    }

    fn simplified(&mut self, term: &Term) -> NodeId {
        match term {
            Term::All(parts) => self.fold(parts, true),
            Term::Any(parts) => self.fold(parts, false),
            Term::Not(of) => {
                let of = self.operand(*of);
                match self.get(of) {
                    Term::All(parts) if parts.is_empty() => self.add(Term::Any(Vec::new())),
                    Term::Any(parts) if parts.is_empty() => self.add(Term::All(Vec::new())),
                    Term::Not(inner) => *inner,
                    _ => self.add(Term::Not(of)),
                }
            }
            Term::Truth(of) => self.truth(*of),
            Term::If(condition, yes, no) => {
                let (condition, yes, no) = (self.operand(*condition), self.operand(*yes), self.operand(*no));
                match self.get(condition) {
                    Term::All(parts) if parts.is_empty() => yes,
                    Term::Any(parts) if parts.is_empty() => no,
                    _ => self.add(Term::If(condition, yes, no)),
                }
            }
            Term::Coalesce(left, right) => {
                let (left, right) = (self.operand(*left), self.operand(*right));
                if *self.get(left) == Term::Absent { right } else { self.add(Term::Coalesce(left, right)) }
            }
            Term::Has(of) => {
                let of = self.operand(*of);
                if *self.get(of) == Term::Absent { self.add(Term::Any(Vec::new())) } else { self.add(Term::Has(of)) }
            }
            other => {
                let renamed = self.renamed(other);
                self.add(renamed)
            }
        }
    }

    /// A boolean value as a test. True is the empty conjunction, false the empty disjunction.
    fn truth(&mut self, of: TermId) -> NodeId {
        let of = self.operand(of);
        if let Term::Constant(constant) = self.get(of) {
            match self.booleans.get(&constant.0) {
                Some(true) => return self.add(Term::All(Vec::new())),
                Some(false) => return self.add(Term::Any(Vec::new())),
                None => {}
            }
        }
        // A conditional between constants may have become a test by simplification.
        if self.get(of).is_test() { of } else { self.add(Term::Truth(of)) }
    }

    fn fold(&mut self, parts: &[TermId], conjunction: bool) -> NodeId {
        let mut flat = BTreeSet::new();
        for part in parts {
            let part = self.operand(*part);
            match (self.get(part), conjunction) {
                (Term::All(inner), true) | (Term::Any(inner), false) => flat.extend(inner.iter().copied()),
                (Term::Any(inner), true) | (Term::All(inner), false) if inner.is_empty() => {
                    return part;
                }
                _ => {
                    flat.insert(part);
                }
            }
        }
        let mut flat: Vec<NodeId> = flat.into_iter().collect();
        match flat.len() {
            1 => flat.remove(0),
            _ if conjunction => self.add(Term::All(flat)),
            _ => self.add(Term::Any(flat)),
        }
    }

    fn operand(&self, id: TermId) -> NodeId {
        self.imported(id).unwrap_or_default()
    }

    /// The term with its operands replaced by their nodes.
    fn renamed(&self, term: &Term) -> Term {
        let to = |id: &TermId| self.operand(*id);
        match term {
            Term::List(items) => Term::List(items.iter().map(to).collect()),
            Term::History(question, operand) => Term::History(*question, operand.as_ref().map(to)),
            Term::Native(native, of) => Term::Native(native.clone(), to(of)),
            Term::Field(of, name) => Term::Field(to(of), name.clone()),
            Term::CountOf(of) => Term::CountOf(to(of)),
            Term::Like(of, pattern) => Term::Like(to(of), *pattern),
            Term::Matches(of, pattern) => Term::Matches(to(of), *pattern),
            Term::Is(of, ty) => Term::Is(to(of), ty.clone()),
            Term::Arith { operation, integer, left, right } => {
                Term::Arith { operation: *operation, integer: *integer, left: to(left), right: to(right) }
            }
            Term::Compare(operator, left, right) => Term::Compare(*operator, to(left), to(right)),
            Term::In(left, right) => Term::In(to(left), to(right)),
            Term::Substring(left, right) => Term::Substring(to(left), to(right)),
            Term::Under(left, right) => Term::Under(to(left), to(right)),
            Term::InRange { of, low, high, end_inclusive } => Term::InRange {
                of: to(of),
                low: low.as_ref().map(to),
                high: high.as_ref().map(to),
                end_inclusive: *end_inclusive,
            },
            Term::Quantified { quantifier, level, over, body } => {
                Term::Quantified { quantifier: *quantifier, level: *level, over: to(over), body: to(body) }
            }
            // These have no operands, or are handled by the caller.
            other => other.clone(),
        }
    }
}
