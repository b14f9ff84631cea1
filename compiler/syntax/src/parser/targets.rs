//! Targets: what a rule is about.

use super::core::{List, Parser};
use super::{expressions, names};
use crate::token::SyntaxKind;

/// `payments.refund, fs.*, tag destructive`
pub(super) fn targets(p: &mut Parser) {
    p.node(SyntaxKind::Targets, |p| {
        target(p);
        while p.eat(SyntaxKind::Comma) {
            target(p);
        }
    });
}

/// Whether a target starts here.
pub(super) fn at_target(p: &Parser) -> bool {
    use SyntaxKind::{AnyKw, ServerKw, TagKw, ToolsKw};
    p.at_any(&[AnyKw, ToolsKw]) || names::at_path(p) || (p.at_any(&[TagKw, ServerKw]) && !p.at_item_start())
}

/// `tag outbound`, `any tool`, `tools where hints.destructive`, `server fs`, `fs.*`, `fs.{read, write}`, `docs.uri("...")`
pub(super) fn target(p: &mut Parser) {
    if !at_target(p) {
        p.expected_with_help(
            "a target",
            "such as `payments.refund`, `payments.*`, `payments.{a, b}`, `tag outbound`, `any tool` or `docs.uri(\"...\")`",
        );
        return;
    }
    let marker = p.start();
    let kind = match p.current() {
        SyntaxKind::TagKw => {
            p.bump();
            names::path(p, "the name of a tag");
            SyntaxKind::TargetTag
        }
        SyntaxKind::AnyKw => {
            p.bump();
            p.expect_choice(&["tool", "resource", "prompt"], "what kind of target after `any`");
            SyntaxKind::TargetAny
        }
        SyntaxKind::ToolsKw => {
            p.bump();
            p.expect(SyntaxKind::WhereKw, "`where`");
            expressions::expression(p);
            SyntaxKind::TargetHints
        }
        SyntaxKind::ServerKw if !names::at_path(p) => {
            p.bump();
            names::path(p, "the name of a server");
            SyntaxKind::TargetServer
        }
        _ => path_target(p),
    };
    p.complete(marker, kind);
}

/// `fs`, `fs.write_file`, `fs.*`, `fs.{a, b}`, `docs.uri("...")`
fn path_target(p: &mut Parser) -> SyntaxKind {
    names::target_path(p, "a target");
    if !names::at_target_tail(p) {
        return SyntaxKind::TargetPath;
    }
    p.bump();
    match p.current() {
        SyntaxKind::Star => {
            p.bump();
            SyntaxKind::TargetAll
        }
        SyntaxKind::LBrace => {
            let element = |p: &mut Parser| {
                p.node(SyntaxKind::Name, names::segment);
            };
            p.bracketed_some(&List::braces("a name"), names::at_segment, element);
            SyntaxKind::TargetSet
        }
        _ => {
            p.bump_keyword();
            p.bump();
            p.expect(SyntaxKind::String, "a URI pattern in quotes");
            p.expect(SyntaxKind::RParen, "`)`");
            SyntaxKind::TargetUri
        }
    }
}

/// One target, or several in brackets: `tag destructive`, `[fs.write_file, mail.send]`
pub(super) fn target_or_list(p: &mut Parser) {
    if !p.at(SyntaxKind::LBracket) {
        target(p);
        return;
    }
    p.node(SyntaxKind::TargetList, |p| {
        p.bracketed_some(&List::brackets("a target"), at_target, target);
    });
}
