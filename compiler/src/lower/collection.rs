//! Membership and quantifiers.
//!
//! `x in e` means what `e` is: a range, a network, a window, a segment, or a collection. A literal
//! list of networks, host patterns, windows or segments is the disjunction of its members' tests.

use super::expr::Lowering;
use super::limits::MAX_LOOPS;
use super::term::{Term, TermId};
use crate::diagnostics::codes::e0702;
use crate::hir::{Expr, ExprKind, Literal, Quantifier, VarId};
use crate::types::Type;

/// `item in collection`.
pub fn membership(lowering: &mut Lowering<'_>, item: &Expr, collection: &Expr) -> TermId {
    let item = lowering.value(item);
    member_of(lowering, item, collection)
}

/// `collection contains item`.
pub fn contains(lowering: &mut Lowering<'_>, collection: &Expr, item: &Expr) -> TermId {
    if matches!(collection.ty.required(), Type::String | Type::Enum(_)) {
        let (text, part) = (lowering.value(collection), lowering.value(item));
        return lowering.tables.term(Term::Substring(text, part));
    }
    membership(lowering, item, collection)
}

fn member_of(lowering: &mut Lowering<'_>, item: TermId, collection: &Expr) -> TermId {
    match &collection.kind {
        ExprKind::Range {
            low,
            high,
            end_inclusive,
        } => {
            let low = low.as_ref().map(|end| lowering.value(end));
            let high = high.as_ref().map(|end| lowering.value(end));
            lowering.tables.term(Term::InRange {
                of: item,
                low,
                high,
                end_inclusive: *end_inclusive,
            })
        }
        ExprKind::If(condition, yes, no) => {
            let condition = lowering.test(condition);
            let yes = member_of(lowering, item, yes);
            let no = member_of(lowering, item, no);
            lowering.tables.term(Term::If(condition, yes, no))
        }
        ExprKind::List(members) if members.iter().any(is_region) => {
            let tests = members
                .iter()
                .map(|member| member_of(lowering, item, member))
                .collect();
            lowering.tables.any(tests)
        }
        ExprKind::Literal(literal) => member_of_literal(lowering, item, literal),
        _ => {
            let collection_value = lowering.value(collection);
            match lowering.tables.literal(collection_value).cloned() {
                Some(literal) => member_of_literal(lowering, item, &literal),
                None if has_regions(&collection.ty) => {
                    some_region(lowering, item, collection_value)
                }
                None => lowering.tables.term(Term::In(item, collection_value)),
            }
        }
    }
}

fn member_of_literal(lowering: &mut Lowering<'_>, item: TermId, literal: &Literal) -> TermId {
    match literal {
        Literal::List(members) if members.iter().any(is_region_literal) => {
            let tests = members
                .iter()
                .map(|member| member_of_literal(lowering, item, member))
                .collect();
            lowering.tables.any(tests)
        }
        Literal::HostPattern(_) | Literal::Glob { .. } => {
            let id = lowering.tables.constant_row(literal.clone());
            lowering.tables.term(Term::Like(item, id))
        }
        Literal::List(_)
        | Literal::Net(..)
        | Literal::Window(_)
        | Literal::Segment(_)
        | Literal::Record(_) => {
            let collection = lowering.tables.constant(literal.clone());
            lowering.tables.term(Term::In(item, collection))
        }
        // A member of a mixed list: equal to it.
        other => {
            let member = lowering.tables.constant(other.clone());
            lowering
                .tables
                .term(Term::Compare(crate::hir::Comparison::Eq, item, member))
        }
    }
}

/// Membership in some network of a collection that is not a literal.
fn some_region(lowering: &mut Lowering<'_>, item: TermId, over: TermId) -> TermId {
    let level = lowering.level;
    let element = lowering.tables.term(Term::Element(level));
    let body = lowering.tables.term(Term::In(item, element));
    lowering.tables.term(Term::Quantified {
        quantifier: Quantifier::Any,
        level,
        over,
        body,
    })
}

fn has_regions(ty: &Type) -> bool {
    match ty.required() {
        Type::List(of) | Type::Set(of) => {
            matches!(of.required(), Type::Net | Type::Window | Type::Segment)
        }
        _ => false,
    }
}

fn is_region(member: &Expr) -> bool {
    matches!(member.kind, ExprKind::Range { .. })
        || matches!(
            member.ty.required(),
            Type::Net | Type::Window | Type::Segment | Type::Range(_)
        )
        || matches!(&member.kind, ExprKind::Literal(literal) if is_region_literal(literal))
}

fn is_region_literal(literal: &Literal) -> bool {
    matches!(
        literal,
        Literal::Net(..)
            | Literal::Window(_)
            | Literal::Segment(_)
            | Literal::HostPattern(_)
            | Literal::Glob { .. }
    )
}

/// `all(x in over: body)` or `any(x in over: body)`.
pub fn quantified(
    lowering: &mut Lowering<'_>,
    quantifier: Quantifier,
    var: VarId,
    over: &Expr,
    body: &Expr,
) -> TermId {
    let collection = lowering.value(over);
    let level = lowering.level;
    if level >= MAX_LOOPS {
        lowering
            .diagnostics
            .push(e0702::quantifiers_too_deep(over.span));
        return lowering.tables.constant(Literal::Bool(false));
    }
    let element = lowering.tables.term(Term::Element(level));
    lowering.level += 1;
    let body = lowering.with_variable(var, element, |lowering| lowering.test(body));
    lowering.level -= 1;
    lowering.tables.term(Term::Quantified {
        quantifier,
        level,
        over: collection,
        body,
    })
}
