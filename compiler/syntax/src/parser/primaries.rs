//! The operands of expressions: literals, names, calls, brackets, quantifiers and history.

use super::core::{Completed, List, Parser};
use super::{expressions, names, targets};
use crate::error::{SyntaxError, codes};
use crate::token::SyntaxKind;

/// Whether an operand starts here.
pub(super) fn at_operand(p: &Parser) -> bool {
    use SyntaxKind::{AllKw, AnyKw, LBrace, LBracket, LParen, Minus, SessionKw};
    let bracketed = p.at_any(&[AllKw, AnyKw]) && p.nth(1) == LParen;
    let session = p.at(SessionKw) && p.nth(1) == SyntaxKind::HoldsKw;
    p.current().is_literal()
        || p.at_any(&[LParen, LBracket, LBrace, Minus])
        || names::at_path(p)
        || bracketed
        || session
}

/// Whether an expression starts here.
pub(super) fn at_expression(p: &Parser) -> bool {
    use SyntaxKind::{DotDot, DotDotEq, HasKw, IfKw, NotKw};
    at_operand(p) || p.at_any(&[NotKw, HasKw, IfKw, DotDot, DotDotEq])
}

/// `-a`
pub(super) fn unary(p: &mut Parser) -> Option<Completed> {
    if !p.at(SyntaxKind::Minus) {
        return postfix(p);
    }
    Some(p.node(SyntaxKind::NegExpr, |p| {
        p.bump();
        p.nested(|p| {
            unary(p);
        });
    }))
}

/// `sql(args.q).tables`
fn postfix(p: &mut Parser) -> Option<Completed> {
    let base = primary(p)?;
    if !p.at(SyntaxKind::Dot) {
        return Some(base);
    }
    let marker = p.wrap(base);
    while p.eat(SyntaxKind::Dot) {
        names::segment_after_dot(p);
    }
    Some(p.complete(marker, SyntaxKind::FieldExpr))
}

fn primary(p: &mut Parser) -> Option<Completed> {
    let completed = match p.current() {
        kind if kind.is_literal() => literal(p),
        SyntaxKind::LBracket => p.node(SyntaxKind::ListExpr, |p| {
            p.bracketed(&List::brackets("a value"), at_expression, expressions::expression);
        }),
        SyntaxKind::LBrace => record(p),
        SyntaxKind::LParen => p.node(SyntaxKind::ParenExpr, |p| {
            let open_range = p.current_range();
            p.bump();
            expressions::expression(p);
            p.close(SyntaxKind::RParen, "`)`", open_range);
        }),
        SyntaxKind::AllKw if p.nth(1) == SyntaxKind::LParen => quantifier(p, SyntaxKind::AllExpr),
        SyntaxKind::AnyKw if p.nth(1) == SyntaxKind::LParen => quantifier(p, SyntaxKind::AnyExpr),
        SyntaxKind::SessionKw if p.nth(1) == SyntaxKind::HoldsKw => session_holds(p),
        _ if at_history(p) => history(p),
        _ if names::at_path(p) => path_or_call(p)?,
        SyntaxKind::IfKw => parenless_if(p),
        _ => {
            p.expected_with_help("an expression", "a value, a name, or a condition such as `args.amount <= 500`");
            return None;
        }
    };
    Some(completed)
}

/// An `if` that is an operand without parentheses.
fn parenless_if(p: &mut Parser) -> Completed {
    p.expected_with_help("an operand", "set the `if` in parentheses");
    p.node(SyntaxKind::ParenExpr, expressions::expression)
}

/// `42`, `12.50`, `"text"`, `15m`, `64KiB`, `09:00`, `true`, `null`
pub(super) fn literal(p: &mut Parser) -> Completed {
    if p.at(SyntaxKind::BadNumber) {
        let text = p.nth_text(0);
        let error = SyntaxError::new(
            codes::BAD_NUMBER,
            p.current_range(),
            format!("`{text}` is no number, duration, size, date or time"),
        )
        .with_help(
            "such as `1_000`, `12.50`, `1h30m` (ms s m h d w), `64KiB` (B KB MB GB KiB MiB GiB), `09:00`, `2026-03-02`",
        );
        p.report_understood(error);
    }
    p.node(SyntaxKind::Literal, Parser::bump)
}

/// `{ customer_id: "c1", claims.groups: ["a"] }`
pub(super) fn record(p: &mut Parser) -> Completed {
    p.node(SyntaxKind::RecordExpr, |p| {
        p.bracketed(&List::braces("a field such as `name: value`"), names::at_segment, record_field);
    })
}

/// `name: value`, `"quoted name": value`, `claims.groups: value`
fn record_field(p: &mut Parser) {
    p.node(SyntaxKind::RecordField, |p| {
        p.node(SyntaxKind::RecordKey, |p| {
            names::segment(p);
            while p.eat(SyntaxKind::Dot) {
                names::segment_after_dot(p);
            }
        });
        p.expect(SyntaxKind::Colon, "`:`");
        expressions::expression(p);
    });
}

/// `any(p in paths(args): p under "/workspace")`
fn quantifier(p: &mut Parser, kind: SyntaxKind) -> Completed {
    p.node(kind, |p| {
        p.bump();
        let open_range = p.current_range();
        p.bump();
        names::name(p, "a name for the element");
        p.expect(SyntaxKind::InKw, "`in`");
        expressions::expression(p);
        p.expect(SyntaxKind::Colon, "`:`");
        expressions::expression(p);
        p.close(SyntaxKind::RParen, "`)`", open_range);
    })
}

/// `session holds untrusted`
pub(super) fn session_holds(p: &mut Parser) -> Completed {
    p.node(SyntaxKind::SessionHolds, |p| {
        p.bump();
        p.expect(SyntaxKind::HoldsKw, "`holds`");
        names::path(p, "the name of a label");
    })
}

/// `user.claims.groups`, `std.time.weekday(now)`
fn path_or_call(p: &mut Parser) -> Option<Completed> {
    let path = names::path(p, "a name")?;
    if !p.at(SyntaxKind::LParen) {
        return Some(path);
    }
    let marker = p.wrap(path);
    p.bracketed(&List::parens("an argument"), at_argument, argument);
    Some(p.complete(marker, SyntaxKind::CallExpr))
}

fn at_argument(p: &Parser) -> bool {
    at_expression(p) || at_named_argument(p)
}

fn at_named_argument(p: &Parser) -> bool {
    p.current().is_word() && p.nth(1) == SyntaxKind::Colon
}

/// `value`, `zone: "Europe/Berlin"`
fn argument(p: &mut Parser) {
    p.node(SyntaxKind::Arg, |p| {
        if at_named_argument(p) {
            argument_name(p);
        }
        expressions::expression(p);
    });
}

fn argument_name(p: &mut Parser) {
    p.node(SyntaxKind::ArgName, Parser::bump_ident);
    p.bump();
}

/// Whether `count(calls ...)`, `sum(calls ...)`, `sequence(` or `novel(` stands here.
pub(super) fn at_history(p: &Parser) -> bool {
    if p.nth(1) != SyntaxKind::LParen {
        return false;
    }
    p.at_any_word(&["sequence", "novel"]) || (p.at_any_word(&["count", "sum"]) && p.nth(2) == SyntaxKind::CallsKw)
}

/// `count(calls to T, by: session, within: 5m)`, `sequence(confidential read, calls to tag outbound, within: 10m)`
pub(super) fn history(p: &mut Parser) -> Completed {
    p.node(SyntaxKind::HistoryExpr, |p| {
        p.bump_ident();
        p.bracketed(&List::parens("a step or an argument"), at_history_argument, history_argument);
    })
}

fn at_history_argument(p: &Parser) -> bool {
    p.at_any(&[SyntaxKind::CallsKw, SyntaxKind::LBracket]) || at_named_argument(p) || targets::at_target(p)
}

/// `calls`, `calls to T`, `LABEL read`, `T`, `by: session`, `within: 5m`
fn history_argument(p: &mut Parser) {
    if at_named_argument(p) {
        named_history_argument(p);
    } else if p.at(SyntaxKind::CallsKw) {
        p.node(SyntaxKind::HistoryCalls, |p| {
            p.bump();
            if p.eat(SyntaxKind::ToKw) {
                targets::target_or_list(p);
            }
        });
    } else if at_label_read(p) {
        p.node(SyntaxKind::HistoryRead, |p| {
            names::path(p, "the name of a label");
            p.bump();
        });
    } else {
        targets::target_or_list(p);
    }
}

/// Whether a path followed by `read` stands here.
fn at_label_read(p: &Parser) -> bool {
    if !names::at_path(p) {
        return false;
    }
    let mut ahead = 1;
    while p.nth(ahead) == SyntaxKind::Dot && (p.nth(ahead + 1).is_word() || p.nth(ahead + 1) == SyntaxKind::String) {
        ahead += 2;
    }
    p.nth(ahead) == SyntaxKind::ReadKw
}

/// `by: session`, `of: args.amount`, `within: 5m`, `baseline: 14d`
fn named_history_argument(p: &mut Parser) {
    if p.at(SyntaxKind::ByKw) {
        p.node(SyntaxKind::HistoryBy, |p| {
            p.bump();
            p.bump();
            counted_by(p);
        });
        return;
    }
    p.node(SyntaxKind::HistoryArg, |p| {
        argument_name(p);
        expressions::expression(p);
    });
}

/// Whose calls are counted together: `user`, `caller`, `agent`, `session`
pub(super) fn counted_by(p: &mut Parser) {
    p.expect_choice(&["user", "caller", "agent", "session"], "whose calls are counted together");
}
