//! Narrowing: what a condition shows about the places it speaks of.
//!
//! `has args.p` shows that `args.p`, and every place above it, is there. `x is int` shows the type.
//! Facts are collected from the syntax, before types, so that in `a and b` each side may rely on the
//! other, whichever stands first: `and` is false when either is, whatever the other would be. In the
//! same way the sides of `or` may rely on the others being false, and the clauses of a rule on each
//! other. A place is the text of its path; binders cannot hide names, so that this is unambiguous.

use super::context::Context;
use super::relations;
use crate::resolve::{names, type_of};
use crate::types::Type;
use mcpz_syntax::ast;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// A place: the segments of its path.
pub(crate) type PlaceKey = Vec<SmolStr>;

/// What is known of one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Fact {
    /// It is there, and not null.
    Present,
    /// It is there and of this type.
    Is(Type),
    /// If it is there, it is not of this type.
    IsNot(Type),
}

/// What is known of places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Facts(BTreeMap<PlaceKey, Vec<Fact>>);

impl Facts {
    /// What holds when both hold.
    pub fn and(&self, other: &Facts) -> Facts {
        let mut facts = self.clone();
        for (key, list) in &other.0 {
            let known = facts.0.entry(key.clone()).or_default();
            known.extend(list.iter().filter(|fact| !self.0.get(key).is_some_and(|own| own.contains(fact))).cloned());
        }
        facts
    }

    /// What holds when at least one holds.
    fn or(&self, other: &Facts) -> Facts {
        let mut facts = BTreeMap::new();
        for (key, list) in &self.0 {
            let Some(others) = other.0.get(key) else { continue };
            let shared: Vec<Fact> = list.iter().filter(|fact| implied(fact, others)).cloned().collect();
            if !shared.is_empty() {
                facts.insert(key.clone(), shared);
            } else if shows_presence(list) && shows_presence(others) {
                facts.insert(key.clone(), vec![Fact::Present]);
            }
        }
        Facts(facts)
    }

    /// The type of a place, given what is known of it.
    pub fn apply(&self, key: &[SmolStr], ty: Type) -> Type {
        let mut ty = ty;
        for fact in self.0.get(key).into_iter().flatten() {
            ty = match fact {
                Fact::Present => ty.required().clone(),
                Fact::Is(asked) => narrowed(ty.required(), asked),
                Fact::IsNot(asked) if ty.is_optional() => relations::without(ty.required(), asked).optional(),
                Fact::IsNot(asked) => relations::without(&ty, asked),
            };
        }
        ty
    }

    fn present(key: &[SmolStr]) -> Facts {
        let prefixes = (1..=key.len()).map(|count| (key[..count].to_vec(), vec![Fact::Present]));
        Facts(prefixes.collect())
    }
}

fn implied(fact: &Fact, others: &[Fact]) -> bool {
    others.contains(fact) || (*fact == Fact::Present && shows_presence(others))
}

fn shows_presence(facts: &[Fact]) -> bool {
    facts.iter().any(|fact| matches!(fact, Fact::Present | Fact::Is(_)))
}

/// A type after `is` has shown another.
fn narrowed(ty: &Type, asked: &Type) -> Type {
    match ty.meet(asked) {
        // A numeric test keeps the declared kind of number.
        Some(Type::Int) if *ty == Type::Int => Type::Int,
        Some(met) => met,
        None => asked.clone(),
    }
}

/// What holds when a condition has this truth.
pub(crate) fn facts_when(cx: &Context<'_>, condition: &ast::Expr, truth: bool) -> Facts {
    match condition {
        ast::Expr::Has(has) if truth => has.path().map(|path| Facts::present(&key_of(&path))).unwrap_or_default(),
        ast::Expr::Is(is) => is_facts(cx, is, truth),
        ast::Expr::Not(not) => not.operand().map(|inner| facts_when(cx, &inner, !truth)).unwrap_or_default(),
        ast::Expr::And(and) => fold(cx, &and.operands(), truth, truth),
        ast::Expr::Or(or) => fold(cx, &or.operands(), truth, !truth),
        _ => Facts::default(),
    }
}

/// Facts of several operands of one truth, of which all hold, or at least one.
fn fold(cx: &Context<'_>, operands: &[ast::Expr], truth: bool, all: bool) -> Facts {
    let facts = operands.iter().map(|operand| facts_when(cx, operand, truth));
    let merged = facts.reduce(|a, b| if all { a.and(&b) } else { a.or(&b) });
    merged.unwrap_or_default()
}

fn is_facts(cx: &Context<'_>, is: &ast::IsExpr, truth: bool) -> Facts {
    let (Some(ast::Expr::Path(path)), Some(ty)) = (is.operand(), is.ty()) else { return Facts::default() };
    let asked = type_of(cx.place, &ty, &mut Vec::new());
    if matches!(asked, Type::Null | Type::Error | Type::Optional(_)) {
        return Facts::default();
    }
    let key = key_of(&path);
    if !truth {
        return Facts([(key, vec![Fact::IsNot(asked)])].into());
    }
    let mut facts = Facts::present(&key);
    facts.0.entry(key).or_default().push(Fact::Is(asked));
    facts
}

/// What the other operands of `and` (`truth`) or `or` show while the one at `index` is looked at.
pub(crate) fn facts_of_others(cx: &Context<'_>, operands: &[ast::Expr], index: usize, truth: bool) -> Facts {
    let others = operands.iter().enumerate().filter(|(other, _)| *other != index);
    others.fold(Facts::default(), |facts, (_, operand)| facts.and(&facts_when(cx, operand, truth)))
}

/// The key of a path.
pub(crate) fn key_of(path: &ast::Path) -> PlaceKey {
    path.segments().iter().map(|segment| SmolStr::new(&segment.text)).collect()
}

/// The key of a path, as its names stand at a place.
pub(crate) fn key_at(cx: &Context<'_>, path: &ast::Path) -> PlaceKey {
    names(cx.place, path).into_iter().map(|name| name.text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> PlaceKey {
        text.split('.').map(SmolStr::new).collect()
    }

    #[test]
    fn presence_reaches_up() {
        let facts = Facts::present(&key("args.a.b"));
        assert_eq!(facts.apply(&key("args.a"), Type::Int.optional()), Type::Int);
        assert_eq!(facts.apply(&key("args.c"), Type::Int.optional()), Type::Int.optional());
    }

    #[test]
    fn either_keeps_what_both_show() {
        let (a, b) = (Facts::present(&key("x.a")), Facts::present(&key("x.b")));
        assert_eq!(a.or(&b), Facts::present(&key("x")));
        assert_eq!(a.or(&a), a);
        assert_eq!(a.and(&b).apply(&key("x.b"), Type::Bool.optional()), Type::Bool);
    }

    #[test]
    fn a_type_test_narrows_a_union() {
        let union = Type::union([Type::Int, Type::String]);
        let facts = Facts([(key("x"), vec![Fact::Is(Type::Int)])].into());
        assert_eq!(facts.apply(&key("x"), union.clone().optional()), Type::Int);
        let facts = Facts([(key("x"), vec![Fact::IsNot(Type::Int)])].into());
        assert_eq!(facts.apply(&key("x"), union), Type::String);
    }
}
