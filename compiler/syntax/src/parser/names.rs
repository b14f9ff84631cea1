//! Names, paths and annotations.

use super::core::{Completed, List, Parser};
use crate::error::{SyntaxError, codes};
use crate::token::SyntaxKind;

/// Tokens that follow a declared name; a word of the language before one of them was meant as a name.
const AFTER_NAME: &[SyntaxKind] = &[
    SyntaxKind::Assign,
    SyntaxKind::Colon,
    SyntaxKind::LParen,
    SyntaxKind::LBrace,
    SyntaxKind::FromKw,
    SyntaxKind::OfKw,
    SyntaxKind::InKw,
    SyntaxKind::ToKw,
];

/// A declared name: `analyst`
pub(super) fn name(p: &mut Parser, what: &str) {
    match p.current() {
        SyntaxKind::Ident => {
            p.node(SyntaxKind::Name, Parser::bump);
        }
        kind if kind.is_word() && AFTER_NAME.contains(&p.nth(1)) => {
            let text = p.nth_text(0);
            let error = SyntaxError::new(
                codes::WORD_AS_NAME,
                p.current_range(),
                format!("`{text}` is a word of the language and cannot be a name"),
            )
            .with_help(format!("choose another name, such as `{text}_`"));
            p.report(error);
            p.node(SyntaxKind::Name, Parser::bump_ident);
        }
        SyntaxKind::String => {
            let error = SyntaxError::new(codes::WORD_AS_NAME, p.current_range(), "a declared name is not quoted")
                .with_help("names are made of letters, digits and `_`");
            p.report(error);
            p.node(SyntaxKind::Error, Parser::bump);
        }
        _ => p.expected(what),
    }
}

/// Whether a path can start `ahead` of the current token.
pub(super) fn path_starts_at(p: &Parser, ahead: usize) -> bool {
    match p.nth(ahead) {
        SyntaxKind::Ident => true,
        kind => kind.is_root_word() && p.nth(ahead + 1) == SyntaxKind::Dot,
    }
}

/// Whether a path starts here.
pub(super) fn at_path(p: &Parser) -> bool {
    path_starts_at(p, 0)
}

/// A qualified name: `payments.refund`, `github."get-issue"`, `user.claims.groups`
pub(super) fn path(p: &mut Parser, what: &str) -> Option<Completed> {
    if !at_path(p) {
        p.expected(what);
        return None;
    }
    Some(p.node(SyntaxKind::Path, |p| {
        p.bump_ident();
        while p.at(SyntaxKind::Dot) {
            p.bump();
            segment_after_dot(p);
        }
    }))
}

/// A path that stops before `.*`, `.{` and `.uri(`, which the caller reads.
pub(super) fn target_path(p: &mut Parser, what: &str) {
    if !at_path(p) {
        p.expected(what);
        return;
    }
    p.node(SyntaxKind::Path, |p| {
        p.bump_ident();
        while p.at(SyntaxKind::Dot) && !at_target_tail(p) {
            p.bump();
            segment_after_dot(p);
        }
    });
}

/// Whether `.*`, `.{` or `.uri(` stands here.
pub(super) fn at_target_tail(p: &Parser) -> bool {
    p.at(SyntaxKind::Dot)
        && !p.nth_at_line_start(1)
        && (matches!(p.nth(1), SyntaxKind::Star | SyntaxKind::LBrace)
            || (p.nth_word(1, "uri") && p.nth(2) == SyntaxKind::LParen))
}

/// Whether a path segment stands here: any word, or a quoted name.
pub(super) fn at_segment(p: &Parser) -> bool {
    p.current().is_word() || p.at(SyntaxKind::String)
}

/// One segment: any word, or a quoted name.
pub(super) fn segment(p: &mut Parser) {
    if p.at(SyntaxKind::String) {
        p.bump();
    } else if p.current().is_word() {
        p.bump_ident();
    } else {
        p.expected("a name");
    }
}

/// One segment after a dot; it stands on the line of the dot, so that a half-typed path does not take in the next item.
pub(super) fn segment_after_dot(p: &mut Parser) {
    if at_segment(p) && !p.at_line_start() {
        segment(p);
    } else {
        p.expected("a name after `.`, on the same line");
    }
}

/// A place inside a value: `result.messages[*].body`, `args.path`
pub(super) fn field_path(p: &mut Parser, what: &str) {
    if !at_path(p) {
        p.expected(what);
        return;
    }
    p.node(SyntaxKind::FieldPath, |p| {
        p.bump_ident();
        field_path_tail(p);
    });
}

/// `.name` and `[*]`, any number of times.
pub(super) fn field_path_tail(p: &mut Parser) {
    loop {
        if p.at(SyntaxKind::Dot) {
            p.bump();
            segment_after_dot(p);
        } else if p.at(SyntaxKind::LBracket) && p.nth(1) == SyntaxKind::Star {
            index_all(p);
        } else {
            break;
        }
    }
}

/// Every element of a list: `[*]`
fn index_all(p: &mut Parser) {
    p.node(SyntaxKind::IndexAll, |p| {
        p.bump();
        p.bump();
        p.expect(SyntaxKind::RBracket, "`]`");
    });
}

/// The name of a rule: `PAY-1`, `"pay 1"`, `none`
pub(super) fn rule_ref(p: &mut Parser) {
    if !p.current().is_word() && !p.at(SyntaxKind::String) {
        p.expected_with_help("the id of a rule", "the id that an `@id(\"...\")` gives, or `none`");
        return;
    }
    p.node(SyntaxKind::RuleRef, |p| {
        if p.at(SyntaxKind::String) {
            p.bump();
            return;
        }
        p.bump_ident();
        while p.at(SyntaxKind::Minus) && p.nth_touches(0) && p.nth_touches(1) && is_id_part(p) {
            p.bump();
            p.bump_ident();
        }
    });
}

fn is_id_part(p: &Parser) -> bool {
    let text = p.nth_text(1);
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') && text != "-"
}

/// Doc comments and annotations, in any order: `/// text`, `@id("PAY-1")`, `@shadow`
pub(super) fn item_prelude(p: &mut Parser) {
    loop {
        match p.current() {
            SyntaxKind::DocComment => p.bump(),
            SyntaxKind::At => annotation(p),
            _ => break,
        }
    }
}

/// `@name` or `@name(arg, ...)`
fn annotation(p: &mut Parser) {
    p.node(SyntaxKind::Annotation, |p| {
        p.bump();
        if p.current().is_word() && p.nth_touches(0) {
            p.node(SyntaxKind::Name, Parser::bump_ident);
        } else {
            p.expected_with_help(
                "the name of an annotation",
                "such as `@id(\"PAY-1\")`, `@message(\"...\")` or `@shadow`",
            );
        }
        if p.at(SyntaxKind::LParen) {
            let starts = |p: &Parser| p.current().is_word() || p.current().is_literal();
            p.bracketed(&List::parens("an argument: a word or a literal"), starts, annotation_argument);
        }
    });
}

/// `"text"`, `42`, `explain`
fn annotation_argument(p: &mut Parser) {
    p.node(SyntaxKind::AnnotationArg, |p| {
        if p.current().is_literal() {
            super::primaries::literal(p);
        } else {
            p.bump_ident();
        }
    });
}
