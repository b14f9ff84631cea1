//! Lints: what is legal and probably not meant.

use crate::diagnostics::Diagnostic;
use crate::hir::{Expr, Program};
use crate::resolve::Unit;

/// All lints over a checked program.
pub(crate) fn lint(_unit: &Unit, _program: &Program, _sink: &mut Vec<Diagnostic>) {}

/// An expression as text without the places where its parts stand: equal texts, equal meaning.
pub(crate) fn without_spans(expr: &Expr) -> String {
    strip(&format!("{:?} {:?}", expr.kind, expr.ty))
}

/// Removes `span: Span { .. }` from debug text.
pub(crate) fn strip(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("Span {") {
        plain.push_str(&rest[..at]);
        let tail = &rest[at..];
        rest = tail.find('}').map_or("", |end| &tail[end + 1..]);
    }
    plain.push_str(rest);
    plain
}
