//! Lints: what is legal and probably not meant. Only the root package is looked at: a dependency's
//! author has seen its own.

mod convention;
mod coverage;
mod unused;

use crate::diagnostics::Diagnostic;
use crate::hir::{Expr, PackageId, Program};
use crate::resolve::Unit;

/// The root package.
const ROOT: PackageId = PackageId(0);

/// All lints over a checked program.
pub(crate) fn lint(unit: &Unit, program: &Program, sink: &mut Vec<Diagnostic>) {
    convention::lint(unit, program, sink);
    coverage::lint(program, sink);
    unused::lint(unit, sink);
}

/// An expression as text without the places where its parts stand: equal texts, equal meaning.
pub(crate) fn without_spans(expr: &Expr) -> String {
    crate::hir::content::without_spans(&format!("{:?}", expr.kind))
}
