//! Lints: what is legal and probably not meant. Only the root package is looked at: a dependency's
//! author has seen its own.

mod convention;
mod coverage;
mod deprecated;
mod unused;

use crate::diagnostics::Diagnostic;
use crate::hir::{PackageId, Program, Rule, Span};
use crate::index::Index;
use crate::package::Loaded;
use crate::resolve::Unit;
use std::collections::BTreeMap;

/// The root package.
const ROOT: PackageId = PackageId(0);

/// All lints over a checked program.
pub(crate) fn lint(loaded: &Loaded, unit: &Unit, program: &Program, sink: &mut Vec<Diagnostic>) {
    let has_rules = unit.rules.iter().any(|head| head.place.package == ROOT);
    lint_rules(unit, program, sink);
    coverage::lint(program, sink);
    unused::lint(loaded, unit, has_rules, sink);
}

/// The lints of single rules, over those of the unit.
fn lint_rules(unit: &Unit, program: &Program, sink: &mut Vec<Diagnostic>) {
    let rules: BTreeMap<Span, &Rule> = program.rules.iter().map(|rule| (rule.span, rule)).collect();
    for head in unit.rules.iter().filter(|head| head.place.package == ROOT) {
        let Some(rule) = rules.get(&head.span) else { continue };
        convention::lint(head, rule, sink);
        deprecated::lint(program, rule, sink);
    }
}

/// The lints after an edit of rules of one source, which are those of the unit: lints of single rules over these, all others over the
/// rules of all sources.
pub(crate) fn lint_again(loaded: &Loaded, unit: &Unit, index: &Index, sink: &mut Vec<Diagnostic>) {
    lint_rules(unit, &index.program, sink);
    coverage::lint(&index.program, sink);
    unused::lint(loaded, unit, index.rules.iter().any(|rule| rule.package == ROOT), sink);
}

/// Whether a code is of a lint that looks at all rules, or all texts, at once.
pub(crate) fn lints_all_rules(code: &str) -> bool {
    code.starts_with("W06") && code != "W0607" && ("W0601".."W0613").contains(&code)
}
