//! The value of a rule: subject and target and where and when and not unless.

use crate::eval::Scope;
use crate::subjects::{self, Part};
use crate::targets;
use crate::truth::Truth;
use crate::world::World;
use mcpz_compiler::hir::{Expr, GrantId, Rule, RuleKind};
use mcpz_runtime::decision::ErrorCode;

/// The value of a rule, a grant's activity left out.
pub fn value(world: &World<'_>, rule: &Rule, listing: bool) -> Truth {
    if !rule.actions.contains(&world.asked.action) {
        return Truth::False;
    }
    let ways = targets::ways(&rule.targets, &world.asked);
    Truth::any(ways.iter().map(|way| {
        let mut scope = Scope::new(world, listing);
        scope.captures = Some(&way.captures);
        let target = if way.certain { Truth::True } else { Truth::Unknown };
        target.and(conditions(&scope, rule))
    }))
}

fn conditions(scope: &Scope<'_>, rule: &Rule) -> Truth {
    let clause = |expr: &Option<Expr>| expr.as_ref().map_or(Truth::True, |expr| scope.truth(expr));
    let unless = rule.unless.as_ref().map_or(Truth::False, |expr| scope.truth(expr));
    Truth::all([who(scope, rule), clause(&rule.where_), clause(&rule.when), unless.negate()])
}

fn who(scope: &Scope<'_>, rule: &Rule) -> Truth {
    let narrow = rule.kind == RuleKind::Permit;
    let fits = |subject, part| match narrow {
        true => subjects::narrowly(scope, subject, part),
        false => subjects::anywhere(scope, subject),
    };
    let client = rule.for_subject.as_ref().map_or(Truth::True, |subject| fits(subject, Part::Client));
    fits(&rule.subject, Part::Subject).and(client)
}

/// The value of a permit but for whether its grant is active: the grant's holder is part of it.
pub fn eligible(world: &World<'_>, rule: &Rule, listing: bool) -> Truth {
    let holder = match rule.grant.and_then(|id| world.program.grants.get(id.index())) {
        None => Truth::True,
        Some(grant) => subjects::narrowly(&Scope::new(world, listing), &grant.subject, Part::Client),
    };
    value(world, rule, listing).and(holder)
}

/// Whether a rule's grant is active; true for a rule of no grant.
pub fn active(world: &World<'_>, grant: Option<GrantId>) -> Truth {
    let Some(id) = grant else { return Truth::True };
    let name = mcpz_compiler::hir::canonical::grant_name(world.program, id);
    match world.state.grant_active(&name) {
        Ok(active) => Truth::of(active),
        Err(_) => Truth::Error(ErrorCode::State),
    }
}

/// The whole value of a rule.
pub fn whole(world: &World<'_>, rule: &Rule) -> Truth {
    match rule.grant {
        None => value(world, rule, false),
        Some(_) => eligible(world, rule, false).and(active(world, rule.grant)),
    }
}
