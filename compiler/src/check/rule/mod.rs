//! Rules: the scope of their clauses, the clauses, and what each kind of rule does.

mod contradiction;
mod limit;
mod redact;
mod requirement;
mod scope;

pub(crate) use contradiction::{always_true, never_true};
pub(crate) use requirement::{approval_count, approver_classes};
pub(crate) use scope::{rule_scope, test_scope};

use super::context::Context;
use super::expr::{as_literal, condition, infer};
use super::narrow::{Facts, facts_when};
use super::scope::{Env, Scope};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::{e0401, e0402, e0407, w0618};
use crate::hir::{AuditLevel, Expr, Literal, Rule, RuleKind};
use crate::resolve::{RuleHead, RuleSyntax};
use crate::types::Type;
use mcpz_syntax::ast::{self, Clause};

/// The typed rule, unless something of it is in error.
pub(crate) fn check_rule(cx: &mut Context<'_>, head: &RuleHead) -> Option<Rule> {
    let scope = rule_scope(cx.program(), head);
    let reported = cx.sink.len();
    let clauses = clauses(cx, &scope, &head.ast.clauses());
    let clean = !cx.sink.iter().skip(reported).any(Diagnostic::is_error);
    let kind = rule_kind(cx, &scope, head, &clauses.facts);
    // Of clauses in error nothing is concluded.
    if clean {
        satisfiable(cx, &clauses);
    }
    if clauses.broken {
        return None;
    }
    head.finish(kind?, clauses.where_, clauses.when, clauses.unless)
}

/// The typed clauses of a rule.
#[derive(Default)]
pub(crate) struct Clauses {
    /// `where`
    pub where_: Option<Expr>,
    /// `when`
    pub when: Option<Expr>,
    /// `unless`
    pub unless: Option<Expr>,
    /// What holds when all clauses do.
    pub facts: Facts,
    /// Something in them is in error.
    pub broken: bool,
}

/// Types the clauses of a rule or assertion. They conjoin, so that each may rely on the others.
pub(crate) fn clauses(cx: &mut Context<'_>, scope: &Scope, clauses: &[Clause]) -> Clauses {
    let mut typed = Clauses::default();
    let mut kept: Vec<(&Clause, ast::Expr, Facts)> = Vec::new();
    for clause in clauses {
        if let Some((first, ..)) = kept.iter().find(|(first, ..)| first.word() == clause.word()) {
            let (span, first) = (cx.span_of(clause), cx.span_of(*first));
            cx.report(e0401::duplicate_clause(span, clause.word(), first));
            continue;
        }
        let Some(syntax) = clause.condition() else { continue };
        let facts = facts_when(cx, &syntax, !matches!(clause, Clause::Unless(_)));
        kept.push((clause, syntax, facts));
    }
    for (index, (clause, syntax, facts)) in kept.iter().enumerate() {
        let others = kept.iter().enumerate().filter(|(other, _)| *other != index);
        let known = others.fold(Facts::default(), |known, (_, (_, _, facts))| known.and(facts));
        let env = Env::new(scope).with_facts(&known);
        let value = condition(cx, &env, syntax);
        typed.broken |= has_error(&value);
        typed.facts = typed.facts.and(facts);
        match clause {
            Clause::Where(_) => typed.where_ = Some(value),
            Clause::When(_) => typed.when = Some(value),
            Clause::Unless(_) => typed.unless = Some(value),
        }
    }
    typed
}

/// Whether a condition as a whole did not type-check. Errors further down are reported as well, and
/// stop the build there.
fn has_error(value: &Expr) -> bool {
    value.ty == Type::Error
}

/// Reports clauses that contradict themselves or each other, or say nothing.
fn satisfiable(cx: &mut Context<'_>, clauses: &Clauses) {
    let conjuncts: Vec<&Expr> = clauses.where_.iter().chain(&clauses.when).collect();
    if let Some(found) = never_true(&conjuncts) {
        cx.report(e0402::never_matches(found.span, &found.why, found.other));
        return;
    }
    if let Some(unless) = &clauses.unless
        && always_true(unless)
    {
        let why = "`unless` is always true";
        cx.report(e0402::never_matches(unless.span, why, None));
        return;
    }
    for clause in &conjuncts {
        if always_true(clause) {
            cx.report(w0618::always_true(clause.span));
        }
    }
}

/// What the rule does.
fn rule_kind(cx: &mut Context<'_>, scope: &Scope, head: &RuleHead, facts: &Facts) -> Option<RuleKind> {
    match &head.ast {
        RuleSyntax::Permit(_) | RuleSyntax::Grant(_) => Some(RuleKind::Permit),
        RuleSyntax::Forbid(_) => Some(RuleKind::Forbid),
        RuleSyntax::Require(rule) => requirement::requirement(cx, rule).map(RuleKind::Require),
        RuleSyntax::Limit(rule) => limit::limit(cx, scope, head, rule, facts).map(RuleKind::Limit),
        RuleSyntax::Redact(rule) => redact::redactions(cx, head, rule).map(RuleKind::Redact),
        RuleSyntax::Audit(rule) => audit_level(&rule.level()?).map(RuleKind::Audit),
    }
}

/// `full`, `summary`, `none`; the parser has reported any other word.
pub(crate) fn audit_level(word: &ast::Ident) -> Option<AuditLevel> {
    Some(match word.text.as_str() {
        "full" => AuditLevel::Full,
        "summary" => AuditLevel::Summary,
        "none" => AuditLevel::None,
        _ => return None,
    })
}

/// A constant duration above zero, in milliseconds.
pub(crate) fn duration_of(cx: &mut Context<'_>, env: &Env<'_>, expr: &ast::Expr, what: &str) -> Option<i64> {
    let typed = infer(cx, env, expr, None);
    let span = typed.span;
    match as_literal(&typed) {
        Some(Literal::Duration(ms)) if *ms > 0 => Some(*ms),
        Some(Literal::Duration(_)) => report(cx, e0407::too_short(span, what)),
        Some(Literal::Int(number)) => report(cx, e0407::without_unit(span, what, number)),
        _ if typed.ty == Type::Error => None,
        _ => report(cx, e0407::not_a_duration(span, what)),
    }
}

fn report(cx: &mut Context<'_>, diagnostic: Diagnostic) -> Option<i64> {
    cx.report(diagnostic);
    None
}
