//! Whether two pieces of the typed program say the same, wherever they stand.
//!
//! Types are compared too; places are not. Variables are compared by their numbers, so that two quantifiers with binders of their own
//! are never the same: who asks (lints, contradictions) says nothing rather than something wrong.

use super::expr::{CallsQuery, Expr, ExprKind, History};
use super::rule::{Limit, Redaction, Rule, RuleKind, Targets};
use std::hash::{Hash, Hasher};

/// Whether two rules mean the same. Ids, texts and places are no part of that.
pub fn same_rule(a: &Rule, b: &Rule) -> bool {
    same_head(a, b) && a.shadow == b.shadow && a.grant == b.grant && a.deny == b.deny && same_clauses(a, b)
}

fn same_head(a: &Rule, b: &Rule) -> bool {
    same_kind(&a.kind, &b.kind)
        && a.subject == b.subject
        && a.for_subject == b.for_subject
        && a.actions == b.actions
        && same_targets(&a.targets, &b.targets)
}

fn same_clauses(a: &Rule, b: &Rule) -> bool {
    let pairs = [(&a.where_, &b.where_), (&a.when, &b.when), (&a.unless, &b.unless)];
    pairs.into_iter().all(|(a, b)| same_option(a.as_ref(), b.as_ref()))
}

fn same_kind(a: &RuleKind, b: &RuleKind) -> bool {
    match (a, b) {
        (RuleKind::Limit(a), RuleKind::Limit(b)) => same_limit(a, b),
        (RuleKind::Redact(a), RuleKind::Redact(b)) => a.len() == b.len() && a.iter().zip(b).all(same_redaction),
        (a, b) => a == b,
    }
}

fn same_limit(a: &Limit, b: &Limit) -> bool {
    let plain = |limit: &Limit| (limit.at_most, limit.per_ms, limit.by);
    plain(a) == plain(b) && same_option(a.amount.as_ref(), b.amount.as_ref())
}

fn same_redaction((a, b): (&Redaction, &Redaction)) -> bool {
    a.what == b.what && a.how == b.how
}

/// Whether two targets cover the same.
pub fn same_targets(a: &Targets, b: &Targets) -> bool {
    let any = |of: &Targets| (of.any_tool, of.any_resource, of.any_prompt);
    any(a) == any(b)
        && a.servers == b.servers
        && a.tools == b.tools
        && a.prompts == b.prompts
        && a.resources == b.resources
}

fn same_option(a: Option<&Expr>, b: Option<&Expr>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => same_typed(a, b),
        (a, b) => a.is_none() && b.is_none(),
    }
}

fn same_typed(a: &Expr, b: &Expr) -> bool {
    same_expr(a, b) && a.ty == b.ty
}

/// Whether two expressions are the same but for where they stand.
pub fn same_expr(a: &Expr, b: &Expr) -> bool {
    use ExprKind as E;
    let own = match (&a.kind, &b.kind) {
        (E::Field(_, a), E::Field(_, b)) => a == b,
        (E::Compare(a, ..), E::Compare(b, ..)) => a == b,
        (E::Is(_, a), E::Is(_, b)) => a == b,
        (E::Arith(a, ..), E::Arith(b, ..)) => a == b,
        (E::Native(a, _), E::Native(b, _)) => a == b,
        (E::Call(a, _), E::Call(b, _)) => a == b,
        (E::Range { low: al, high: ah, end_inclusive: a }, E::Range { low: bl, high: bh, end_inclusive: b }) => {
            a == b && al.is_some() == bl.is_some() && ah.is_some() == bh.is_some()
        }
        (E::Quantified { quantifier: a, var: x, .. }, E::Quantified { quantifier: b, var: y, .. }) => a == b && x == y,
        (E::History(a), E::History(b)) => same_history(a, b),
        (a, b) if a.children().is_empty() && b.children().is_empty() => a == b,
        (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
    };
    let (of_a, of_b) = (a.kind.children(), b.kind.children());
    own && of_a.len() == of_b.len() && of_a.into_iter().zip(of_b).all(|(a, b)| same_typed(a, b))
}

fn same_history(a: &History, b: &History) -> bool {
    match (a, b) {
        (History::Carries(a, x), History::Carries(b, y)) => x == y && same_typed(a, b),
        (History::SeenIn(a, x), History::SeenIn(b, y)) => x == y && same_typed(a, b),
        (History::Count(a), History::Count(b)) => same_query(a, b),
        (History::Sum(a, x), History::Sum(b, y)) => x == y && same_query(a, b),
        (History::Sequence(a, x), History::Sequence(b, y)) => same_query(a, b) && same_targets(x, y),
        (a, b) => a == b,
    }
}

fn same_query(a: &CallsQuery, b: &CallsQuery) -> bool {
    a.by == b.by && a.within_ms == b.within_ms && same_targets(&a.targets, &b.targets)
}

/// Hashes what is compared quickly of a rule's head: rules that differ here differ in meaning.
pub fn hash_head(rule: &Rule, hasher: &mut impl Hasher) {
    std::mem::discriminant(&rule.kind).hash(hasher);
    (&rule.subject, &rule.actions, &rule.targets.servers, &rule.targets.tools).hash(hasher);
}

/// Hashes the forms of the clauses of a rule and their plainest literals, in the same sense.
pub fn hash_clauses(rule: &Rule, hasher: &mut impl Hasher) {
    for clause in [&rule.where_, &rule.when, &rule.unless] {
        clause.is_some().hash(hasher);
        clause.iter().for_each(|expr| hash_shape(expr, hasher));
    }
}

fn hash_shape(expr: &Expr, hasher: &mut impl Hasher) {
    std::mem::discriminant(&expr.kind).hash(hasher);
    match &expr.kind {
        ExprKind::Literal(literal) => literal.hash(hasher),
        ExprKind::Field(_, name) => name.hash(hasher),
        ExprKind::Call(predicate, _) => predicate.hash(hasher),
        _ => {}
    }
    expr.kind.children().into_iter().for_each(|child| hash_shape(child, hasher));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hir::{Comparison, Literal, Root, SourceId, Span};
    use crate::types::Type;
    use std::hash::DefaultHasher;

    fn at(kind: ExprKind, ty: Type, start: u32) -> Expr {
        Expr { kind, ty, span: Span { source: SourceId(0), start, end: start + 1 } }
    }

    /// `args.NAME < NUMBER`, written somewhere.
    fn below(name: &str, number: i64, start: u32) -> Expr {
        let args = at(ExprKind::Root(Root::Args), Type::Json, start);
        let field = at(ExprKind::Field(Box::new(args), name.into()), Type::Int, start);
        let literal = at(ExprKind::Literal(Literal::Int(number)), Type::Int, start + 5);
        at(ExprKind::Compare(Comparison::Lt, Box::new(field), Box::new(literal)), Type::Bool, start)
    }

    #[test]
    fn places_make_no_difference_and_everything_else_does() {
        assert!(same_expr(&below("a", 5, 0), &below("a", 5, 90)));
        assert!(!same_expr(&below("a", 5, 0), &below("b", 5, 0)));
        assert!(!same_expr(&below("a", 5, 0), &below("a", 6, 0)));
        let not = |start| at(ExprKind::Not(Box::new(below("a", 5, start))), Type::Bool, start);
        assert!(same_expr(&not(1), &not(2)) && !same_expr(&not(1), &below("a", 5, 1)));
        let range = |low: bool, high: bool| {
            let end = |there: bool| there.then(|| Box::new(at(ExprKind::Literal(Literal::Int(1)), Type::Int, 0)));
            at(ExprKind::Range { low: end(low), high: end(high), end_inclusive: true }, Type::Int, 0)
        };
        assert!(same_expr(&range(true, false), &range(true, false)));
        assert!(!same_expr(&range(true, false), &range(false, true)));
    }

    #[test]
    fn what_is_the_same_has_the_same_hash() {
        let hash = |expr: &Expr| {
            let mut hasher = DefaultHasher::new();
            hash_shape(expr, &mut hasher);
            hasher.finish()
        };
        assert_eq!(hash(&below("a", 5, 0)), hash(&below("a", 5, 90)));
        assert_ne!(hash(&below("a", 5, 0)), hash(&below("a", 6, 0)));
    }
}
