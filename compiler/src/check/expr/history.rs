//! Questions to the state: `session holds`, `carries`, `seen in`, `count`, `sum`, `sequence`.

use super::{collection, infer};
use crate::check::context::{Context, error_expr};
use crate::check::rule::duration_of;
use crate::check::scope::{Env, Known};
use crate::diagnostics::codes::{e0107, e0311, e0326, e0333, e0404};
use crate::hir::{self, Action, CallsQuery, Expr, ExprKind, History, HistoryKey, LabelId, SeenSource, Span, Targets};
use crate::resolve::{self, Entity, names};
use crate::types::Type;
use mcpz_syntax::ast::{self, HistoryStep};
use std::collections::BTreeSet;

/// Reports a question where no state is.
fn state_is_known(cx: &mut Context<'_>, env: &Env<'_>, span: Span) -> bool {
    match &env.scope.caller {
        Known::Yes(()) => true,
        Known::No { why, help } => {
            cx.report(e0311::not_here(span, "history", why, help));
            false
        }
        Known::Broken => false,
    }
}

fn question(history: Option<(History, Type)>, span: Span) -> Expr {
    match history {
        Some((history, ty)) => Expr { kind: ExprKind::History(history), ty, span },
        None => error_expr(span),
    }
}

/// `session holds untrusted`
pub(super) fn session_holds(cx: &mut Context<'_>, env: &Env<'_>, holds: &ast::SessionHolds) -> Expr {
    let span = cx.span_of(holds);
    if !state_is_known(cx, env, span) {
        return error_expr(span);
    }
    question(holds_question(cx, holds), span)
}

fn holds_question(cx: &mut Context<'_>, holds: &ast::SessionHolds) -> Option<(History, Type)> {
    Some((History::SessionHolds(label(cx, holds.label()?)?), Type::Bool))
}

fn label(cx: &mut Context<'_>, path: ast::Path) -> Option<LabelId> {
    let segments = names(cx.place, &path);
    cx.unit.symbols.label(cx.place, &segments, cx.sink)
}

/// `args.x carries untrusted`
pub(super) fn carries(cx: &mut Context<'_>, env: &Env<'_>, carries: &ast::CarriesExpr) -> Expr {
    let span = cx.span_of(carries);
    if !state_is_known(cx, env, span) {
        return error_expr(span);
    }
    question(carries_question(cx, env, carries), span)
}

fn carries_question(cx: &mut Context<'_>, env: &Env<'_>, carries: &ast::CarriesExpr) -> Option<(History, Type)> {
    let label = label(cx, carries.label()?);
    let place = provenance(cx, env, &carries.operand()?, "carries")?;
    Some((History::Carries(Box::new(place), label?), Type::Bool))
}

/// `args.x seen in payees`
pub(super) fn seen(cx: &mut Context<'_>, env: &Env<'_>, seen: &ast::SeenExpr) -> Expr {
    let span = cx.span_of(seen);
    if !state_is_known(cx, env, span) {
        return error_expr(span);
    }
    question(seen_question(cx, env, seen), span)
}

fn seen_question(cx: &mut Context<'_>, env: &Env<'_>, seen: &ast::SeenExpr) -> Option<(History, Type)> {
    let path = seen.source()?;
    let segments = names(cx.place, &path);
    let source = match cx.unit.symbols.value(cx.place, &segments) {
        Some((Entity::Data(id), _)) => Some(SeenSource::Data(id)),
        Some((Entity::Label(id), _)) => Some(SeenSource::Label(id)),
        Some((entity, _)) => {
            let name = path.to_string();
            let span = cx.span_of(&path);
            cx.report(e0107::wrong_kind(span, &name, entity.kind().word(), "data set or label", None));
            None
        }
        None => cx.unit.symbols.data(cx.place, &segments, cx.sink).map(SeenSource::Data),
    };
    let place = provenance(cx, env, &seen.operand()?, "seen in")?;
    Some((History::SeenIn(Box::new(place), source?), Type::Bool))
}

/// The place in the arguments that provenance is asked of.
fn provenance(cx: &mut Context<'_>, env: &Env<'_>, operand: &ast::Expr, operator: &str) -> Option<Expr> {
    let place = super::operand(cx, env, operand, None);
    if place.ty == Type::Error {
        return None;
    }
    if !collection::reaches_args(env, &place) || matches!(place.kind, ExprKind::Root(hir::Root::Args)) {
        cx.report(e0326::no_provenance(place.span, operator));
        return None;
    }
    Some(place)
}

/// `count(calls to T, by: K, within: D)` and its kin
pub(super) fn history(cx: &mut Context<'_>, env: &Env<'_>, question_syntax: &ast::HistoryExpr) -> Expr {
    let span = cx.span_of(question_syntax);
    if !state_is_known(cx, env, span) {
        return error_expr(span);
    }
    question(history_question(cx, env, question_syntax), span)
}

/// The question that `count`, `sum` or `sequence` asks, and the type of its answer.
pub(crate) fn history_question(
    cx: &mut Context<'_>,
    env: &Env<'_>,
    syntax: &ast::HistoryExpr,
) -> Option<(History, Type)> {
    let span = cx.span_of(syntax);
    let function = syntax.function()?;
    if function.text == "novel" && env.scope.monitor {
        novel(cx, env, syntax);
        return None;
    }
    let signature = match function.text.as_str() {
        "count" => "count(calls to T, by: session, within: 5m)",
        "sum" => "sum(calls to T, of: args.amount, by: user, within: 1d)",
        "sequence" => "sequence(calls to T, calls to U, by: session, within: 5m)",
        _ => {
            let help = "`novel` is for monitors; a rule can use `count`, `sum` and `sequence`";
            cx.report(e0333::bad_history(
                cx.span(function.range),
                &format!("`{}` cannot be asked in a rule", function.text),
                help,
            ));
            return None;
        }
    };
    let by = key(cx, syntax, &function.text, signature, span)?;
    let within_ms = within(cx, env, syntax, signature, span)?;
    let steps = syntax.steps();
    let wanted = if function.text == "sequence" { 2 } else { 1 };
    if steps.len() != wanted {
        let message = format!("`{}` takes {wanted} kinds of calls, and has {}", function.text, steps.len());
        cx.report(e0333::bad_history(span, &message, &format!("write `{signature}`")));
        return None;
    }
    let mut targets = steps.into_iter().map(|(step, range)| step_targets(cx, step, cx.span(range)));
    let first = targets.next()?;
    let second = targets.next();
    drop(targets);
    let query = CallsQuery { targets: first?, by, within_ms };
    Some(match function.text.as_str() {
        "count" => (History::Count(query), Type::Int),
        "sum" => {
            let of = summed(cx, syntax, &query.targets, signature, span)?;
            (History::Sum(query, of), Type::Decimal)
        }
        _ => (History::Sequence(query, Box::new(second??)), Type::Bool),
    })
}

/// `novel(calls, by: agent, baseline: 14d)` of a monitor: names and duration are checked; it has no meaning yet.
fn novel(cx: &mut Context<'_>, env: &Env<'_>, syntax: &ast::HistoryExpr) {
    let signature = "novel(calls, by: agent, baseline: 14d)";
    let span = cx.span_of(syntax);
    let _ = key(cx, syntax, "novel", signature, span);
    for (step, range) in syntax.steps() {
        let span = cx.span(range);
        let _ = step_targets(cx, step, span);
    }
    match syntax.arg("baseline") {
        Some(value) => drop(duration_of(cx, env, &value, "the baseline")),
        None => cx.report(e0333::bad_history(span, "the baseline is missing", &format!("write `{signature}`"))),
    }
}

fn key(
    cx: &mut Context<'_>,
    syntax: &ast::HistoryExpr,
    function: &str,
    signature: &str,
    span: Span,
) -> Option<HistoryKey> {
    let Some(by) = syntax.by() else {
        let message = format!("`{function}` does not say whose calls it counts");
        cx.report(e0333::bad_history(span, &message, &format!("write `{signature}`")));
        return None;
    };
    let found = key_named(&by.text);
    if found.is_none() {
        cx.report(e0404::unknown_key(cx.span(by.range), &by.text));
    }
    found
}

/// `session`, `user`, `agent`, `caller`.
pub(crate) fn key_named(word: &str) -> Option<HistoryKey> {
    Some(match word {
        "session" => HistoryKey::Session,
        "user" => HistoryKey::User,
        "agent" => HistoryKey::Agent,
        "caller" => HistoryKey::Caller,
        _ => return None,
    })
}

fn within(cx: &mut Context<'_>, env: &Env<'_>, syntax: &ast::HistoryExpr, signature: &str, span: Span) -> Option<i64> {
    match syntax.arg("within") {
        Some(value) => duration_of(cx, env, &value, "`within`"),
        None => {
            cx.report(e0333::bad_history(span, "how far back to look is missing", &format!("write `{signature}`")));
            None
        }
    }
}

/// The calls that a step speaks of.
fn step_targets(cx: &mut Context<'_>, step: HistoryStep, span: Span) -> Option<Targets> {
    match step {
        HistoryStep::Calls(None) => Some(Targets { any_tool: true, span: Some(span), ..Targets::default() }),
        HistoryStep::Calls(Some(target)) => {
            let targets = match &target {
                ast::Target::List(list) => list.targets(),
                other => vec![other.clone()],
            };
            let actions = BTreeSet::from([Action::Call]);
            let resolved = resolve::targets(cx.unit, cx.place, &targets, &actions, cx.sink);
            resolved.ok.then_some(resolved.targets)
        }
        // `L read`: the calls whose results carry the label.
        HistoryStep::Read(path) => {
            let id = label(cx, path?)?;
            let mut united = Targets { span: Some(span), ..Targets::default() };
            let row = cx.program().labels.get(id.index())?;
            for (targets, _) in &row.sources {
                united.any_tool |= targets.any_tool;
                united.servers.extend(&targets.servers);
                united.tools.extend(&targets.tools);
            }
            Some(united)
        }
    }
}

/// `of: args.amount`, as dotted text; a number on every target.
fn summed(
    cx: &mut Context<'_>,
    syntax: &ast::HistoryExpr,
    targets: &Targets,
    signature: &str,
    span: Span,
) -> Option<String> {
    let Some(of) = syntax.arg("of") else {
        cx.report(e0333::bad_history(span, "`sum` does not say what it adds up", &format!("write `{signature}`")));
        return None;
    };
    let mut scope =
        crate::check::scope::Scope::closed("only parameters of the counted calls are", "write `of: args.amount`");
    scope.args = Known::Yes(crate::check::arguments::of_tools(cx.program(), targets));
    scope.restriction = true;
    let value = infer(cx, &Env::new(&scope), &of, None);
    match value.ty.required() {
        Type::Error => None,
        Type::Int | Type::Decimal if matches!(value.kind, ExprKind::Field(..)) => {
            Some(hir::canonical::place_text(cx.program(), &value))
        }
        other => {
            let message = format!("`sum` adds up a numeric parameter, and this is a `{other}`");
            cx.report(e0333::bad_history(value.span, &message, &format!("write `{signature}`")));
            None
        }
    }
}

/// What a `given` line of a test is about.
pub(crate) fn past_question(cx: &mut Context<'_>, env: &Env<'_>, past: &ast::Past) -> Option<(History, Type)> {
    match past {
        ast::Past::SessionHolds(holds) => holds_question(cx, holds),
        ast::Past::Carries(carries) => carries_question(cx, env, carries),
        ast::Past::Seen(seen) => seen_question(cx, env, seen),
        ast::Past::History(syntax) => history_question(cx, env, syntax),
    }
}
