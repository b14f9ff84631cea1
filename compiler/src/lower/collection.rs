//! Membership and quantifiers.
//!
//! What `x in e` means is decided by the value of `e` (a collection, network, window or segment).
//! A range is no value: it is tested by its ends, and a list or conditional that holds ranges is
//! taken apart until each stands alone.

use super::expr::Lowering;
use super::limits::MAX_LOOPS;
use super::term::{Term, TermId};
use crate::diagnostics::codes::e0702;
use crate::hir::{Expr, ExprKind, Literal, Quantifier, VarId};
use crate::types::Type;

/// `item in collection`.
pub fn membership(lowering: &mut Lowering<'_>, item: &Expr, collection: &Expr) -> TermId {
    let item = lowering.operand(item);
    member_of(lowering, item, collection)
}

/// `collection contains item`: the substring test when the collection is a text.
pub fn contains(lowering: &mut Lowering<'_>, collection: &Expr, item: &Expr) -> TermId {
    if matches!(collection.ty.required(), Type::List(_) | Type::Set(_) | Type::Map(_)) {
        return membership(lowering, item, collection);
    }
    let (text, part) = (lowering.value(collection), lowering.value(item));
    lowering.tables.term(Term::Substring(text, part))
}

fn member_of(lowering: &mut Lowering<'_>, item: TermId, collection: &Expr) -> TermId {
    match &collection.kind {
        ExprKind::Range { low, high, end_inclusive } => {
            let low = low.as_ref().map(|end| lowering.value(end));
            let high = high.as_ref().map(|end| lowering.value(end));
            lowering.tables.term(Term::InRange { of: item, low, high, end_inclusive: *end_inclusive })
        }
        ExprKind::If(condition, yes, no) if holds_range(collection) => {
            let condition = lowering.test(condition);
            let yes = member_of(lowering, item, yes);
            let no = member_of(lowering, item, no);
            lowering.tables.term(Term::If(condition, yes, no))
        }
        ExprKind::List(members) if holds_range(collection) => {
            let tests = members.iter().map(|member| member_of_one(lowering, item, member)).collect();
            lowering.tables.any(tests)
        }
        _ => {
            let collection = lowering.value(collection);
            lowering.tables.term(Term::In(item, collection))
        }
    }
}

/// Membership in a member of a list: in it when it is a range, equal to it otherwise.
fn member_of_one(lowering: &mut Lowering<'_>, item: TermId, member: &Expr) -> TermId {
    if holds_range(member) {
        return member_of(lowering, item, member);
    }
    let member = lowering.value(member);
    let alone = lowering.tables.term(Term::List(vec![member]));
    lowering.tables.term(Term::In(item, alone))
}

fn holds_range(collection: &Expr) -> bool {
    match &collection.kind {
        ExprKind::Range { .. } => true,
        ExprKind::If(_, yes, no) => holds_range(yes) || holds_range(no),
        ExprKind::List(members) => members.iter().any(holds_range),
        _ => false,
    }
}

/// `all(x in over: body)` or `any(x in over: body)`.
pub fn quantified(lowering: &mut Lowering<'_>, quantifier: Quantifier, var: VarId, over: &Expr, body: &Expr) -> TermId {
    let collection = lowering.value(over);
    let level = lowering.level;
    if level >= MAX_LOOPS {
        lowering.diagnostics.push(e0702::quantifiers_too_deep(over.span));
        return lowering.tables.constant(Literal::Bool(false));
    }
    let element = lowering.tables.term(Term::Element(level));
    lowering.level += 1;
    let body = lowering.with_variable(var, element, |lowering| lowering.test(body));
    lowering.level -= 1;
    lowering.tables.term(Term::Quantified { quantifier, level, over: collection, body })
}
