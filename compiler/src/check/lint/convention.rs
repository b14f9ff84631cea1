//! `where` is for what is asked, `when` for the circumstances.

use super::ROOT;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::w0607;
use crate::hir::{Expr, ExprKind, History, Program, Root, Rule, Span};
use crate::resolve::Unit;
use mcpz_syntax::ast::{AstNode, Clause};
use std::collections::BTreeMap;

/// What a condition reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Reads {
    /// Parameters, resources, what a server asks.
    request: bool,
    /// Time, context, network, history.
    circumstances: bool,
}

/// Warns about conditions in the other clause.
pub(super) fn lint(unit: &Unit, program: &Program, sink: &mut Vec<Diagnostic>) {
    let rules: BTreeMap<&str, &Rule> = program.rules.iter().map(|rule| (rule.id.as_str(), rule)).collect();
    for head in unit.rules.iter().filter(|head| head.place.package == ROOT) {
        let Some(rule) = rules.get(head.id.as_str()) else { continue };
        // With both clauses there, moving one would make two of a kind.
        if rule.where_.is_some() && rule.when.is_some() {
            continue;
        }
        for clause in head.ast.clauses() {
            let word = keyword(head.place.span(clause.range()), clause.word());
            sink.extend(misplaced(rule, &clause, word));
        }
    }
}

/// Where the word of a clause stands.
fn keyword(clause: Span, word: &str) -> Span {
    let length = u32::try_from(word.len()).unwrap_or(0);
    Span { end: clause.start.saturating_add(length), ..clause }
}

fn misplaced(rule: &Rule, clause: &Clause, word: Span) -> Option<Diagnostic> {
    match clause {
        Clause::Where(_) => {
            let condition = rule.where_.as_ref()?;
            let reads = reads_of(condition);
            let other = reads.circumstances && !reads.request;
            other.then(|| w0607::convention(condition.span, word, "where", "when", "the circumstances"))
        }
        Clause::When(_) => {
            let condition = rule.when.as_ref()?;
            let reads = reads_of(condition);
            let other = reads.request && !reads.circumstances;
            other.then(|| w0607::convention(condition.span, word, "when", "where", "what is asked"))
        }
        Clause::Unless(_) => None,
    }
}

fn reads_of(expr: &Expr) -> Reads {
    let mut reads = Reads::default();
    collect(expr, &mut reads);
    reads
}

fn collect(expr: &Expr, reads: &mut Reads) {
    match &expr.kind {
        ExprKind::Root(root) => root_reads(root, reads),
        ExprKind::Collect(_) => reads.request = true,
        ExprKind::History(history) => history_reads(history, reads),
        _ => children(expr).into_iter().for_each(|child| collect(child, reads)),
    }
}

fn root_reads(root: &Root, reads: &mut Reads) {
    match root {
        Root::Args | Root::PromptArgs | Root::ResourceUri | Root::UriVariable(_) | Root::Sample | Root::Elicit => {
            reads.request = true;
        }
        Root::Context | Root::Now | Root::NetworkSource => reads.circumstances = true,
        _ => {}
    }
}

/// Provenance is about a parameter and about the past: it fits both clauses.
fn history_reads(history: &History, reads: &mut Reads) {
    reads.circumstances = true;
    if matches!(history, History::Carries(..) | History::SeenIn(..)) {
        reads.request = true;
    }
}

/// The parts of an expression.
pub(super) fn children(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Field(a, _) | ExprKind::Not(a) | ExprKind::Is(a, _) | ExprKind::Has(a) => vec![a],
        ExprKind::CountOf(a) | ExprKind::Native(_, a) => vec![a],
        ExprKind::Compare(_, a, b) | ExprKind::In(a, b) | ExprKind::Contains(a, b) | ExprKind::Like(a, b) => vec![a, b],
        ExprKind::Matches(a, b) | ExprKind::Under(a, b) | ExprKind::Coalesce(a, b) => vec![a, b],
        ExprKind::Arith(_, a, b) => vec![a, b],
        ExprKind::If(a, b, c) => vec![a, b, c],
        ExprKind::And(all) | ExprKind::Or(all) | ExprKind::List(all) | ExprKind::Call(_, all) => all.iter().collect(),
        ExprKind::Range { low, high, .. } => low.iter().chain(high).map(|bound| &**bound).collect(),
        ExprKind::Quantified { over, body, .. } => vec![over, body],
        _ => Vec::new(),
    }
}
