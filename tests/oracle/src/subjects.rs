//! Who a rule is about: the chain-matching table (docs/semantics.md, section 4).

use crate::eval::Scope;
use crate::truth::Truth;
use crate::world::LinkFacts;
use mcpz_compiler::hir::{ClassDefinition, ClassId, PrincipalKind, Subject};

/// Whether a link belongs to a class.
pub fn fits(scope: &Scope<'_>, class: ClassId, link: &LinkFacts) -> Truth {
    let Some(row) = scope.world.program.classes.get(class.index()) else {
        return Truth::False;
    };
    if row.kind != link.kind {
        return Truth::False;
    }
    let condition = |condition: &Option<mcpz_compiler::hir::Expr>| {
        let mut inner = Scope::new(scope.world, scope.listing);
        inner.link = Some(link);
        condition.as_ref().map_or(Truth::True, |expr| inner.truth(expr))
    };
    match &row.definition {
        ClassDefinition::Identity { source, condition: test } => Truth::of(*source == link.source).and(condition(test)),
        ClassDefinition::Narrow { base, condition: test } => fits(scope, *base, link).and(condition(test)),
        ClassDefinition::Join(parts) => Truth::any(parts.iter().map(|part| fits(scope, *part, link))),
    }
}

/// Which part of a rule's head is matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The subject: when a server asks, only that server fits.
    Subject,
    /// `for S`: always the client's chain.
    Client,
}

/// Narrowly, as a permit matches.
pub fn narrowly(scope: &Scope<'_>, subject: &Subject, part: Part) -> Truth {
    let chain = scope.world.chain;
    let silent = part == Part::Subject && scope.world.asked.by_server;
    match subject {
        Subject::Either(parts) => Truth::any(parts.iter().map(|inner| narrowly(scope, inner, part))),
        Subject::Both(parts) => Truth::all(parts.iter().map(|inner| narrowly(scope, inner, part))),
        Subject::Server(server) => asked_by(scope, *server),
        _ if silent => Truth::False,
        Subject::Anyone => Truth::of(!chain.is_empty()),
        Subject::Anonymous => Truth::of(chain.is_empty()),
        Subject::AnyAgent => Truth::of(matches!(chain, [only] if only.kind == PrincipalKind::Agent)),
        Subject::AnyUser => Truth::of(chain.last().is_some_and(|last| last.kind == PrincipalKind::User)),
        Subject::Class(class) => match (class_kind(scope, *class), chain) {
            (Some(PrincipalKind::Agent), [only]) => fits(scope, *class, only),
            (Some(PrincipalKind::User), [.., last]) => fits(scope, *class, last),
            _ => Truth::False,
        },
        Subject::ActingFor(actor, user) => match chain {
            [first, .., last] => one(scope, actor, first).and(one(scope, user, last)),
            _ => Truth::False,
        },
    }
}

/// Anywhere in the chain, as a restriction matches.
pub fn anywhere(scope: &Scope<'_>, subject: &Subject) -> Truth {
    let chain = scope.world.chain;
    match subject {
        Subject::Anyone => Truth::True,
        Subject::Anonymous => Truth::of(chain.is_empty()),
        Subject::AnyAgent => Truth::of(chain.iter().any(|link| link.kind == PrincipalKind::Agent)),
        Subject::AnyUser => Truth::of(chain.iter().any(|link| link.kind == PrincipalKind::User)),
        Subject::Class(class) => Truth::any(chain.iter().map(|link| fits(scope, *class, link))),
        Subject::Either(parts) => Truth::any(parts.iter().map(|part| anywhere(scope, part))),
        Subject::Both(parts) => Truth::all(parts.iter().map(|part| anywhere(scope, part))),
        Subject::ActingFor(actor, user) => Truth::any(chain.iter().enumerate().flat_map(|(at, first)| {
            chain[at + 1..].iter().map(move |later| one(scope, actor, first).and(one(scope, user, later)))
        })),
        Subject::Server(server) => asked_by(scope, *server),
    }
}

/// A test of one link, inside `acting for`.
fn one(scope: &Scope<'_>, subject: &Subject, link: &LinkFacts) -> Truth {
    match subject {
        Subject::Anyone => Truth::True,
        Subject::AnyAgent => Truth::of(link.kind == PrincipalKind::Agent),
        Subject::AnyUser => Truth::of(link.kind == PrincipalKind::User),
        Subject::Class(class) => fits(scope, *class, link),
        Subject::Either(parts) => Truth::any(parts.iter().map(|part| one(scope, part, link))),
        Subject::Both(parts) => Truth::all(parts.iter().map(|part| one(scope, part, link))),
        Subject::Anonymous | Subject::Server(_) | Subject::ActingFor(..) => Truth::False,
    }
}

fn asked_by(scope: &Scope<'_>, server: mcpz_compiler::hir::ServerId) -> Truth {
    Truth::of(scope.world.asked.by_server && scope.world.asked.server == server)
}

fn class_kind(scope: &Scope<'_>, class: ClassId) -> Option<PrincipalKind> {
    scope.world.program.classes.get(class.index()).map(|row| row.kind)
}
