//! Step 5: whether a limit has room.

use crate::convert;
use crate::eval::{Scope, history::key_of};
use crate::exact;
use crate::targets;
use crate::value::{Stop, Value};
use crate::world::World;
use mcpz_compiler::hir::{Limit, Rule};
use mcpz_runtime::decision::{ErrorCode, LimitObligation};
use mcpz_runtime::state::LimitQuery;

/// What became of a limit that is true.
pub enum Room {
    /// This will be consumed.
    Consumes(LimitObligation),
    /// None; perhaps later.
    Full(Option<i64>),
}

/// Asks one limit.
pub fn room(world: &World<'_>, index: usize, rule: &Rule, limit: &Limit) -> Result<Room, ErrorCode> {
    let ways = targets::ways(&rule.targets, &world.asked);
    let mut scope = Scope::new(world, false);
    scope.captures = ways.first().map(|way| &way.captures);
    let amount = amount(&scope, limit)?;
    if !scope.has_key(limit.by) {
        return Err(ErrorCode::Missing);
    }
    let query = LimitQuery { rule: &rule.id, by: key_of(limit.by), window_ms: limit.per_ms };
    let used = world.state.limit_used(&query).map_err(|_| ErrorCode::State)?;
    let fits = exact::add(used.used, amount).is_some_and(|total| total <= limit.at_most);
    Ok(if fits {
        let rule = convert::rule_id(index);
        Room::Consumes(LimitObligation { rule, amount, by: key_of(limit.by), window_ms: limit.per_ms })
    } else {
        Room::Full(used.retry_after_ms)
    })
}

fn amount(scope: &Scope<'_>, limit: &Limit) -> Result<i128, ErrorCode> {
    let Some(expr) = &limit.amount else {
        return Ok(exact::ONE);
    };
    match scope.operand(expr) {
        Ok(Value::Number(amount)) if amount < 0 => Err(ErrorCode::Amount),
        Ok(Value::Number(amount)) => Ok(amount),
        Ok(_) => Err(ErrorCode::Type),
        Err(Stop::Error(code)) => Err(code),
        Err(Stop::Unknown) => Err(ErrorCode::Internal),
    }
}
