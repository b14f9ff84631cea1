//! The questions that a program can put to the state, read off its expressions.

use mcpz_compiler::hir::{Class, ClassDefinition, Expr, ExprKind, GrantId, History, Program, RuleKind, canonical};
use mcpz_runtime::state::QueryKind;
use std::collections::BTreeMap;

/// What a program may ask.
#[derive(Debug, Clone, Default)]
pub struct Questions {
    /// History questions by canonical text.
    pub history: BTreeMap<String, QueryKind>,
    /// Grants by name.
    pub grants: Vec<String>,
    /// Rules that are limits, by id.
    pub limits: Vec<String>,
}

/// Reads the questions off a program.
pub fn questions(program: &Program) -> Questions {
    let mut found = Questions {
        history: BTreeMap::new(),
        grants: (0..program.grants.len()).map(|at| canonical::grant_name(program, GrantId::new(at))).collect(),
        limits: Vec::new(),
    };
    for rule in &program.rules {
        if let RuleKind::Limit(limit) = &rule.kind {
            found.limits.push(rule.id.clone());
            limit.amount.iter().for_each(|amount| visit(program, amount, &mut found));
        }
        for clause in [&rule.where_, &rule.when, &rule.unless].into_iter().flatten() {
            visit(program, clause, &mut found);
        }
    }
    for predicate in &program.predicates {
        visit(program, &predicate.body, &mut found);
    }
    for class in &program.classes {
        class_condition(class).into_iter().for_each(|condition| visit(program, condition, &mut found));
    }
    found
}

fn class_condition(class: &Class) -> Option<&Expr> {
    match &class.definition {
        ClassDefinition::Identity { condition, .. } | ClassDefinition::Narrow { condition, .. } => condition.as_ref(),
        ClassDefinition::Join(_) => None,
    }
}

fn visit(program: &Program, expr: &Expr, found: &mut Questions) {
    if let ExprKind::History(question) = &expr.kind {
        let kind = match question {
            History::Count(_) => Some(QueryKind::Count),
            History::Sum(..) => Some(QueryKind::Sum),
            History::Sequence(..) => Some(QueryKind::Sequence),
            History::SessionHolds(_) | History::Carries(..) | History::SeenIn(..) => None,
        };
        if let Some(kind) = kind {
            found.history.insert(canonical::history_text(program, question), kind);
        }
    }
    children(expr).into_iter().for_each(|child| visit(program, child, found));
}

/// The expressions directly inside an expression.
pub fn children(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Field(a, _)
        | ExprKind::Not(a)
        | ExprKind::Is(a, _)
        | ExprKind::Has(a)
        | ExprKind::CountOf(a)
        | ExprKind::Native(_, a) => vec![a],
        ExprKind::List(all) | ExprKind::And(all) | ExprKind::Or(all) | ExprKind::Call(_, all) => all.iter().collect(),
        ExprKind::Compare(_, a, b)
        | ExprKind::In(a, b)
        | ExprKind::Contains(a, b)
        | ExprKind::Like(a, b)
        | ExprKind::Matches(a, b)
        | ExprKind::Under(a, b)
        | ExprKind::Coalesce(a, b)
        | ExprKind::Arith(_, a, b) => vec![a, b],
        ExprKind::If(a, b, c) => vec![a, b, c],
        ExprKind::Range { low, high, .. } => low.iter().chain(high).map(|end| &**end).collect(),
        ExprKind::Quantified { over, body, .. } => vec![over, body],
        ExprKind::History(History::Carries(place, _) | History::SeenIn(place, _)) => vec![place],
        ExprKind::Literal(_)
        | ExprKind::Root(_)
        | ExprKind::Collect(_)
        | ExprKind::HasSubject(_)
        | ExprKind::History(_)
        | ExprKind::Error => Vec::new(),
    }
}
