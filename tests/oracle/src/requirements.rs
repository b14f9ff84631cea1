//! Step 4: whether a requirement is met.

use crate::convert;
use crate::world::World;
use mcpz_compiler::hir::{ClassId, Requirement, canonical};
use mcpz_runtime::decision::Unmet;
use mcpz_runtime::state::StateError;
use std::collections::BTreeSet;

/// What is unmet of a requirement; `None` when it is met.
pub fn unmet(world: &World<'_>, index: usize, requirement: &Requirement) -> Result<Option<Unmet>, StateError> {
    let rule = convert::rule_id(index);
    Ok(match requirement {
        Requirement::Approval { count, approvers, expires_ms } => {
            let approvers: Vec<String> = approvers.iter().map(|class| class_name(world, *class)).collect();
            let found = approved_by(world, &approvers, *expires_ms)?;
            let met = found >= usize::try_from(*count).unwrap_or(usize::MAX);
            (!met).then_some(Unmet::Approval { rule, count: *count, approvers, expires_ms: *expires_ms })
        }
        Requirement::Mfa { fresh_ms } => {
            let age = world.state.mfa_age_ms()?;
            let met = age.is_some_and(|age| age >= 0 && fresh_ms.is_none_or(|fresh| age <= fresh));
            (!met).then_some(Unmet::Mfa { rule, fresh_ms: *fresh_ms })
        }
        Requirement::Scope(wanted) => {
            let missing: Vec<String> = wanted.iter().filter(|scope| !world.scopes.contains(scope)).cloned().collect();
            (!missing.is_empty()).then_some(Unmet::Scope { rule, scopes: missing })
        }
    })
}

fn class_name(world: &World<'_>, class: ClassId) -> String {
    canonical::class_name(world.program, class)
}

/// How many distinct people of the wanted classes approved in time, none of them in the chain.
fn approved_by(world: &World<'_>, wanted: &[String], expires_ms: Option<i64>) -> Result<usize, StateError> {
    let chain: BTreeSet<String> = world.chain.iter().filter_map(|link| link.subject()).collect();
    let approvers: BTreeSet<&String> = world
        .state
        .approvals()?
        .iter()
        .filter(|approval| approval.age_ms >= 0 && expires_ms.is_none_or(|expires| approval.age_ms <= expires))
        .filter(|approval| approval.classes.iter().any(|class| wanted.contains(class)))
        .map(|approval| &approval.approver)
        .filter(|approver| !chain.contains(*approver))
        .collect();
    Ok(approvers.len())
}
