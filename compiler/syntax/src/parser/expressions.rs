//! Expressions, loosest first: `if`, `or`, `and`, `not`, comparisons, `??`, ranges, `+ -`, `*`. The rest is in `primaries`.
//!
//! `and` and `or` give flat nodes; the other operators give binary nodes that lean left.

use super::core::{Completed, Parser};
use super::{names, primaries, types};
use crate::error::{SyntaxError, codes};
use crate::limits;
use crate::token::SyntaxKind;

/// `if a then b else c`, or an operator expression
pub(super) fn expression(p: &mut Parser) {
    p.nested(|p| {
        if p.at(SyntaxKind::IfKw) {
            if_expression(p);
        } else {
            or(p);
        }
    });
}

/// `if condition then value else value`
fn if_expression(p: &mut Parser) {
    p.node(SyntaxKind::IfExpr, |p| {
        p.bump();
        expression(p);
        p.expect(SyntaxKind::ThenKw, "`then`");
        expression(p);
        if p.at(SyntaxKind::ElseKw) {
            p.bump();
            expression(p);
        } else {
            p.expected_with_help("`else`", "an `if` always has a value, so it needs both branches");
        }
    });
}

/// `a or b or c`
fn or(p: &mut Parser) {
    flat(p, SyntaxKind::OrKw, SyntaxKind::OrExpr, and);
}

/// `a and b and c`
fn and(p: &mut Parser) {
    flat(p, SyntaxKind::AndKw, SyntaxKind::AndExpr, not);
}

fn flat(p: &mut Parser, operator: SyntaxKind, kind: SyntaxKind, operand: fn(&mut Parser)) {
    let marker = p.start();
    operand(p);
    if !p.at(operator) {
        p.abandon(&marker);
        return;
    }
    while p.eat(operator) {
        operand(p);
    }
    p.complete(marker, kind);
}

/// `not a`
fn not(p: &mut Parser) {
    if !p.at(SyntaxKind::NotKw) {
        comparison(p);
        return;
    }
    p.node(SyntaxKind::NotExpr, |p| {
        p.bump();
        p.nested(not);
    });
}

/// `has args.path`, `a == b`, `a in b`, `a is null`, `args.x carries untrusted`, `args.x seen in known`
fn comparison(p: &mut Parser) {
    if p.at(SyntaxKind::HasKw) {
        p.node(SyntaxKind::HasExpr, |p| {
            p.bump();
            names::path(p, "the name of what may be absent");
        });
        refuse_chain(p);
        return;
    }
    let Some(left) = coalesce(p) else { return };
    comparison_tail(p, left);
    refuse_chain(p);
}

fn comparison_tail(p: &mut Parser, left: Completed) {
    match p.current() {
        SyntaxKind::IsKw => {
            let marker = p.wrap(left);
            p.bump();
            types::type_(p);
            p.complete(marker, SyntaxKind::IsExpr);
        }
        SyntaxKind::CarriesKw => {
            let marker = p.wrap(left);
            p.bump();
            names::path(p, "the name of a label");
            p.complete(marker, SyntaxKind::CarriesExpr);
        }
        SyntaxKind::SeenKw => {
            let marker = p.wrap(left);
            p.bump();
            p.expect(SyntaxKind::InKw, "`in`");
            names::path(p, "the name of the data it was seen in");
            p.complete(marker, SyntaxKind::SeenExpr);
        }
        _ if at_comparison_operator(p) => {
            let marker = p.wrap(left);
            comparison_operator(p);
            coalesce(p);
            p.complete(marker, SyntaxKind::BinaryExpr);
        }
        _ => {}
    }
}

/// Whether an operator of two operands that yields a truth value stands here; `=` counts as a mistyped `==`.
fn at_comparison_operator(p: &Parser) -> bool {
    use SyntaxKind::{Assign, ContainsKw, EqEq, Gt, GtEq, InKw, LikeKw, Lt, LtEq, MatchesKw, NotEq, NotKw, UnderKw};
    p.at_any(&[Assign, EqEq, NotEq, Lt, LtEq, Gt, GtEq, InKw, ContainsKw, LikeKw, MatchesKw, UnderKw])
        || (p.at(NotKw) && p.nth(1) == InKw)
}

/// `==`, `not in`, ...
fn comparison_operator(p: &mut Parser) {
    match p.current() {
        SyntaxKind::NotKw => {
            p.bump();
            p.bump();
        }
        SyntaxKind::Assign => {
            let range = p.current_range();
            let error = SyntaxError::new(codes::ASSIGN_FOR_EQUALS, range, "`=` does not compare")
                .with_help("write `==`")
                .with_fix(range, "==");
            p.report_understood(error);
            p.bump_as(SyntaxKind::EqEq);
        }
        _ => p.bump(),
    }
}

/// Reports `a < b < c` and reads on past it.
fn refuse_chain(p: &mut Parser) {
    use SyntaxKind::{CarriesKw, IsKw, SeenKw};
    while at_comparison_operator(p) || p.at_any(&[IsKw, CarriesKw, SeenKw]) {
        let error = SyntaxError::new(codes::CHAINED_COMPARISON, p.current_range(), "comparisons do not chain")
            .with_help("join two comparisons with `and`, or set the first in parentheses");
        p.report(error);
        p.node(SyntaxKind::Error, |p| match p.current() {
            IsKw => {
                p.bump();
                types::type_(p);
            }
            SeenKw | CarriesKw => {
                p.bump();
                p.eat(SyntaxKind::InKw);
                coalesce(p);
            }
            _ => {
                comparison_operator(p);
                coalesce(p);
            }
        });
    }
}

/// `a ?? b`
fn coalesce(p: &mut Parser) -> Option<Completed> {
    left_associative(p, &[SyntaxKind::Coalesce], range)
}

/// `1..=100`, `09:00..17:00`, `5..`, `..=9`
fn range(p: &mut Parser) -> Option<Completed> {
    if at_range_operator(p) {
        return Some(p.node(SyntaxKind::RangeExpr, |p| {
            p.bump();
            operand(p);
        }));
    }
    let left = operand(p)?;
    if !at_range_operator(p) {
        return Some(left);
    }
    let marker = p.wrap(left);
    p.bump();
    if primaries::at_operand(p) {
        operand(p);
    }
    Some(p.complete(marker, SyntaxKind::RangeExpr))
}

fn at_range_operator(p: &Parser) -> bool {
    p.at_any(&[SyntaxKind::DotDot, SyntaxKind::DotDotEq])
}

/// `a + b - c`: what a quantity is written with
pub(super) fn operand(p: &mut Parser) -> Option<Completed> {
    left_associative(p, &[SyntaxKind::Plus, SyntaxKind::Minus], product)
}

/// `a * b`
fn product(p: &mut Parser) -> Option<Completed> {
    left_associative(p, &[SyntaxKind::Star], primaries::unary)
}

fn left_associative(
    p: &mut Parser,
    operators: &[SyntaxKind],
    next: fn(&mut Parser) -> Option<Completed>,
) -> Option<Completed> {
    let mut left = next(p)?;
    let mut links = 0;
    while p.at_any(operators) {
        if links >= limits::MAX_CHAIN {
            p.too_deep();
            break;
        }
        links += 1;
        let marker = p.wrap(left);
        p.bump();
        next(p);
        left = p.complete(marker, SyntaxKind::BinaryExpr);
    }
    Some(left)
}
