//! Entry points of the checker that are not written yet: nothing is typed.

use crate::diagnostics::Diagnostic;
use crate::hir::{ClassId, Expr, IssuerId, Program, ToolHints};
use crate::resolve::{Place, Unit};
use mcpz_syntax::ast;

/// What a class's condition may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConditionKind {
    /// Claims of an issuer.
    Issuer(IssuerId),
    /// A SPIFFE id.
    Mtls,
    /// A local peer.
    Local,
    /// What the base of a role reads.
    Role(ClassId),
}

/// Types the values of constants.
pub fn check_consts(unit: &Unit, _sink: &mut Vec<Diagnostic>) -> Vec<Option<Expr>> {
    unit.consts.iter().map(|_| None).collect()
}

/// Types the condition of a class.
pub fn check_condition(
    _unit: &Unit,
    _place: Place,
    _expr: &ast::Expr,
    _kind: ConditionKind,
    _sink: &mut Vec<Diagnostic>,
) -> Option<Expr> {
    None
}

/// Types everything else.
pub fn check_bodies(_unit: &Unit, _program: &mut Program, _sink: &mut Vec<Diagnostic>) {}

/// Evaluates a condition over hints.
pub fn hints_condition(
    _unit: &Unit,
    _place: Place,
    _expr: &ast::Expr,
    _hints: &ToolHints,
    _sink: &mut Vec<Diagnostic>,
) -> Option<bool> {
    Some(true)
}
