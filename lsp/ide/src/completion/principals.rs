//! Completions of who: users, agents, roles, issuers, servers as subjects; and of segments, labels, grants in their places.

use super::context::Context;
use super::item::{Completion, CompletionKind};
use super::values::{named, package_items};
use crate::names;
use mcpz_compiler::hir::PrincipalKind;
use mcpz_compiler::resolve::symbols::{Entity, Kind};
use mcpz_syntax::SyntaxKind;

/// The kinds of names that a place wants; `None` when this module does not know the place.
fn wanted(cx: &Context<'_>) -> Option<&'static [Kind]> {
    let holder = cx.holder()?;
    let is_path = cx.is_path();
    Some(match holder.kind() {
        SyntaxKind::SubjectName
        | SyntaxKind::SubjectInstance
        | SyntaxKind::RoleBase
        | SyntaxKind::RoleUnion
        | SyntaxKind::ActsFor => &[Kind::Class],
        SyntaxKind::Role if is_path => &[Kind::Class],
        SyntaxKind::User | SyntaxKind::Agent if is_path => &[Kind::Issuer],
        SyntaxKind::SubjectServer | SyntaxKind::ServerLike => &[Kind::Server],
        SyntaxKind::SegmentEntry | SyntaxKind::Flow | SyntaxKind::ForbidFlow => &[Kind::Segment],
        SyntaxKind::SessionHolds | SyntaxKind::ExpectLabel | SyntaxKind::HistoryRead => &[Kind::Label],
        SyntaxKind::Stores | SyntaxKind::Declassify if is_path => &[Kind::Label],
        SyntaxKind::CarriesExpr if follows(cx, SyntaxKind::CarriesKw) => &[Kind::Label],
        SyntaxKind::SeenExpr if follows(cx, SyntaxKind::InKw) => &[Kind::Data, Kind::Label],
        SyntaxKind::GivenGrant | SyntaxKind::ChallengeKind => &[Kind::Grant],
        SyntaxKind::GivenData => &[Kind::Data],
        SyntaxKind::TargetTag => &[Kind::Tag],
        _ => return None,
    })
}

/// Whether the word before the cursor's path is this one.
fn follows(cx: &Context<'_>, kind: SyntaxKind) -> bool {
    let first = cx.token.parent().and_then(|path| path.first_token());
    let mut before = first.and_then(|token| token.prev_token());
    while before.as_ref().is_some_and(|token| token.kind().is_trivia()) {
        before = before.and_then(|token| token.prev_token());
    }
    before.is_some_and(|token| token.kind() == kind)
}

/// Completes names of those kinds. Whether the cursor is at such a place.
pub fn complete(cx: &Context<'_>, items: &mut Vec<Completion>) -> bool {
    let Some(kinds) = wanted(cx) else { return false };
    if !cx.qualifier.is_empty() {
        if let Some(id) = names::package_named(cx.package, cx.source, &cx.qualifier) {
            let found = names::declared(cx.package, id, kinds);
            items.extend(found.iter().filter(|seen| fits(cx, seen.entity)).map(|seen| named(cx, seen).rank(10)));
        }
        return true;
    }
    let seen = names::visible(cx.package, cx.source, kinds);
    items.extend(seen.iter().filter(|seen| fits(cx, seen.entity)).map(|seen| named(cx, seen).rank(10)));
    if kinds == [Kind::Issuer] {
        for (word, what) in
            [("mtls", "a client certificate with a SPIFFE id"), ("local", "the process that started us")]
        {
            items.push(Completion::new(word, CompletionKind::Issuer, cx.replace.clone()).detail(what).rank(15));
        }
    } else {
        package_items(cx, kinds, items);
        super::imports::automatic(cx, kinds, items);
    }
    true
}

/// Whether an entity may stand where the cursor is: an agent acts for users, a role is no part of itself.
fn fits(cx: &Context<'_>, entity: Entity) -> bool {
    let Some(holder) = cx.holder() else { return true };
    let kind = match entity {
        Entity::Class(id) => cx.package.index.program.classes.get(id.index()).map(|class| class.kind),
        Entity::Server(_) => return holder.kind() != SyntaxKind::ServerLike,
        Entity::Profile(_) => return holder.kind() == SyntaxKind::ServerLike,
        _ => None,
    };
    match holder.kind() {
        SyntaxKind::ActsFor => kind == Some(PrincipalKind::User),
        SyntaxKind::RoleBase => {
            let around = cx.package.index.declaration(entity);
            let own = around.is_some_and(|span| {
                span.source == cx.source
                    && holder.parent().is_some_and(|role| {
                        u32::from(role.text_range().start()) <= span.start
                            && span.end <= u32::from(role.text_range().end())
                    })
            });
            !own
        }
        SyntaxKind::SubjectName if second_of_acting(&holder) => kind == Some(PrincipalKind::User),
        _ => true,
    }
}

/// Whether a subject is the one that is acted for.
fn second_of_acting(node: &mcpz_syntax::SyntaxNode) -> bool {
    let Some(parent) = node.parent().filter(|parent| parent.kind() == SyntaxKind::SubjectActing) else { return false };
    parent.children().next().is_some_and(|first| first != *node)
}
