//! Parameters that a server's schema calls deprecated.

use crate::check::arguments::{member_name, tools_of};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::w0621;
use crate::hir::{Action, Expr, ExprKind, Member, Program, Root, Rule, RuleKind};

/// Warns about conditions of a rule that read such a parameter.
pub(super) fn lint(program: &Program, rule: &Rule, sink: &mut Vec<Diagnostic>) {
    if !rule.actions.contains(&Action::Call) {
        return;
    }
    let mut tools = tools_of(program, &rule.targets);
    tools.retain(|member| places(program, *member).next().is_some());
    if tools.is_empty() {
        return;
    }
    let amount = if let RuleKind::Limit(limit) = &rule.kind { limit.amount.as_ref() } else { None };
    for expr in rule.where_.iter().chain(&rule.when).chain(&rule.unless).chain(amount) {
        walk(program, &tools, expr, sink);
    }
}

/// The deprecated places of a tool.
fn places(program: &Program, member: Member) -> impl Iterator<Item = &String> {
    let server = program.servers.get(member.server.index());
    let row = usize::try_from(member.index).unwrap_or(usize::MAX);
    server.and_then(|server| server.tools.get(row)).into_iter().flat_map(|tool| &tool.deprecated)
}

fn walk(program: &Program, tools: &[Member], expr: &Expr, sink: &mut Vec<Diagnostic>) {
    if let Some(place) = place_of(expr) {
        let calls_so = tools.iter().filter(|member| places(program, **member).any(|known| *known == place));
        let names: Vec<String> = calls_so.map(|member| member_name(program, *member, Action::Call)).collect();
        if !names.is_empty() {
            sink.push(w0621::deprecated(expr.span, &place, &names));
        }
    }
    expr.kind.children().into_iter().for_each(|child| walk(program, tools, child, sink));
}

/// `args.a.b` as `a.b`.
fn place_of(expr: &Expr) -> Option<String> {
    let ExprKind::Field(base, name) = &expr.kind else { return None };
    match &base.kind {
        ExprKind::Root(Root::Args) => Some(name.to_string()),
        _ => Some(format!("{}.{name}", place_of(base)?)),
    }
}
