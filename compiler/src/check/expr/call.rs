//! Calls: of the language's functions, and of predicates.

use super::collection::{count, refuse_empty_range};
use super::{as_literal, checked, infer, names, operand};
use crate::check::context::{Context, error_expr};
use crate::check::literal;
use crate::check::natives::{self, DIALECTS, Function, Second, Subject};
use crate::check::relations;
use crate::check::scope::Env;
use crate::diagnostics::codes::{e0302, e0309, e0313, e0314, e0315, e0317, e0327, e0330};
use crate::diagnostics::suggest;
use crate::hir::{Expr, ExprKind, Literal, ParameterKind, PredicateId, Root, Span, SqlDialect, Window};
use crate::resolve::{Entity, Name, names as path_names};
use crate::types::Type;
use mcpz_syntax::ast::{self, AstNode};
use smol_str::SmolStr;

/// The names of all functions.
pub(crate) fn functions() -> impl Iterator<Item = SmolStr> {
    natives::FUNCTIONS.iter().map(|function| SmolStr::new(function.name))
}

/// `f(a, b)`
pub(super) fn call(cx: &mut Context<'_>, env: &Env<'_>, call: &ast::CallExpr) -> Expr {
    let span = cx.span_of(call);
    let Some(callee) = call.callee() else { return error_expr(span) };
    let segments = path_names(cx.place, &callee);
    if let [single] = segments.as_slice()
        && let Some(function) = natives::find(&single.text)
    {
        return native(cx, env, function, call, span);
    }
    match cx.unit.symbols.value(cx.place, &segments) {
        Some((Entity::Predicate(id), consumed)) if consumed == segments.len() => predicate(cx, env, id, call, span),
        Some((entity, consumed)) if consumed == segments.len() => {
            let name = callee.to_string();
            let help = format!("write `{name}` without parentheses");
            cx.report(e0315::not_a_value(
                cx.span_of(&callee),
                &name,
                entity.kind().word(),
                format!("it cannot be called; {help}"),
            ));
            error_expr(span)
        }
        _ => unknown(cx, env, call, &callee, &segments, span),
    }
}

/// Reports a function that is not there.
fn unknown(
    cx: &mut Context<'_>,
    env: &Env<'_>,
    call: &ast::CallExpr,
    callee: &ast::Path,
    segments: &[Name],
    span: Span,
) -> Expr {
    let Some(last) = segments.last() else { return error_expr(span) };
    if cx.unit.symbols.is_reported(cx.place, segments) {
        return error_expr(span);
    }
    if segments.len() > 1 && cx.unit.symbols.package_prefix(cx.place, segments).is_none() {
        return method(cx, env, callee, segments, span);
    }
    let mut candidates: Vec<SmolStr> = functions().collect();
    match cx.unit.symbols.package_prefix(cx.place, segments) {
        Some((package, _)) => {
            let wanted = |entry: &crate::resolve::symbols::Entry| matches!(entry.0, Entity::Predicate(_));
            candidates = cx.unit.symbols.declared_in(package, crate::resolve::symbols::Space::Word, wanted);
        }
        None => candidates.extend(cx.unit.symbols.value_names(cx.place)),
    }
    let near = suggest::nearest(&last.text, &candidates);
    let help = if near.is_some() { None } else { foreign_function(cx, call, &last.text) };
    let help = help.as_deref();
    cx.report(e0313::unknown_function(last.span, &last.text, near.as_deref(), help));
    error_expr(span)
}

/// What is meant by a function of another language, or one nearly spelt like it: `length(x)`.
fn foreign_function(cx: &Context<'_>, call: &ast::CallExpr, name: &str) -> Option<String> {
    const FOREIGN: [&str; 12] = [
        "length",
        "size",
        "starts_with",
        "ends_with",
        "has_prefix",
        "has_suffix",
        "includes",
        "lowercase",
        "uppercase",
        "to_lower",
        "to_upper",
        "match",
    ];
    if name == "exists" {
        return Some("absence is asked with `has x`".to_owned());
    }
    let first = call.args().first().and_then(ast::Arg::value)?;
    let text = cx.text(cx.span_of(&first));
    let word = if FOREIGN.contains(&name) { SmolStr::new(name) } else { suggest::nearest(name, FOREIGN)? };
    names::method_help(text, &word, &Type::String)
}

/// A method call, as other languages have: `args.path.starts_with("/x")`.
fn method(cx: &mut Context<'_>, env: &Env<'_>, callee: &ast::Path, segments: &[Name], span: Span) -> Expr {
    let (Some(last), Some(before)) = (segments.last(), segments.len().checked_sub(2).and_then(|at| segments.get(at)))
    else {
        return error_expr(span);
    };
    let base = Span { end: before.span.end, ..segments[0].span };
    let text = cx.text(base).to_owned();
    let ty = base_type(cx, env, &segments[..segments.len() - 1]);
    if ty == Some(Type::Error) {
        // The base itself is wrong: say that.
        cx.report(e0309::unknown_name(segments[0].span, &segments[0].text, None));
        return error_expr(span);
    }
    let ty = ty.unwrap_or(Type::String);
    let help = names::method_help(&text, &last.text, &ty);
    let help = help.unwrap_or_else(|| "there are no methods; see the functions in the language reference".to_owned());
    let name = callee.to_string();
    let short = name.rsplit('.').next().unwrap_or(&name);
    cx.report(e0313::unknown_function(last.span, short, None, Some(&help)));
    error_expr(span)
}

/// The declared type of a parameter path, for a better word about a method on it.
fn base_type(_cx: &Context<'_>, env: &Env<'_>, segments: &[Name]) -> Option<Type> {
    let first = segments.first()?;
    let mut ty = match env.local(&first.text) {
        Some(local) => local.ty.clone(),
        None if first.text == "args" => Type::Record(env.scope.args.as_known()?.record.clone()),
        None => return None,
    };
    for name in segments.iter().skip(1) {
        ty = super::field_type(ty.required(), &name.text)?;
    }
    Some(ty.required().clone())
}

/// A predicate call: each argument has its parameter's type.
fn predicate(cx: &mut Context<'_>, env: &Env<'_>, id: PredicateId, call: &ast::CallExpr, span: Span) -> Expr {
    let Some(declared) = cx.unit.predicates.get(id.index()) else { return error_expr(span) };
    let parameters: Vec<(SmolStr, Type)> =
        declared.parameters.iter().map(|(name, _, ty)| (name.text.clone(), ty.clone())).collect();
    let shown: Vec<String> = parameters.iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
    let signature = format!("{}({})", declared.name.text, shown.join(", "));
    let name = declared.name.text.clone();
    let args = call.args();
    if args.len() != parameters.len() {
        cx.report(e0314::wrong_count(span, &name, &signature, args.len()));
        return error_expr(span);
    }
    let mut values = Vec::with_capacity(args.len());
    for (arg, (parameter, ty)) in args.iter().zip(&parameters) {
        if let Some(named) = arg.name()
            && named.text != *parameter
        {
            let message = format!("`{}` is not the next parameter", named.text);
            cx.report(e0314::wrong_name(cx.span(named.range), &name, &message, &signature));
            return error_expr(span);
        }
        let Some(value) = arg.value() else { return error_expr(span) };
        values.push(checked(cx, env, &value, ty));
    }
    if values.iter().any(|value| value.ty == Type::Error) {
        return error_expr(span);
    }
    Expr { kind: ExprKind::Call(id, values), ty: Type::Bool, span }
}

/// A function of the language.
fn native(cx: &mut Context<'_>, env: &Env<'_>, function: &Function, call: &ast::CallExpr, span: Span) -> Expr {
    match function.name {
        "window" => return window(cx, env, function, call, span),
        "dates" => return dates(cx, env, function, call, span),
        _ => {}
    }
    let args = call.args();
    let wanted = if function.second == Second::None { 1 } else { 2 };
    let named = args.iter().find_map(ast::Arg::name);
    if let Some(named) = named {
        let message = format!("`{}` is no named argument", named.text);
        cx.report(e0314::wrong_name(cx.span(named.range), function.name, &message, function.signature));
        return error_expr(span);
    }
    let values: Vec<ast::Expr> = args.iter().filter_map(ast::Arg::value).collect();
    if values.len() != wanted {
        cx.report(e0314::wrong_count(span, function.name, function.signature, values.len()));
        return error_expr(span);
    }
    match function.subject {
        Subject::Collection => count(cx, env, &values[0], span),
        Subject::Arguments(kind) => collect(cx, env, function, kind, &values[0], span),
        Subject::Instant => {
            let subject = checked(cx, env, &values[0], &Type::Instant);
            apply(cx, env, function, subject, values.get(1), span)
        }
        Subject::Text | Subject::Parsed | Subject::Named => {
            let subject = text_subject(cx, env, function, &values[0]);
            apply(cx, env, function, subject, values.get(1), span)
        }
    }
}

/// The text that a function is given.
fn text_subject(cx: &mut Context<'_>, env: &Env<'_>, function: &Function, value: &ast::Expr) -> Expr {
    let subject = operand(cx, env, value, None);
    match &subject.ty {
        ty if relations::is_text(ty) => subject,
        // Parsed text is text still: `lower(u.path)`, `len(p)`.
        Type::List(_) | Type::Set(_) | Type::Map(_) if function.name == "len" => {
            let text = cx.text(subject.span);
            let error = e0302::mismatch(subject.span, "string", &subject.ty);
            cx.report(error.help(format!("the number of elements is `count({text})`")));
            error_expr(subject.span)
        }
        Type::Union(_) | Type::Json => {
            let error = e0327::several_types(subject.span, function.name, &subject.ty, Some(cx.text(subject.span)));
            cx.report(error);
            error_expr(subject.span)
        }
        ty => {
            let already = function.name == ty.to_string();
            let error = e0302::mismatch(subject.span, "string", ty);
            let text = cx.text(subject.span);
            let help = if already { Some(format!("it is one already: write `{text}`")) } else { None };
            cx.report(error.maybe_help(help));
            error_expr(subject.span)
        }
    }
}

/// The function applied, with its second argument read.
fn apply(
    cx: &mut Context<'_>,
    env: &Env<'_>,
    function: &Function,
    subject: Expr,
    second: Option<&ast::Expr>,
    span: Span,
) -> Expr {
    let mut dialect = SqlDialect::Ansi;
    let text = match (function.second, second) {
        (Second::Dialect, Some(word)) => match dialect_of(cx, word) {
            Some(found) => {
                dialect = found;
                None
            }
            None => return error_expr(span),
        },
        (Second::Zone | Second::Separator, Some(value)) => match constant_text(cx, env, function, value) {
            Some(text) => Some(text),
            None => return error_expr(span),
        },
        _ => None,
    };
    if subject.ty == Type::Error {
        return error_expr(span);
    }
    match natives::native(function.name, text, dialect) {
        Some((native, ty)) => Expr { kind: ExprKind::Native(native, Box::new(subject)), ty, span },
        None => error_expr(span),
    }
}

/// A zone or separator: a constant string.
fn constant_text(cx: &mut Context<'_>, env: &Env<'_>, function: &Function, value: &ast::Expr) -> Option<String> {
    let typed = infer(cx, env, value, None);
    let text = match as_literal(&typed) {
        Some(Literal::String(text)) => text.clone(),
        _ if typed.ty == Type::Error => return None,
        _ => {
            cx.report(e0330::not_constant(typed.span, "this argument"));
            return None;
        }
    };
    if function.second == Second::Separator {
        if text.is_empty() {
            let message = "an empty separator is no argument";
            cx.report(e0314::wrong_name(typed.span, function.name, message, function.signature));
            return None;
        }
        return Some(text);
    }
    zone(cx, value, &text, typed.span)
}

fn zone(cx: &mut Context<'_>, value: &ast::Expr, text: &str, span: Span) -> Option<String> {
    match literal::zone(text) {
        Ok(zone) => Some(zone),
        Err(error) => {
            let inside = match value {
                ast::Expr::Literal(literal) => {
                    literal.string().map(|string| cx.span(string.value.source_range(error.start..error.end)))
                }
                _ => None,
            };
            cx.report(e0317::bad_literal(inside.unwrap_or(span), span, &error));
            None
        }
    }
}

/// `postgres`, as a bare word.
fn dialect_of(cx: &mut Context<'_>, word: &ast::Expr) -> Option<SqlDialect> {
    let span = cx.span_of(word);
    let text = word.syntax().text().to_string();
    let text = text.trim();
    if let Some((_, dialect)) = DIALECTS.iter().find(|(name, _)| *name == text) {
        return Some(*dialect);
    }
    let near = suggest::nearest(text.trim_matches('"'), DIALECTS.iter().map(|(name, _)| *name));
    let bare = DIALECTS.iter().find(|(name, _)| *name == text.trim_matches('"')).map(|(name, _)| SmolStr::new(name));
    cx.report(e0309::unknown_name(span, text.trim_matches('"'), bare.or(near).as_deref()));
    None
}

/// `paths(args)`
fn collect(
    cx: &mut Context<'_>,
    env: &Env<'_>,
    function: &Function,
    kind: ParameterKind,
    value: &ast::Expr,
    span: Span,
) -> Expr {
    let subject = infer(cx, env, value, None);
    if subject.ty == Type::Error {
        return error_expr(span);
    }
    if !matches!(subject.kind, ExprKind::Root(Root::Args)) {
        cx.report(e0302::mismatch(subject.span, "args", &subject.ty).help(format!("write `{}`", function.signature)));
        return error_expr(span);
    }
    let element = match kind {
        ParameterKind::Paths => Type::Path,
        ParameterKind::Urls => Type::Url,
        ParameterKind::Hosts => Type::Host,
        ParameterKind::Strings => Type::String,
    };
    Expr { kind: ExprKind::Collect(kind), ty: Type::List(Box::new(element)), span }
}

/// `window(zone: "Europe/Berlin", days: ["mon"], hours: 09:00..17:00)`
fn window(cx: &mut Context<'_>, env: &Env<'_>, function: &Function, call: &ast::CallExpr, span: Span) -> Expr {
    let mut window =
        Window { zone: String::new(), days: 0x7f, from_s: 0, until_s: 86_400, first_date: None, last_date: None };
    for arg in call.args() {
        let Some(value) = arg.value() else { return error_expr(span) };
        let name = arg.name().map(|name| name.text).unwrap_or_default();
        let read = match name.as_str() {
            "zone" => constant_zone(cx, env, function, &value).map(|zone| window.zone = zone),
            "days" => days(cx, env, &value).map(|days| window.days = days),
            "hours" => hours(cx, env, &value).map(|(from, until)| (window.from_s, window.until_s) = (from, until)),
            _ => {
                let message = format!("`{name}` is no argument");
                cx.report(e0314::wrong_name(cx.span_of(&arg), function.name, &message, function.signature));
                None
            }
        };
        if read.is_none() {
            return error_expr(span);
        }
    }
    finish_window(cx, function, window, span)
}

fn finish_window(cx: &mut Context<'_>, function: &Function, window: Window, span: Span) -> Expr {
    if window.zone.is_empty() {
        cx.report(e0314::wrong_name(span, function.name, "`zone` is missing: it is an argument", function.signature));
        return error_expr(span);
    }
    Expr { kind: ExprKind::Literal(Literal::Window(window)), ty: Type::Window, span }
}

fn constant_zone(cx: &mut Context<'_>, env: &Env<'_>, function: &Function, value: &ast::Expr) -> Option<String> {
    constant_text(cx, env, function, value)
}

/// The days of a window, as bits.
fn days(cx: &mut Context<'_>, env: &Env<'_>, value: &ast::Expr) -> Option<u8> {
    let typed = checked(cx, env, value, &Type::List(Box::new(Type::Weekday)));
    match as_literal(&typed) {
        Some(Literal::List(days)) => {
            let bits = days.iter().map(|day| match day {
                Literal::Weekday(day) => 1u8.checked_shl(u32::from(*day)).unwrap_or(0),
                _ => 0,
            });
            Some(bits.fold(0, |all, bit| all | bit))
        }
        _ if typed.ty == Type::Error => None,
        _ => {
            cx.report(e0330::not_constant(typed.span, "the days of a window"));
            None
        }
    }
}

/// The hours of a window, in seconds of the day.
fn hours(cx: &mut Context<'_>, env: &Env<'_>, value: &ast::Expr) -> Option<(u32, u32)> {
    let typed = checked(cx, env, value, &Type::Range(Box::new(Type::Time)));
    let ExprKind::Range { low, high, .. } = &typed.kind else {
        if typed.ty != Type::Error {
            cx.report(e0330::not_constant(typed.span, "the hours of a window"));
        }
        return None;
    };
    let bound = |bound: &Option<Box<Expr>>, open: u32| match bound.as_deref().map(as_literal) {
        None => Some(open),
        Some(Some(Literal::Time(seconds))) => Some(*seconds),
        Some(_) => None,
    };
    let bounds = bound(low, 0).zip(bound(high, 86_400));
    if bounds.is_none() {
        cx.report(e0330::not_constant(typed.span, "the hours of a window"));
    }
    bounds
}

/// `dates(2026-03-01..=2026-03-31, zone: "Europe/Berlin")`
fn dates(cx: &mut Context<'_>, env: &Env<'_>, function: &Function, call: &ast::CallExpr, span: Span) -> Expr {
    let mut window =
        Window { zone: String::new(), days: 0x7f, from_s: 0, until_s: 86_400, first_date: None, last_date: None };
    for arg in call.args() {
        let Some(value) = arg.value() else { return error_expr(span) };
        let read = match arg.name().map(|name| name.text).as_deref() {
            Some("zone") => constant_zone(cx, env, function, &value).map(|zone| window.zone = zone),
            None => date_bounds(cx, env, &value).map(|bounds| (window.first_date, window.last_date) = bounds),
            Some(name) => {
                let message = format!("`{name}` is no argument");
                cx.report(e0314::wrong_name(cx.span_of(&arg), function.name, &message, function.signature));
                None
            }
        };
        if read.is_none() {
            return error_expr(span);
        }
    }
    if window.first_date.is_none() && window.last_date.is_none() {
        cx.report(e0314::wrong_name(span, function.name, "the dates are missing", function.signature));
        return error_expr(span);
    }
    if window.zone.is_empty() {
        window.zone = "UTC".to_owned();
    }
    finish_window(cx, function, window, span)
}

/// First and last date.
fn date_bounds(cx: &mut Context<'_>, env: &Env<'_>, value: &ast::Expr) -> Option<(Option<i32>, Option<i32>)> {
    let typed = checked(cx, env, value, &Type::Range(Box::new(Type::Date)));
    let ExprKind::Range { low, high, end_inclusive } = &typed.kind else {
        if typed.ty != Type::Error {
            cx.report(e0330::not_constant(typed.span, "the dates of a window"));
        }
        return None;
    };
    if refuse_empty_range(cx, &typed) {
        return None;
    }
    let day = |bound: &Option<Box<Expr>>| match bound.as_deref().map(as_literal) {
        Some(Some(Literal::Date(day))) => Some(*day),
        _ => None,
    };
    let last = if *end_inclusive { day(high) } else { day(high).map(|day| day.saturating_sub(1)) };
    Some((day(low), last))
}
