//! Who a rule is about: the chain-matching table (docs/semantics.md, section 4).

use crate::vm::context::{Context, SubjectTable, SubjectTruth};
use crate::vm::value::Truth;
use mcpz_bytecode::ids::{ClassId, ServerId, SubjectId};
use mcpz_bytecode::image::{LinkKind, SubjectImage};
use mcpz_bytecode::opcode::{SUBJECT_CLIENT, SUBJECT_NARROW};

/// Whether the chain fits a subject; flags as in [`mcpz_bytecode::opcode::Opcode::Subject`].
#[inline]
pub fn matches(cx: &Context<'_>, subject: SubjectId, flags: u8) -> Truth {
    let narrow = flags & SUBJECT_NARROW != 0;
    // When no server asks, what subjects are is known of the caller.
    let known = if cx.asked.is_some_and(|asked| !asked.by_server) { cx.subjects.get(subject) } else { None };
    match known {
        Some(known) if narrow => known.narrowly,
        Some(known) => known.anywhere,
        None if narrow => narrowly(cx, subject, flags & SUBJECT_CLIENT != 0),
        None => anywhere(cx, subject),
    }
}

/// What every subject of the bundle is of a chain, when no server asks.
pub fn table(cx: &Context<'_>) -> SubjectTable {
    let truth = |row| {
        let subject = SubjectId::new(row);
        SubjectTruth { narrowly: narrowly(cx, subject, false), anywhere: anywhere(cx, subject) }
    };
    SubjectTable::new((0..cx.image().subjects.len()).map(truth))
}

/// Folds parts like `or`.
fn any(parts: impl Iterator<Item = Truth>) -> Truth {
    parts.fold(Truth::False, Truth::or)
}

/// Folds parts like `and`.
fn all(parts: impl Iterator<Item = Truth>) -> Truth {
    parts.fold(Truth::True, Truth::and)
}

/// The subject's row. INVARIANT: rows refer to earlier rows only, at most 64 deep.
fn row<'a>(cx: &Context<'a>, subject: SubjectId) -> Option<&'a SubjectImage> {
    cx.image().subjects.get(subject.index())
}

/// Narrowly, as a permit matches. When a server asks, only `for` parts look at the client's chain.
pub fn narrowly(cx: &Context<'_>, subject: SubjectId, client: bool) -> Truth {
    let chain = cx.chain;
    let silent = !client && cx.asked.is_some_and(|asked| asked.by_server);
    let last = chain.len().saturating_sub(1);
    match row(cx, subject) {
        None => Truth::False,
        Some(SubjectImage::Either(parts)) => any(parts.iter().map(|part| narrowly(cx, *part, client))),
        Some(SubjectImage::Both(parts)) => all(parts.iter().map(|part| narrowly(cx, *part, client))),
        Some(SubjectImage::Server(server)) => asked_by(cx, *server),
        Some(_) if silent => Truth::False,
        Some(SubjectImage::Anyone) => Truth::of(!chain.is_empty()),
        Some(SubjectImage::Anonymous) => Truth::of(chain.is_empty()),
        Some(SubjectImage::AnyAgent) => Truth::of(matches!(chain, [only] if only.kind() == LinkKind::Agent)),
        Some(SubjectImage::AnyUser) => Truth::of(chain.last().is_some_and(|link| link.kind() == LinkKind::User)),
        Some(SubjectImage::Class(class)) => match (class_kind(cx, *class), chain) {
            (Some(LinkKind::Agent), [_]) => cx.classes.get(*class, 0),
            (Some(LinkKind::User), [.., _]) => cx.classes.get(*class, last),
            _ => Truth::False,
        },
        Some(SubjectImage::ActingFor(actor, other)) => match chain {
            [_, .., _] => one(cx, *actor, 0).and(one(cx, *other, last)),
            _ => Truth::False,
        },
    }
}

/// Anywhere in the chain, as a restriction matches.
fn anywhere(cx: &Context<'_>, subject: SubjectId) -> Truth {
    let chain = cx.chain;
    match row(cx, subject) {
        None => Truth::False,
        Some(SubjectImage::Anyone) => Truth::True,
        Some(SubjectImage::Anonymous) => Truth::of(chain.is_empty()),
        Some(SubjectImage::AnyAgent) => Truth::of(chain.iter().any(|link| link.kind() == LinkKind::Agent)),
        Some(SubjectImage::AnyUser) => Truth::of(chain.iter().any(|link| link.kind() == LinkKind::User)),
        Some(SubjectImage::Class(class)) => any((0..chain.len()).map(|link| cx.classes.get(*class, link))),
        Some(SubjectImage::Either(parts)) => any(parts.iter().map(|part| anywhere(cx, *part))),
        Some(SubjectImage::Both(parts)) => all(parts.iter().map(|part| anywhere(cx, *part))),
        Some(SubjectImage::ActingFor(actor, other)) => any((0..chain.len()).map(|first| {
            let later = first.saturating_add(1)..chain.len();
            any(later.map(|second| one(cx, *actor, first).and(one(cx, *other, second))))
        })),
        Some(SubjectImage::Server(server)) => asked_by(cx, *server),
    }
}

/// A test of one link, inside `acting for`.
fn one(cx: &Context<'_>, subject: SubjectId, link: usize) -> Truth {
    let kind = cx.chain.get(link).map(|link| link.kind());
    match row(cx, subject) {
        Some(SubjectImage::Anyone) => Truth::True,
        Some(SubjectImage::AnyAgent) => Truth::of(kind == Some(LinkKind::Agent)),
        Some(SubjectImage::AnyUser) => Truth::of(kind == Some(LinkKind::User)),
        Some(SubjectImage::Class(class)) => cx.classes.get(*class, link),
        Some(SubjectImage::Either(parts)) => any(parts.iter().map(|part| one(cx, *part, link))),
        Some(SubjectImage::Both(parts)) => all(parts.iter().map(|part| one(cx, *part, link))),
        None | Some(SubjectImage::Anonymous | SubjectImage::Server(_) | SubjectImage::ActingFor(..)) => Truth::False,
    }
}

/// Whether this server is the one who asks.
fn asked_by(cx: &Context<'_>, server: ServerId) -> Truth {
    Truth::of(cx.asked.is_some_and(|asked| asked.by_server && asked.server == server))
}

/// Whether a class is of people or programs.
fn class_kind(cx: &Context<'_>, class: ClassId) -> Option<LinkKind> {
    cx.image().classes.get(class.index()).map(|class| class.kind)
}
