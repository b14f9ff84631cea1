//! Literals. Strings take the type their place expects.

use crate::check::context::{Context, error_expr};
use crate::check::literal::{self, LiteralError};
use crate::diagnostics::codes::{e0305, e0317, e0324};
use crate::diagnostics::suggest;
use crate::hir::{Expr, ExprKind, Literal, Span};
use crate::types::Type;
use mcpz_bytecode::value::Decimal;
use mcpz_bytecode::value::time::days_from_civil;
use mcpz_syntax::ast::{self, StringLiteral};
use mcpz_syntax::literal::{DateParts, InstantParts, LiteralValue, TimeParts};

/// `42`, `"text"`, `15m`, ...
pub(super) fn literal(cx: &mut Context<'_>, literal: &ast::Literal, expected: Option<&Type>) -> Expr {
    let span = cx.span_of(literal);
    if let (Some(string), Some(expected)) = (literal.string(), expected)
        && literal::kind_name(expected.required()).is_some()
    {
        return string_literal(cx, &string, expected.required());
    }
    match literal_of(cx, literal) {
        Some((value, ty)) => Expr { kind: ExprKind::Literal(value), ty, span },
        None => error_expr(span),
    }
}

/// The value of a literal by itself, and its type. Reports what is no value.
pub(crate) fn literal_of(cx: &mut Context<'_>, literal: &ast::Literal) -> Option<(Literal, Type)> {
    let span = cx.span_of(literal);
    // A malformed literal has been reported by the parser.
    let value = literal.value().ok()?;
    Some(match value {
        LiteralValue::Bool(value) => (Literal::Bool(value), Type::Bool),
        LiteralValue::Null => (Literal::Null, Type::Null),
        LiteralValue::Int(value) | LiteralValue::Size(value) => (Literal::Int(value), Type::Int),
        LiteralValue::String(value) => (Literal::String(value.text), Type::String),
        LiteralValue::Duration(ms) => (Literal::Duration(ms), Type::Duration),
        LiteralValue::Decimal(text) => match Decimal::parse(&text) {
            Ok(value) => (Literal::Decimal(value.units()), Type::Decimal),
            Err(_) => {
                cx.report(e0324::out_of_range(span, &format!("`{text}`")));
                return None;
            }
        },
        LiteralValue::Time(time) => (Literal::Time(seconds(time)), Type::Time),
        LiteralValue::Date(date) => (Literal::Date(valid_date(cx, span, date)?), Type::Date),
        LiteralValue::Instant(instant) => (Literal::Instant(instant_ms(cx, span, &instant)?), Type::Instant),
    })
}

fn seconds(time: TimeParts) -> u32 {
    u32::from(time.hour) * 3600 + u32::from(time.minute) * 60 + u32::from(time.second)
}

/// Days since the epoch of a date that the calendar has.
fn valid_date(cx: &mut Context<'_>, span: Span, date: DateParts) -> Option<i32> {
    let days = days_from_civil(i64::from(date.year), date.month, date.day);
    if days.is_none() {
        let text = cx.text(span);
        let error = LiteralError::whole(text, format!("the calendar has no day `{text}`"));
        cx.report(e0317::bad_literal(span, span, &error));
    }
    days
}

/// Milliseconds since the epoch of an instant as written.
pub(crate) fn instant_ms(cx: &mut Context<'_>, span: Span, instant: &InstantParts) -> Option<i64> {
    let days = i64::from(valid_date(cx, span, instant.date)?);
    let minutes = days * 1440 - i64::from(instant.offset_minutes);
    let millisecond = i64::from(instant.nanosecond / 1_000_000);
    Some(minutes * 60_000 + i64::from(seconds(instant.time)) * 1000 + millisecond)
}

/// A string as a value of this type, with mistakes shown inside it.
pub(crate) fn string_literal(cx: &mut Context<'_>, string: &StringLiteral, ty: &Type) -> Expr {
    let whole = cx.span(string.range);
    match literal::parse(string.text(), ty) {
        Ok(value) => Expr { kind: ExprKind::Literal(value), ty: ty.clone(), span: whole },
        Err(error) => {
            let inside = cx.span(string.value.source_range(error.start..error.end));
            report_literal(cx, string.text(), ty, &error, inside, whole);
            error_expr(whole)
        }
    }
}

/// Reports a text that is no value of this type.
pub(super) fn report_literal(
    cx: &mut Context<'_>,
    text: &str,
    ty: &Type,
    error: &LiteralError,
    inside: Span,
    whole: Span,
) {
    if let Type::Enum(values) = ty.required() {
        let near = suggest::nearest(text, values);
        cx.report(e0305::unknown_value(whole, text, near.as_deref(), values));
        return;
    }
    let span = if inside.start < inside.end { inside } else { whole };
    cx.report(e0317::bad_literal(span, whole, error));
}
