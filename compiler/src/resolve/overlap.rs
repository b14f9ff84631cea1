//! Identities that one credential could have at once: a user and an agent of one issuer.
//!
//! Two conditions are told apart when each requires `claims.sub` to be like a pattern (or equal to a
//! text) and no text fits both. Conditions that are not of this shape are not judged, except that
//! an identity without a condition takes in every token of its issuer.

use super::items::{ClassSyntax, Items};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::e0136;
use crate::hir::{Class, ClassDefinition, Comparison, CredentialSource, Expr, ExprKind, Literal, Program, Root};

/// Reports users and agents of one issuer that are not told apart.
pub fn report(items: &Items, program: &Program, sink: &mut Vec<Diagnostic>) {
    let identities: Vec<(&Class, CredentialSource, &Option<Expr>)> = program
        .classes
        .iter()
        .zip(&items.classes)
        .filter_map(|(class, item)| match &class.definition {
            // A condition that did not type-check is reported, and not judged.
            ClassDefinition::Identity { condition: None, .. } if has_condition(&item.ast) => None,
            ClassDefinition::Identity { source, condition } => Some((class, *source, condition)),
            _ => None,
        })
        .collect();
    for (index, (second, source, condition)) in identities.iter().enumerate() {
        let CredentialSource::Issuer(issuer) = source else { continue };
        let earlier = identities.iter().take(index);
        let clash = earlier
            .filter(|(first, of, _)| of == source && first.kind != second.kind)
            .find(|(_, _, other)| could_both(other.as_ref(), condition.as_ref()));
        let Some((first, _, _)) = clash else { continue };
        // The one that stands later in the sources is shown.
        let (late, early) = if first.span < second.span { (second, first) } else { (first, second) };
        let name = program.issuers.get(issuer.index()).map_or("", |issuer| issuer.name.as_str());
        sink.push(e0136::identity_overlap(late.span, &late.name, &early.name, name, early.span));
    }
}

/// Whether a condition is written.
fn has_condition(class: &ClassSyntax) -> bool {
    match class {
        ClassSyntax::User(user) => user.condition().is_some(),
        ClassSyntax::Agent(agent) => agent.condition().is_some(),
        ClassSyntax::Role(role) => role.condition().is_some(),
    }
}

/// Whether it is certain that one credential can fit both conditions' subjects.
fn could_both(a: Option<&Expr>, b: Option<&Expr>) -> bool {
    match (a, b) {
        (None, _) | (_, None) => true,
        (Some(a), Some(b)) => match (subject_pattern(a), subject_pattern(b)) {
            (Some(a), Some(b)) => intersect(&a, &b),
            _ => false,
        },
    }
}

/// The pattern that a condition asks of `claims.sub`, when that is all it asks.
fn subject_pattern(condition: &Expr) -> Option<Vec<Piece>> {
    match &condition.kind {
        ExprKind::Like(place, pattern) if is_subject(place) => match &pattern.kind {
            ExprKind::Literal(Literal::Glob { pattern, .. }) => Some(pieces(pattern)),
            _ => None,
        },
        ExprKind::Compare(Comparison::Eq, place, value) if is_subject(place) => match &value.kind {
            ExprKind::Literal(Literal::String(text)) => Some(text.chars().map(Piece::Char).collect()),
            _ => None,
        },
        _ => None,
    }
}

/// Whether an expression is `claims.sub`.
fn is_subject(place: &Expr) -> bool {
    match &place.kind {
        ExprKind::Field(base, name) => name == "sub" && matches!(base.kind, ExprKind::Root(Root::LinkClaims)),
        _ => false,
    }
}

/// A piece of a glob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Char(char),
    AnyChar,
    AnyRun,
}

/// Reads a glob: `*` any run, `?` one character, `\` escapes.
fn pieces(pattern: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        pieces.push(match c {
            '*' => Piece::AnyRun,
            '?' => Piece::AnyChar,
            '\\' => Piece::Char(chars.next().unwrap_or('\\')),
            c => Piece::Char(c),
        });
    }
    pieces
}

/// Whether some text fits both globs: reachability in the product of their positions.
fn intersect(a: &[Piece], b: &[Piece]) -> bool {
    let width = b.len() + 1;
    let mut reached = vec![false; (a.len() + 1) * width];
    let mut queue = vec![(0, 0)];
    while let Some((i, j)) = queue.pop() {
        if std::mem::replace(&mut reached[i * width + j], true) {
            continue;
        }
        match (a.get(i), b.get(j)) {
            (None, None) => return true,
            (Some(Piece::AnyRun), _) => {
                queue.push((i + 1, j));
                if b.get(j).is_some() {
                    queue.push((i, j + 1));
                }
            }
            (_, Some(Piece::AnyRun)) => {
                queue.push((i, j + 1));
                if a.get(i).is_some() {
                    queue.push((i + 1, j));
                }
            }
            (Some(Piece::Char(x)), Some(Piece::Char(y))) if x != y => {}
            (Some(_), Some(_)) => queue.push((i + 1, j + 1)),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_meet_when_some_text_fits_both() {
        let meet = |a: &str, b: &str| intersect(&pieces(a), &pieces(b));
        assert!(!meet("user:*", "agent:*"));
        assert!(meet("user:*", "user:robot:*"));
        assert!(meet("*:robot", "user:*"));
        assert!(!meet("user:?", "user:ab"));
        assert!(meet("a*b*c", "*x*c"));
        assert!(!meet("a", ""));
        assert!(meet("*", ""));
    }
}
