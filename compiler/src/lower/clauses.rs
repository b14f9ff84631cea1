//! Rules and classes to conditions: the conjunction of subject, `where`, `when` and not `unless`.

use super::expr::{Lowering, UriBinding};
use super::rules::{ClassCondition, Clause, ClauseKind, Condition, NormalRule, Scope, Variant};
use super::targets;
use super::term::{Matching, TermId};
use crate::hir::{
    ClassDefinition, ClassId, Expr, ExprKind, History, Limit, Root, Rule, RuleId, RuleKind, ServerId, Span,
};
use std::collections::BTreeMap;

/// The conditions of the program's classes.
pub fn classes(lowering: &mut Lowering<'_>) -> Vec<ClassCondition> {
    let program = lowering.program;
    let mut found = Vec::new();
    for (row, class) in program.classes.iter().enumerate() {
        let condition = match &class.definition {
            ClassDefinition::Identity { condition, .. } | ClassDefinition::Narrow { condition, .. } => condition,
            ClassDefinition::Join(_) => continue,
        };
        let Some(expr) = condition else { continue };
        lowering.begin(UriBinding::default());
        let mut clauses = Vec::new();
        split(lowering, ClauseKind::Where, expr, false, &mut clauses);
        let condition = Condition { clauses, spans: std::mem::take(&mut lowering.spans) };
        found.push(ClassCondition { class: ClassId::new(row), condition });
    }
    found
}

/// The program's rules in normal form, in canonical order; what they are made of is met in this order.
pub fn rules(lowering: &mut Lowering<'_>, order: &[usize]) -> Vec<NormalRule> {
    let program = lowering.program;
    let known = order.iter().filter_map(|row| Some((RuleId::new(*row), program.rules.get(*row)?)));
    let mut rules: Vec<NormalRule> = known.map(|(id, rule)| normal_rule(lowering, id, rule)).collect();
    rules.sort_by_key(|rule| rule.rule);
    rules
}

fn normal_rule(lowering: &mut Lowering<'_>, id: RuleId, rule: &Rule) -> NormalRule {
    let scopes = targets::scopes(lowering.program, &rule.actions, &rule.targets);
    let variants = if reads_uri_variable(rule) {
        by_server(scopes)
            .into_iter()
            .map(|(server, scopes)| {
                let condition = condition(lowering, rule, binding(rule, server));
                Variant { scopes, condition }
            })
            .collect()
    } else {
        vec![Variant { scopes, condition: condition(lowering, rule, UriBinding::default()) }]
    };
    let amount = match &rule.kind {
        RuleKind::Limit(Limit { amount: Some(amount), .. }) => Some(value(lowering, amount)),
        _ => None,
    };
    NormalRule { rule: id, variants, amount }
}

fn by_server(scopes: Vec<Scope>) -> BTreeMap<Option<ServerId>, Vec<Scope>> {
    let mut groups: BTreeMap<Option<ServerId>, Vec<Scope>> = BTreeMap::new();
    for scope in scopes {
        groups.entry(scope.server).or_default().push(scope);
    }
    groups
}

fn binding(rule: &Rule, server: Option<ServerId>) -> UriBinding {
    let of_server = rule.targets.resources.iter().filter(|resource| Some(resource.server) == server);
    UriBinding { patterns: of_server.map(|resource| resource.pattern.clone()).collect() }
}

fn condition(lowering: &mut Lowering<'_>, rule: &Rule, binding: UriBinding) -> Condition {
    lowering.begin(binding);
    let matching = if rule.kind == RuleKind::Permit { Matching::Narrow } else { Matching::Anywhere };
    let mut clauses = Vec::new();
    let subject = lowering.subject(&rule.subject, matching, false);
    clauses.push(Clause { kind: ClauseKind::Subject, term: subject, span: rule.head_span });
    if let Some(client) = &rule.for_subject {
        let term = lowering.subject(client, matching, true);
        clauses.push(Clause { kind: ClauseKind::Subject, term, span: rule.head_span });
    }
    for (kind, expr) in [(ClauseKind::Where, &rule.where_), (ClauseKind::When, &rule.when)] {
        if let Some(expr) = expr {
            split(lowering, kind, expr, false, &mut clauses);
        }
    }
    if let Some(expr) = &rule.unless {
        split(lowering, ClauseKind::Unless, expr, true, &mut clauses);
    }
    Condition { clauses, spans: std::mem::take(&mut lowering.spans) }
}

fn value(lowering: &mut Lowering<'_>, expr: &Expr) -> Condition {
    lowering.begin(UriBinding::default());
    let term = lowering.value(expr);
    let clause = Clause { kind: ClauseKind::Where, term, span: expr.span };
    Condition { clauses: vec![clause], spans: std::mem::take(&mut lowering.spans) }
}

/// Splits a condition into conjuncts, each with the span it was written at: `not (a or b)` is
/// `not a and not b`, which has the same value whatever `a` and `b` are.
fn split(lowering: &mut Lowering<'_>, kind: ClauseKind, expr: &Expr, negated: bool, clauses: &mut Vec<Clause>) {
    match (&expr.kind, negated) {
        (ExprKind::And(parts), false) | (ExprKind::Or(parts), true) => {
            for part in parts {
                split(lowering, kind, part, negated, clauses);
            }
        }
        (ExprKind::Not(of), _) => split(lowering, kind, of, !negated, clauses),
        _ => {
            let test = lowering.test(expr);
            let term = if negated { negate(lowering, test, expr.span) } else { test };
            clauses.push(Clause { kind, term, span: expr.span });
        }
    }
}

fn negate(lowering: &mut Lowering<'_>, test: TermId, span: Span) -> TermId {
    let term = lowering.tables.not(test);
    lowering.spans.entry(term).or_insert(span);
    term
}

/// Whether a rule's condition names a variable of its URI pattern. Predicates cannot: they only see
/// their parameters and facts that every rule has.
fn reads_uri_variable(rule: &Rule) -> bool {
    [&rule.where_, &rule.when, &rule.unless].into_iter().flatten().any(mentions_uri_variable)
}

fn mentions_uri_variable(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Root(root) => matches!(root, Root::UriVariable(_)),
        _ => children(expr).into_iter().any(mentions_uri_variable),
    }
}

fn children(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Root(_) | ExprKind::Collect(_) | ExprKind::HasSubject(_) | ExprKind::Error => {
            Vec::new()
        }
        ExprKind::Field(of, _)
        | ExprKind::Not(of)
        | ExprKind::Is(of, _)
        | ExprKind::Has(of)
        | ExprKind::CountOf(of)
        | ExprKind::Native(_, of) => vec![of],
        ExprKind::List(items) | ExprKind::And(items) | ExprKind::Or(items) | ExprKind::Call(_, items) => {
            items.iter().collect()
        }
        ExprKind::Compare(_, left, right)
        | ExprKind::In(left, right)
        | ExprKind::Contains(left, right)
        | ExprKind::Like(left, right)
        | ExprKind::Matches(left, right)
        | ExprKind::Under(left, right)
        | ExprKind::Coalesce(left, right)
        | ExprKind::Arith(_, left, right) => vec![left, right],
        ExprKind::If(condition, yes, no) => vec![condition, yes, no],
        ExprKind::Range { low, high, .. } => low.iter().chain(high).map(|end| &**end).collect(),
        ExprKind::Quantified { over, body, .. } => vec![over, body],
        ExprKind::History(History::Carries(of, _) | History::SeenIn(of, _)) => vec![of],
        ExprKind::History(_) => Vec::new(),
    }
}
