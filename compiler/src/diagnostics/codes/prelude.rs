//! What every code's file uses.

pub(super) use super::CodeInfo;
pub(super) use crate::diagnostics::{Diagnostic, Severity};
pub(super) use crate::hir::Span;
