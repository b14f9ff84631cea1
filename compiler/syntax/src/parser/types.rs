//! Types.

use super::core::Parser;
use super::names;
use crate::token::SyntaxKind;

/// `string?`, `int | string`, `set<{owner: string}>`, `"low" | "high"`
pub(super) fn type_(p: &mut Parser) {
    p.nested(union);
}

/// `A | B`
fn union(p: &mut Parser) {
    let marker = p.start();
    optional(p);
    if !p.at(SyntaxKind::Pipe) {
        p.abandon(&marker);
        return;
    }
    while p.eat(SyntaxKind::Pipe) {
        optional(p);
    }
    p.complete(marker, SyntaxKind::TypeUnion);
}

/// `T?`
fn optional(p: &mut Parser) {
    let marker = p.start();
    primary(p);
    if p.at(SyntaxKind::Question) {
        p.bump();
        p.complete(marker, SyntaxKind::TypeOptional);
    } else {
        p.abandon(&marker);
    }
}

/// Whether a type starts here.
fn at_type(p: &Parser) -> bool {
    use SyntaxKind::{Ident, LBrace, LParen, ListKw, NullKw, SegmentKw, String};
    p.at_any(&[Ident, LBrace, LParen, ListKw, NullKw, SegmentKw, String])
}

/// `int`, `list<T>`, `{name: T}`, `"text"`, `(T)`
fn primary(p: &mut Parser) {
    if !at_type(p) {
        p.expected_with_help("a type", "such as `string`, `int?`, `set<string>` or `{name: string}`");
        return;
    }
    match p.current() {
        SyntaxKind::LBrace => {
            p.node(SyntaxKind::TypeRecord, fields);
        }
        SyntaxKind::String => {
            p.node(SyntaxKind::TypeString, Parser::bump);
        }
        SyntaxKind::LParen => {
            p.node(SyntaxKind::TypeParen, |p| {
                p.bump();
                type_(p);
                p.expect(SyntaxKind::RParen, "`)`");
            });
        }
        _ => named(p),
    }
}

/// `string`, `set<T>`
fn named(p: &mut Parser) {
    let marker = p.start();
    p.bump_ident();
    if !p.at(SyntaxKind::Lt) {
        p.complete(marker, SyntaxKind::TypeName);
        return;
    }
    p.bump();
    type_(p);
    p.expect(SyntaxKind::Gt, "`>`");
    p.complete(marker, SyntaxKind::TypeGeneric);
}

/// `{ name: T, "quoted name": T? }`; commas may be left out.
pub(super) fn fields(p: &mut Parser) {
    let open_range = p.current_range();
    p.expect(SyntaxKind::LBrace, "`{`");
    while !p.at_any(&[SyntaxKind::RBrace, SyntaxKind::Eof]) {
        if names::at_segment(p) && p.nth(1) == SyntaxKind::Colon {
            field(p);
        } else if p.at_item_start() {
            break;
        } else {
            let resumes = |p: &Parser| {
                p.at(SyntaxKind::RBrace) || p.at_item_start() || (names::at_segment(p) && p.nth(1) == SyntaxKind::Colon)
            };
            p.skip_until("a field such as `name: string`", resumes);
        }
        p.eat(SyntaxKind::Comma);
    }
    p.close(SyntaxKind::RBrace, "`}`", open_range);
}

/// `name: T`
fn field(p: &mut Parser) {
    p.node(SyntaxKind::TypeField, |p| {
        p.node(SyntaxKind::Name, segment_as_is);
        p.bump();
        type_(p);
    });
}

fn segment_as_is(p: &mut Parser) {
    if p.at(SyntaxKind::String) { p.bump() } else { p.bump_ident() }
}
