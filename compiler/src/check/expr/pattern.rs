//! `like`, `matches`, `under`: patterns over strings, hosts, URLs and paths.

use super::{Binary, as_literal, checked, coerce, infer, operand};
use crate::check::context::{Context, error_expr};
use crate::check::literal::{self, GlobNote, LiteralError, RegexNoteKind};
use crate::check::scope::Env;
use crate::diagnostics::codes::{e0317, e0318, e0319, e0320, e0321, e0327, w0613, w0614, w0615, w0616, w0617, w0620};
use crate::hir::{Expr, ExprKind, Literal, Native, Span};
use crate::types::Type;
use mcpz_syntax::ast::{self, StringLiteral};

/// A pattern as written: its text, the literal it stands in (if it stands here), and where.
struct Pattern {
    text: String,
    string: Option<StringLiteral>,
    span: Span,
}

impl Pattern {
    /// The span of a part of the text.
    fn inside(&self, cx: &Context<'_>, start: usize, end: usize) -> Span {
        match &self.string {
            Some(string) if start < end => cx.span(string.value.source_range(start..end)),
            _ => self.span,
        }
    }
}

/// The pattern on the right of an operator: a literal or a constant string.
fn pattern_of(cx: &mut Context<'_>, env: &Env<'_>, expr: &ast::Expr, operator: &str) -> Option<Pattern> {
    let span = cx.span_of(expr);
    if let ast::Expr::Literal(literal) = expr
        && let Some(string) = literal.string()
    {
        return Some(Pattern { text: string.text().to_owned(), string: Some(string), span });
    }
    let typed = infer(cx, env, expr, None);
    match as_literal(&typed) {
        Some(Literal::String(text)) => Some(Pattern { text: text.clone(), string: None, span }),
        _ if typed.ty == Type::Error => None,
        _ => {
            cx.report(e0320::not_literal(typed.span, operator));
            None
        }
    }
}

fn test(parts: &Binary, value: Expr, pattern: Literal, at: Span, build: fn(Box<Expr>, Box<Expr>) -> ExprKind) -> Expr {
    let pattern = Expr { kind: ExprKind::Literal(pattern), ty: Type::String, span: at };
    Expr { kind: build(Box::new(value), Box::new(pattern)), ty: Type::Bool, span: parts.span }
}

/// `x like "inv_*"`
pub(super) fn like(cx: &mut Context<'_>, env: &Env<'_>, parts: &Binary) -> Expr {
    let value = operand(cx, env, &parts.left, None);
    let pattern = pattern_of(cx, env, &parts.right, "like");
    let Some(pattern) = pattern else { return error_expr(parts.span) };
    let parsed = match &value.ty {
        Type::Error => return error_expr(parts.span),
        Type::String | Type::Enum(_) => glob(cx, parts, &pattern, false),
        Type::Path | Type::Url => glob(cx, parts, &pattern, value.ty == Type::Path).map(|glob| match glob {
            Literal::Glob { pattern, .. } => Literal::Glob { pattern, path_like: true },
            other => other,
        }),
        Type::Host => host_pattern(cx, &pattern),
        other => {
            let help = "`like` is for strings, paths, URLs and hosts";
            let error = match other {
                Type::Union(_) | Type::Json => {
                    e0327::several_types(value.span, "like", other, Some(cx.text(value.span)))
                }
                _ => e0321::bad_operand(value.span, "like", other, help),
            };
            cx.report(error);
            None
        }
    };
    match parsed {
        Some(literal) => test(parts, value, literal, pattern.span, ExprKind::Like),
        None => error_expr(parts.span),
    }
}

fn glob(cx: &mut Context<'_>, parts: &Binary, pattern: &Pattern, on_path: bool) -> Option<Literal> {
    let glob = match literal::glob(&pattern.text, on_path) {
        Ok(glob) => glob,
        Err(error) => {
            bad_pattern(cx, pattern, &error);
            return None;
        }
    };
    match glob.note {
        Some(GlobNote::NoWildcard) => cx.report(w0613::no_wildcard(pattern.span, parts.op_span)),
        Some(GlobNote::LooksLikeRegex(start, end)) => {
            let span = pattern.inside(cx, start, end);
            cx.report(w0617::looks_like_regex(span, parts.op_span));
        }
        None => {}
    }
    Some(Literal::Glob { pattern: glob.pattern, path_like: on_path })
}

fn host_pattern(cx: &mut Context<'_>, pattern: &Pattern) -> Option<Literal> {
    match literal::host_pattern(&pattern.text) {
        Ok(canonical) => Some(Literal::HostPattern(canonical)),
        Err(error) => {
            bad_pattern(cx, pattern, &error);
            None
        }
    }
}

fn bad_pattern(cx: &mut Context<'_>, pattern: &Pattern, error: &LiteralError) {
    let span = pattern.inside(cx, error.start, error.end);
    cx.report(e0317::bad_literal(span, pattern.span, error));
}

/// `x matches r"inv_[0-9]+"`
pub(super) fn matches(cx: &mut Context<'_>, env: &Env<'_>, parts: &Binary) -> Expr {
    let value = operand(cx, env, &parts.left, None);
    let Some(pattern) = pattern_of(cx, env, &parts.right, "matches") else { return error_expr(parts.span) };
    let regex = checked_regex(cx, &pattern);
    match &value.ty {
        Type::Error => return error_expr(parts.span),
        Type::String | Type::Enum(_) => {}
        other => {
            let error = match other {
                Type::Union(_) | Type::Json => {
                    e0327::several_types(value.span, "matches", other, Some(cx.text(value.span)))
                }
                Type::Path => e0321::bad_operand(value.span, "matches", other, "use `like` or `under` for a path"),
                Type::Host | Type::Url => {
                    e0321::bad_operand(value.span, "matches", other, "use `like` for a host or URL")
                }
                _ => e0321::bad_operand(value.span, "matches", other, "`matches` is for strings"),
            };
            cx.report(error);
            return error_expr(parts.span);
        }
    }
    match regex {
        Some(text) => test(parts, value, Literal::Regex(text), pattern.span, ExprKind::Matches),
        None => error_expr(parts.span),
    }
}

/// A regular expression of `result matching E`: a literal or constant, checked.
pub(crate) fn regex_of(cx: &mut Context<'_>, env: &Env<'_>, expr: &ast::Expr) -> Option<String> {
    let pattern = pattern_of(cx, env, expr, "matching")?;
    checked_regex(cx, &pattern)
}

fn checked_regex(cx: &mut Context<'_>, pattern: &Pattern) -> Option<String> {
    match literal::regex(&pattern.text) {
        Ok(text) => {
            // A constant from elsewhere is not this place's business.
            if pattern.string.is_some() {
                regex_lints(cx, pattern);
            }
            Some(text)
        }
        Err(error) => {
            let span = pattern.inside(cx, error.start, error.end);
            let error =
                if literal::is_size_error(&error) { e0319::too_large(span) } else { e0318::bad_regex(span, &error) };
            cx.report(error);
            None
        }
    }
}

fn regex_lints(cx: &mut Context<'_>, pattern: &Pattern) {
    let mut dot_told = false;
    for note in literal::regex_notes(&pattern.text) {
        let span = pattern.inside(cx, note.start, note.end);
        let lint = match note.kind {
            RegexNoteKind::UnescapedDot if dot_told => continue,
            RegexNoteKind::UnescapedDot => {
                dot_told = true;
                w0614::unescaped_dot(span)
            }
            RegexNoteKind::NegatedWord => {
                w0615::negated_word(span, pattern.text.get(note.start..note.end).unwrap_or_default())
            }
            RegexNoteKind::Anchor => w0616::redundant(span),
            RegexNoteKind::LetterRange => w0620::letter_range(span),
        };
        cx.report(lint);
    }
}

/// `x under "/workspace"`
pub(super) fn under(cx: &mut Context<'_>, env: &Env<'_>, parts: &Binary) -> Expr {
    let value = operand(cx, env, &parts.left, None);
    let value = as_path(cx, value);
    let base = match &parts.right {
        ast::Expr::Literal(_) => checked(cx, env, &parts.right, &Type::Path),
        other => {
            let typed = operand(cx, env, other, None);
            match as_literal(&typed) {
                Some(Literal::String(_)) => coerce(cx, typed, &Type::Path),
                _ => as_path(cx, typed),
            }
        }
    };
    if value.ty == Type::Error || base.ty == Type::Error {
        return error_expr(parts.span);
    }
    Expr { kind: ExprKind::Under(Box::new(value), Box::new(base)), ty: Type::Bool, span: parts.span }
}

/// A path, or a string that is read as one.
fn as_path(cx: &mut Context<'_>, value: Expr) -> Expr {
    match &value.ty {
        Type::Path | Type::Error => value,
        Type::String => {
            let span = value.span;
            Expr { kind: ExprKind::Native(Native::Path, Box::new(value)), ty: Type::Path, span }
        }
        other => {
            let error = match other {
                Type::Union(_) | Type::Json => {
                    e0327::several_types(value.span, "under", other, Some(cx.text(value.span)))
                }
                _ => e0321::bad_operand(value.span, "under", other, "`under` compares paths"),
            };
            cx.report(error);
            error_expr(value.span)
        }
    }
}
