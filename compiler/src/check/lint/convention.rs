//! `where` is for what is asked, `when` for the circumstances.

use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::w0607;
use crate::hir::{Expr, ExprKind, History, Root, Rule, Span};
use crate::resolve::RuleHead;
use mcpz_syntax::ast::{AstNode, Clause};

/// What a condition reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Reads {
    /// Parameters, resources, what a server asks.
    request: bool,
    /// Time, context, network, history.
    circumstances: bool,
}

/// Warns about conditions in the other clause.
pub(super) fn lint(head: &RuleHead, rule: &Rule, sink: &mut Vec<Diagnostic>) {
    // With both clauses there, moving one would make two of a kind.
    if rule.where_.is_some() && rule.when.is_some() {
        return;
    }
    // A second clause of a kind is an error of its own.
    let first = head.ast.clauses().into_iter().find(|clause| !matches!(clause, Clause::Unless(_)));
    if let Some(clause) = first {
        let word = keyword(head.place.span(clause.range()), clause.word());
        sink.extend(misplaced(rule, &clause, word));
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
        _ => expr.kind.children().into_iter().for_each(|child| collect(child, reads)),
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
