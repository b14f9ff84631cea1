//! Subjects: who a rule is about.

use super::core::{List, Parser};
use super::names;
use crate::token::SyntaxKind;

/// `analyst`, `copilot acting for analyst`
pub(super) fn subject(p: &mut Parser) {
    p.nested(|p| {
        let marker = p.start();
        both(p);
        if !p.at(SyntaxKind::ActingKw) {
            p.abandon(&marker);
            return;
        }
        p.bump();
        p.expect(SyntaxKind::ForKw, "`for`");
        both(p);
        p.complete(marker, SyntaxKind::SubjectActing);
    });
}

/// `analyst & on_call`: also what may stand after `approval by`
pub(super) fn both(p: &mut Parser) {
    let marker = p.start();
    primary(p);
    if !p.at(SyntaxKind::Amp) {
        p.abandon(&marker);
        return;
    }
    while p.eat(SyntaxKind::Amp) {
        primary(p);
    }
    p.complete(marker, SyntaxKind::SubjectBoth);
}

/// Whether a subject starts here.
fn at_subject(p: &Parser) -> bool {
    use SyntaxKind::{AnonymousKw, AnyKw, AnyoneKw, LBracket, LParen, ServerKw};
    p.at_any(&[AnyoneKw, AnonymousKw, AnyKw, LBracket, LParen])
        || names::at_path(p)
        || (p.at(ServerKw) && !p.at_item_start())
}

/// `anyone`, `anonymous`, `any user`, `server payments`, `[a, b]`, `(s)`, `analyst`
fn primary(p: &mut Parser) {
    if !at_subject(p) {
        p.expected_with_help(
            "a subject",
            "a role or identity, `[a, b]`, `any user`, `any agent`, `anyone` or `anonymous`",
        );
        return;
    }
    let marker = p.start();
    let kind = match p.current() {
        SyntaxKind::AnyoneKw => {
            p.bump();
            SyntaxKind::SubjectAnyone
        }
        SyntaxKind::AnonymousKw => {
            p.bump();
            SyntaxKind::SubjectAnonymous
        }
        SyntaxKind::AnyKw => {
            p.bump();
            p.expect_choice(&["user", "agent"], "`user` or `agent` after `any`");
            SyntaxKind::SubjectAny
        }
        SyntaxKind::LBracket => {
            p.bracketed_some(&List::brackets("a subject"), at_subject, subject);
            SyntaxKind::SubjectEither
        }
        SyntaxKind::LParen => {
            p.bump();
            subject(p);
            p.expect(SyntaxKind::RParen, "`)`");
            SyntaxKind::SubjectParen
        }
        SyntaxKind::ServerKw if !names::at_path(p) => {
            p.bump();
            names::path(p, "the name of a server");
            SyntaxKind::SubjectServer
        }
        _ => {
            names::path(p, "a role or identity");
            SyntaxKind::SubjectName
        }
    };
    p.complete(marker, kind);
}
