//! Relations between types, all in one place.
//!
//! - *assignable*: a value of one type may stand where the other is expected;
//! - *comparable*: `==` between them can be meaningful;
//! - *orderable*: `<` between them is defined;
//! - *element*: what a collection holds;
//! - *membership*: what `in` makes of its two operands.
//!
//! Joins and meets of types are in [`crate::types`]. [`Type::Error`] stands in every relation, so that one mistake is reported once.

use crate::types::{RecordType, Type};

/// Whether a value of type `from` may stand where `to` is expected.
pub fn assignable(from: &Type, to: &Type) -> bool {
    match (from, to) {
        (Type::Error, _) | (_, Type::Error) => true,
        (a, b) if a == b => true,
        (Type::Union(members), _) => members.iter().all(|member| assignable(member, to)),
        (Type::Optional(inner), Type::Optional(target)) => assignable(inner, target),
        (Type::Null, Type::Optional(_)) => true,
        (_, Type::Optional(target)) => assignable(from, target),
        (_, Type::Union(members)) => members.iter().any(|member| assignable(from, member)),
        (Type::Int, Type::Decimal) => true,
        (Type::Enum(_), Type::String) => true,
        (Type::Enum(values), Type::Enum(wanted)) => values.iter().all(|value| wanted.contains(value)),
        (Type::List(a), Type::List(b) | Type::Set(b)) => assignable(a, b),
        (Type::Set(a), Type::Set(b)) | (Type::Map(a), Type::Map(b)) => assignable(a, b),
        (Type::Range(a), Type::Range(b)) => assignable(a, b),
        (Type::Record(a), Type::Record(b)) => record_assignable(a, b),
        (Type::Record(a), Type::Map(b)) => !a.open && a.fields.values().all(|field| assignable(field.required(), b)),
        (_, Type::Json) => is_json(from),
        _ => false,
    }
}

fn record_assignable(from: &RecordType, to: &RecordType) -> bool {
    let wanted_present = to.fields.iter().all(|(name, wanted)| match from.fields.get(name) {
        Some(found) => assignable(found, wanted),
        None => wanted.is_optional(),
    });
    wanted_present && (to.open || from.fields.keys().all(|name| to.fields.contains_key(name)))
}

/// Whether values of this type have a JSON form of their own.
pub fn is_json(ty: &Type) -> bool {
    match ty {
        Type::Bool | Type::Int | Type::Decimal | Type::String | Type::Null | Type::Json | Type::Error => true,
        Type::Enum(_) => true,
        Type::List(inner) | Type::Map(inner) | Type::Optional(inner) => is_json(inner),
        Type::Record(record) => record.fields.values().all(is_json),
        Type::Union(members) => members.iter().all(is_json),
        _ => false,
    }
}

/// Whether the type is a number.
pub fn is_number(ty: &Type) -> bool {
    matches!(ty, Type::Int | Type::Decimal | Type::Error)
}

/// Whether the type is text without further structure.
pub fn is_text(ty: &Type) -> bool {
    matches!(ty, Type::String | Type::Enum(_) | Type::Error)
}

/// What `==` between two types can give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparability {
    /// Values of the two can be equal.
    Comparable,
    /// Of one kind, but no value belongs to both (two enums without a common value).
    NeverEqual,
    /// Of different kinds: a compile error.
    Different,
}

/// What `==` between two types can give. Optionality is not looked at.
pub fn comparable(a: &Type, b: &Type) -> Comparability {
    use Comparability::{Comparable, Different, NeverEqual};
    match (a.required(), b.required()) {
        (Type::Error, _) | (_, Type::Error) => Comparable,
        (Type::Json, other) | (other, Type::Json) if is_json(other) => Comparable,
        (Type::Union(members), other) | (other, Type::Union(members)) => {
            members.iter().map(|member| comparable(member, other)).min_by_key(|c| rank(*c)).unwrap_or(Different)
        }
        (Type::Enum(x), Type::Enum(y)) if !x.iter().any(|value| y.contains(value)) => NeverEqual,
        (Type::List(x) | Type::Set(x), Type::List(y) | Type::Set(y)) => comparable(x, y),
        (Type::Map(x), Type::Map(y)) => comparable(x, y),
        (Type::Record(x), Type::Record(y)) => records_comparable(x, y),
        (x, y) if is_text(x) && is_text(y) => Comparable,
        (x, y) if is_number(x) && is_number(y) => Comparable,
        (x, y) if x == y && equality_defined(x) => Comparable,
        _ => Different,
    }
}

fn rank(comparability: Comparability) -> u8 {
    match comparability {
        Comparability::Comparable => 0,
        Comparability::NeverEqual => 1,
        Comparability::Different => 2,
    }
}

fn records_comparable(a: &RecordType, b: &RecordType) -> Comparability {
    let mut worst = Comparability::Comparable;
    for (name, ty) in &a.fields {
        let found = match b.fields.get(name) {
            Some(other) => comparable(ty, other),
            None if b.open || ty.is_optional() => Comparability::Comparable,
            None => Comparability::Different,
        };
        if rank(found) > rank(worst) {
            worst = found;
        }
    }
    let missing = b.fields.iter().any(|(name, ty)| !a.fields.contains_key(name) && !a.open && !ty.is_optional());
    if missing { Comparability::Different } else { worst }
}

fn equality_defined(ty: &Type) -> bool {
    !matches!(ty, Type::Window | Type::Sql | Type::Range(_) | Type::Segment)
}

/// Whether `<` between the two is defined.
pub fn orderable(a: &Type, b: &Type) -> bool {
    match (a.required(), b.required()) {
        (Type::Error, _) | (_, Type::Error) => true,
        (x, y) if is_number(x) && is_number(y) => true,
        (x, y) if x == y => {
            matches!(x, Type::String | Type::Duration | Type::Instant | Type::Date | Type::Time)
        }
        _ => false,
    }
}

/// What a collection holds, when it is one. Of a map: its values.
pub fn element(ty: &Type) -> Option<&Type> {
    match ty {
        Type::List(inner) | Type::Set(inner) | Type::Map(inner) => Some(inner),
        Type::Error => Some(ty),
        _ => None,
    }
}

/// A union without the members that `tested` covers: what remains when `x is T` is false.
pub fn without(ty: &Type, tested: &Type) -> Type {
    match ty {
        Type::Union(members) => {
            let mut left: Vec<Type> = members.iter().filter(|member| !assignable(member, tested)).cloned().collect();
            match left.len() {
                0 => ty.clone(),
                1 => left.remove(0),
                _ => Type::Union(left),
            }
        }
        other => other.clone(),
    }
}

/// What `left in right` means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Membership {
    /// Among the elements of a list or set.
    Element,
    /// Between the bounds of a range.
    Range,
    /// An address, or a host that is one, in a network.
    Net,
    /// An address or host in any network of a list.
    NetList,
    /// An instant in a time window.
    Window,
    /// An address in a segment's networks.
    Segment,
    /// A substring, written the wrong way round: `contains` is meant.
    Substring,
    /// No meaning.
    None,
}

/// The table of operands of `in`.
pub fn membership(left: &Type, right: &Type) -> Membership {
    let address = matches!(left, Type::Ip | Type::Host | Type::Error);
    match right {
        Type::Error => Membership::Element,
        Type::List(inner) | Type::Set(inner) if **inner == Type::Net && address => Membership::NetList,
        Type::List(inner) | Type::Set(inner) if **inner == Type::Window && *left == Type::Instant => Membership::Window,
        Type::List(inner) | Type::Set(inner) if comparable(left, inner) != Comparability::Different => {
            Membership::Element
        }
        Type::Range(inner) if orderable(left, inner) => Membership::Range,
        Type::Net if address => Membership::Net,
        Type::Segment if address => Membership::Segment,
        Type::Window if matches!(left, Type::Instant | Type::Error) => Membership::Window,
        Type::String | Type::Enum(_) if is_text(left) => Membership::Substring,
        _ => Membership::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(ty: Type) -> Type {
        Type::List(Box::new(ty))
    }

    #[test]
    fn assignability_widens_only() {
        assert!(assignable(&Type::Int, &Type::Decimal));
        assert!(!assignable(&Type::Decimal, &Type::Int));
        assert!(assignable(&Type::Enum(vec!["a".into()]), &Type::String));
        assert!(!assignable(&Type::String, &Type::Enum(vec!["a".into()])));
        assert!(!assignable(&Type::Int.optional(), &Type::Int));
        assert!(assignable(&list(Type::Int), &list(Type::Decimal.optional())));
        assert!(!assignable(&Type::String, &Type::Path));
    }

    #[test]
    fn comparison_table() {
        assert_eq!(comparable(&Type::Int, &Type::Decimal.optional()), Comparability::Comparable);
        assert_eq!(comparable(&Type::Int, &Type::String), Comparability::Different);
        let (open, shut) = (Type::Enum(vec!["open".into()]), Type::Enum(vec!["shut".into()]));
        assert_eq!(comparable(&open, &shut), Comparability::NeverEqual);
        let either = Type::Union(vec![Type::Int, Type::String]);
        assert_eq!(comparable(&either, &Type::String), Comparability::Comparable);
        assert_eq!(comparable(&either, &Type::Bool), Comparability::Different);
    }

    #[test]
    fn membership_table() {
        assert_eq!(membership(&Type::Ip, &Type::Net), Membership::Net);
        assert_eq!(membership(&Type::Host, &list(Type::Net)), Membership::NetList);
        assert_eq!(membership(&Type::String, &Type::Net), Membership::None);
        assert_eq!(membership(&Type::Instant, &Type::Window), Membership::Window);
        assert_eq!(membership(&Type::Int, &Type::Range(Box::new(Type::Decimal))), Membership::Range);
        assert_eq!(membership(&Type::String, &Type::String), Membership::Substring);
    }
}
