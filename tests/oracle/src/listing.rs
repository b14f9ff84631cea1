//! List time: what a caller may see (docs/semantics.md, sections 2 and 7).

use crate::rules;
use crate::truth::Truth;
use crate::world::World;
use mcpz_compiler::hir::RuleKind;
use mcpz_runtime::decision::{RuleError, RuleId};

/// What list time says of one target.
pub struct Visibility {
    /// Whether it is shown.
    pub shown: bool,
    /// The first forbid that is true or in error.
    pub hidden_by: Option<RuleId>,
    /// Forbids and permits in error.
    pub errors: Vec<RuleError>,
}

/// Evaluates all forbids and permits of a target with everything late unknown.
pub fn visibility(world: &World<'_>) -> Visibility {
    let mut seen = Visibility { shown: false, hidden_by: None, errors: Vec::new() };
    let mut permitted = false;
    for (index, rule) in world.program.rules.iter().enumerate().filter(|(_, rule)| !rule.shadow) {
        let value = match rule.kind {
            RuleKind::Forbid => rules::value(world, rule, true),
            RuleKind::Permit if rule.grant.is_some() => rules::eligible(world, rule, true).and(Truth::Unknown),
            RuleKind::Permit => rules::value(world, rule, true),
            _ => continue,
        };
        if let Truth::Error(code) = value {
            seen.errors.push(RuleError { rule: crate::convert::rule_id(index), code });
        }
        if rule.kind == RuleKind::Permit {
            permitted |= matches!(value, Truth::True | Truth::Unknown);
        } else if value.holds_or_errs() && seen.hidden_by.is_none() {
            seen.hidden_by = Some(crate::convert::rule_id(index));
        }
    }
    seen.shown = permitted && seen.hidden_by.is_none();
    seen
}
