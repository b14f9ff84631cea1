//! Typed program to rules in normal form.
//!
//! [`lower`] inlines predicates, expands targets to [scopes](rules::Scope), gives subjects their
//! canonical form and splits every condition into the conjuncts of one conjunction over the closed
//! language of [terms](term). What does not depend on a request (texts, requirements, redactions,
//! labels, flows) stays where it is in the program. The next stage, [`crate::decision`], decides
//! how the rules are found and in which order their clauses are tested.

mod clauses;
mod collection;
pub mod display;
mod expr;
pub mod limits;
pub mod rules;
mod subject;
mod targets;
pub mod term;
#[cfg(test)]
pub(crate) mod testkit;
#[cfg(test)]
mod tests;
mod uri;

pub use rules::RuleSet;

use crate::diagnostics::Diagnostic;
use crate::hir::{Program, content};
use expr::Lowering;
pub use subject::canonical as subject_term;

/// Lowers a whole program. Diagnostics are about limits; the rule set is only to be used when there
/// are none.
pub fn lower(program: &Program) -> (RuleSet, Vec<Diagnostic>) {
    let mut lowering = Lowering::new(program);
    let classes = clauses::classes(&mut lowering);
    let order = content::order(program);
    let rules = clauses::rules(&mut lowering, &order);
    let set = RuleSet { tables: lowering.tables, classes, rules, order };
    (set, lowering.diagnostics)
}
