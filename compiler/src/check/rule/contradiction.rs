//! Conditions that are constantly true or false, and conjuncts that exclude each other.
//!
//! Only what is evident is found: constants, and bounds, equalities and memberships of one place.
//! The prover of assertions goes further.

use crate::hir::same::same_expr;
use crate::hir::{Comparison, Expr, ExprKind, Literal, Span};
use std::collections::BTreeMap;

/// Why a conjunction is never true.
pub(crate) struct Contradiction {
    /// What shows it.
    pub span: Span,
    /// In words.
    pub why: String,
    /// The other side.
    pub other: Option<Span>,
}

/// Whether a condition is constant.
fn constant(expr: &Expr) -> Option<bool> {
    match &expr.kind {
        ExprKind::Literal(Literal::Bool(value)) => Some(*value),
        ExprKind::Not(inner) => constant(inner).map(|value| !value),
        ExprKind::And(sides) => fold(sides, false),
        ExprKind::Or(sides) => fold(sides, true),
        ExprKind::Compare(comparison, left, right) => compare_constants(*comparison, left, right),
        _ => None,
    }
}

/// `and` (`decisive` false) or `or` (true) of constants.
fn fold(sides: &[Expr], decisive: bool) -> Option<bool> {
    let values: Vec<Option<bool>> = sides.iter().map(constant).collect();
    if values.contains(&Some(decisive)) {
        return Some(decisive);
    }
    values.iter().all(Option::is_some).then_some(!decisive)
}

fn compare_constants(comparison: Comparison, left: &Expr, right: &Expr) -> Option<bool> {
    let (ExprKind::Literal(left), ExprKind::Literal(right)) = (&left.kind, &right.kind) else { return None };
    let order = order(left, right);
    Some(match comparison {
        Comparison::Eq => order.is_eq(),
        Comparison::Ne => order.is_ne(),
        Comparison::Lt => order.is_lt(),
        Comparison::Le => order.is_le(),
        Comparison::Gt => order.is_gt(),
        Comparison::Ge => order.is_ge(),
    })
}

fn order(left: &Literal, right: &Literal) -> std::cmp::Ordering {
    use crate::check::expr::units;
    match (units(left), units(right)) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => left.cmp(right),
    }
}

/// Whether a condition is always true.
pub(crate) fn always_true(expr: &Expr) -> bool {
    constant(expr) == Some(true) || matches!(&expr.kind, ExprKind::Or(sides) if sides.iter().any(always_true))
}

/// What is known of one place by the conjuncts so far.
#[derive(Default)]
struct Bounds {
    low: Option<(Literal, bool, Span)>,
    high: Option<(Literal, bool, Span)>,
    values: Option<(Vec<Literal>, Span)>,
}

/// Why these conditions are never true together, if that is evident.
pub(crate) fn never_true(conjuncts: &[&Expr]) -> Option<Contradiction> {
    let mut atoms = Vec::new();
    conjuncts.iter().for_each(|conjunct| flatten(conjunct, &mut atoms));
    for atom in &atoms {
        if constant(atom) == Some(false) {
            return Some(Contradiction { span: atom.span, why: "this is always false".to_owned(), other: None });
        }
    }
    let mut places: BTreeMap<String, Bounds> = BTreeMap::new();
    for atom in &atoms {
        if let Some(found) = assume(&mut places, atom) {
            return Some(found);
        }
    }
    opposite(&atoms)
}

fn flatten<'e>(expr: &'e Expr, atoms: &mut Vec<&'e Expr>) {
    match &expr.kind {
        ExprKind::And(sides) => sides.iter().for_each(|side| flatten(side, atoms)),
        _ => atoms.push(expr),
    }
}

/// A condition and its negation.
fn opposite(atoms: &[&Expr]) -> Option<Contradiction> {
    for (index, atom) in atoms.iter().enumerate() {
        let ExprKind::Not(inner) = &atom.kind else { continue };
        let twin = atoms.iter().enumerate().find(|(other, twin)| *other != index && same_expr(twin, inner));
        if let Some((_, twin)) = twin {
            let why = "this and its opposite are both demanded".to_owned();
            return Some(Contradiction { span: atom.span, why, other: Some(twin.span) });
        }
    }
    None
}

/// Takes one conjunct into account; a contradiction with what is known comes back.
fn assume(places: &mut BTreeMap<String, Bounds>, atom: &Expr) -> Option<Contradiction> {
    match &atom.kind {
        ExprKind::Compare(comparison, left, right) => {
            let (place, literal, comparison) = match (place_key(left), literal(right)) {
                (Some(place), Some(literal)) => (place, literal, *comparison),
                _ => (place_key(right)?, literal(left)?, flipped(*comparison)),
            };
            let bounds = places.entry(place).or_default();
            match comparison {
                Comparison::Eq => bounds.values_are(vec![literal.clone()], atom.span),
                Comparison::Ne => None,
                Comparison::Lt => bounds.below(literal, false, atom.span),
                Comparison::Le => bounds.below(literal, true, atom.span),
                Comparison::Gt => bounds.above(literal, false, atom.span),
                Comparison::Ge => bounds.above(literal, true, atom.span),
            }
        }
        ExprKind::In(left, right) => {
            let bounds = places.entry(place_key(left)?).or_default();
            match &right.kind {
                ExprKind::Literal(Literal::List(items)) if items.iter().all(is_plain) => {
                    bounds.values_are(items.clone(), atom.span)
                }
                ExprKind::Range { low, high, end_inclusive } => {
                    let above = low.as_deref().and_then(literal).and_then(|low| bounds.above(low, true, atom.span));
                    above.or_else(|| bounds.below(high.as_deref().and_then(literal)?, *end_inclusive, atom.span))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// Literals that are equal only to themselves.
fn is_plain(literal: &Literal) -> bool {
    !matches!(literal, Literal::Net(..) | Literal::HostPattern(_) | Literal::Window(_) | Literal::Segment(_))
}

fn literal(expr: &Expr) -> Option<&Literal> {
    match &expr.kind {
        ExprKind::Literal(literal) => Some(literal),
        _ => None,
    }
}

/// The identity of a place; `None` for what is none.
fn place_key(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Root(root) => Some(format!("{root:?}")),
        ExprKind::Field(base, name) => Some(format!("{}.{name}", place_key(base)?)),
        _ => None,
    }
}

fn flipped(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Lt => Comparison::Gt,
        Comparison::Le => Comparison::Ge,
        Comparison::Gt => Comparison::Lt,
        Comparison::Ge => Comparison::Le,
        same => same,
    }
}

impl Bounds {
    fn values_are(&mut self, values: Vec<Literal>, span: Span) -> Option<Contradiction> {
        let left: Vec<Literal> = match &self.values {
            Some((known, _)) => {
                known.iter().filter(|known| values.iter().any(|value| order(known, value).is_eq())).cloned().collect()
            }
            None => values,
        };
        let other = self.values.as_ref().map(|(_, span)| *span);
        let fitting = left.iter().any(|value| self.fits(value));
        let bound = self.low.as_ref().or(self.high.as_ref()).map(|(.., span)| *span);
        self.values = Some((left, span));
        (!fitting).then(|| Contradiction { span, why: "no value is left".to_owned(), other: other.or(bound) })
    }

    fn fits(&self, value: &Literal) -> bool {
        let above = self.low.as_ref().is_none_or(|(low, inclusive, _)| {
            let order = order(value, low);
            order.is_gt() || (*inclusive && order.is_eq())
        });
        let below = self.high.as_ref().is_none_or(|(high, inclusive, _)| {
            let order = order(value, high);
            order.is_lt() || (*inclusive && order.is_eq())
        });
        above && below
    }

    fn above(&mut self, low: &Literal, inclusive: bool, span: Span) -> Option<Contradiction> {
        if self.low.as_ref().is_none_or(|(known, ..)| order(low, known).is_gt()) {
            self.low = Some((low.clone(), inclusive, span));
        }
        self.check(span)
    }

    fn below(&mut self, high: &Literal, inclusive: bool, span: Span) -> Option<Contradiction> {
        if self.high.as_ref().is_none_or(|(known, ..)| order(high, known).is_lt()) {
            self.high = Some((high.clone(), inclusive, span));
        }
        self.check(span)
    }

    fn check(&self, span: Span) -> Option<Contradiction> {
        if let (Some((low, low_in, low_span)), Some((high, high_in, high_span))) = (&self.low, &self.high) {
            let order = order(low, high);
            if order.is_gt() || (order.is_eq() && !(*low_in && *high_in)) {
                let other = if *low_span == span { *high_span } else { *low_span };
                let why = "no value is left between the bounds".to_owned();
                return Some(Contradiction { span, why, other: (other != span).then_some(other) });
            }
        }
        let (values, values_span) = self.values.as_ref()?;
        let none = !values.iter().any(|value| self.fits(value));
        none.then(|| Contradiction { span, why: "no value is left".to_owned(), other: Some(*values_span) })
    }
}
