//! What every function of the checker is handed: the unit, the place, and where errors go.

use crate::diagnostics::Diagnostic;
use crate::hir::{self, Expr, ExprKind, Span, VarId};
use crate::resolve::{Place, Unit};
use crate::types::Type;
use mcpz_syntax::TextRange;
use mcpz_syntax::ast::AstNode;
use std::collections::BTreeSet;

/// The state of checking one piece of syntax: a rule, a predicate, a test.
pub(crate) struct Context<'a> {
    /// Declarations and lookup.
    pub unit: &'a Unit,
    /// Values of constants so far.
    pub consts: &'a [Option<Expr>],
    /// Where the syntax stands.
    pub place: Place,
    /// Where diagnostics go.
    pub sink: &'a mut Vec<Diagnostic>,
    /// The next free variable.
    next_var: &'a mut u32,
    /// Mistakes that were reported and need no repetition.
    told: BTreeSet<String>,
}

impl<'a> Context<'a> {
    /// A context for syntax at a place.
    pub fn new(
        unit: &'a Unit,
        consts: &'a [Option<Expr>],
        place: Place,
        next_var: &'a mut u32,
        sink: &'a mut Vec<Diagnostic>,
    ) -> Self {
        Self { unit, consts, place, sink, next_var, told: BTreeSet::new() }
    }

    /// The declarations of the program.
    pub fn program(&self) -> &'a hir::Program {
        &self.unit.program
    }

    /// The span of a range of this file.
    pub fn span(&self, range: TextRange) -> Span {
        self.place.span(range)
    }

    /// The span of a node of this file.
    pub fn span_of(&self, node: &impl AstNode) -> Span {
        self.place.span(node.range())
    }

    /// The source text of a span.
    pub fn text(&self, span: Span) -> &'a str {
        let (Ok(start), Ok(end)) = (usize::try_from(span.start), usize::try_from(span.end)) else { return "" };
        let source = self.unit.program.sources.get(span.source.index());
        source.and_then(|source| source.text.get(start..end)).unwrap_or("").trim()
    }

    /// Reports.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.sink.push(diagnostic);
    }

    /// Reports, unless a mistake with this key has been reported in this context.
    pub fn report_once(&mut self, key: String, diagnostic: Diagnostic) {
        if self.told.insert(key) {
            self.sink.push(diagnostic);
        }
    }

    /// A variable that nothing else uses.
    pub fn fresh_var(&mut self) -> VarId {
        let id = VarId(*self.next_var);
        *self.next_var = self.next_var.saturating_add(1);
        id
    }
}

/// What did not type-check.
pub(crate) fn error_expr(span: Span) -> Expr {
    Expr { kind: ExprKind::Error, ty: Type::Error, span }
}
