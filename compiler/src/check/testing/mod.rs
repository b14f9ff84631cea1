//! Tests and assertions.

use crate::diagnostics::Diagnostic;
use crate::hir::Program;
use crate::resolve::Unit;

/// Tests.
pub(crate) fn check_tests(_unit: &Unit, _program: &mut Program, _next_var: &mut u32, _sink: &mut Vec<Diagnostic>) {}

/// Assertions.
pub(crate) fn check_asserts(_unit: &Unit, _program: &mut Program, _next_var: &mut u32, _sink: &mut Vec<Diagnostic>) {}
